FROM alpine:3.20
SHELL [ "/bin/sh" , "-c" ]
RUN ["apk", "add", "--no-cache", "tini"]
COPY ["a file.txt", "b\u0020file.txt", "/with \"quotes\"/"]
ADD [ "x", "y/" ]
VOLUME [ "/a" , "/b c" ]
HEALTHCHECK CMD [ "wget", "-q", "-O-", "http://localhost/" ]
ENTRYPOINT [ "/sbin/tini", "--" ]
CMD [ ]
