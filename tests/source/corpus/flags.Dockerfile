# syntax=docker/dockerfile:1-labs
FROM --platform=linux/amd64 alpine:3.20 AS a
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://dl.example.org/l.tar.xz /
ADD --keep-git-dir=true --link https://git.example.org/repo.git#v1 /src
COPY --parents --exclude=*.log ./src/*/mod.rs /dst/
COPY --from=a --chown=1000:1000 --chmod=u=rw,g=r --link a b
RUN --security=insecure --network=host true
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc,required \
    --mount=type=ssh \
    # kept between builds
    --mount=type=cache,target=/root/.npm,sharing=locked \
    npm ci
RUN -- --not-a-flag
