# The container of the action. It runs on the runner as root, as GitHub asks of container actions: the workspace and the
# engine's socket are mounted for root alone.
ARG BASE=debian:trixie-20251020-slim

FROM ${BASE} AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY requirements.lock ./
RUN python3 -m venv /opt/reviewbot \
    && /opt/reviewbot/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY reviewbot/ reviewbot/
RUN /opt/reviewbot/bin/pip install --no-cache-dir --no-deps . \
    && /opt/reviewbot/bin/pip uninstall -y pip \
    && find /opt/reviewbot \( -name tests -type d -o -name '*.pyi' -o -name '*.h' \) -prune -exec rm -r {} +

FROM ${BASE}
LABEL org.opencontainers.image.title="reviewbot" \
    org.opencontainers.image.description="Reviews pull requests that touch Docker" \
    org.opencontainers.image.licenses="MIT"
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates docker-buildx docker-cli git python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/* /var/log/*
COPY --from=build /opt/reviewbot /opt/reviewbot
# reviewbot: ignore=non-root-user a container action must be root to use the workspace and the engine's socket
ENTRYPOINT ["/opt/reviewbot/bin/reviewbot", "action"]
