FROM alpine:3.20
CMD ['single', 'quotes']
ENTRYPOINT ["unfinished", "list"
RUN [ -f /etc/passwd ] && echo there
COPY ["a", "b"] c
VOLUME [/data]
