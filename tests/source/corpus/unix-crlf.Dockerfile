# syntax=docker/dockerfile:1
FROM ubuntu:24.04

RUN apt-get update && \
    # for the tests

    apt-get install -y git
COPY <<EOF /etc/motd
welcome
EOF
CMD git --version
