ARG BASE=common
ARG REGISTRY
FROM debian:12-slim AS Common
ENV ROOT=/srv MODE=base
FROM $BASE AS middle
ENV MODE=middle
FROM ${REGISTRY:-docker.io}/library/debian:12-slim AS other
FROM MIDDLE as last
COPY --from=0 /etc/hostname /tmp/a
COPY --from=common /etc/hosts /tmp/b
COPY --from=nginx:1.27 /etc/nginx /tmp/c
RUN --mount=type=bind,from=other,source=/usr,target=/mnt test -d "$ROOT"
