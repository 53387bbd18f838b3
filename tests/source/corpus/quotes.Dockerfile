FROM alpine:3.20
ENV A="two words" B='single $A' C=escaped\ blank D="inner \"quotes\"" E=
ENV F="${A:-x} ${B:+y}" G=a"b c"d'e f'
ARG H="with = sign" I J='' K=plain
LABEL "quoted.key"="v 1" multi="line one \
line two"
COPY "my-file" 'other''file' esc\aped /dst/
WORKDIR "/with space"
USER "app":'grp'
RUN --mount="type=cache,target=/c d" --network='none' echo "a\"b" 'c\' d\ e
