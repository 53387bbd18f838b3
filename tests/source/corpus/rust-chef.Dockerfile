# check=skip=JSONArgsRecommended;error=true
FROM --platform=$BUILDPLATFORM rust:1.79-slim AS planner
WORKDIR /w
RUN cargo install --locked cargo-chef
COPY . .
RUN cargo chef prepare --recipe-path recipe.json
FROM planner AS builder
COPY --from=planner /w/recipe.json recipe.json
RUN --mount=type=cache,target=/usr/local/cargo/registry cargo chef cook --release
RUN cargo build --release --bin   api
FROM gcr.io/distroless/cc-debian12@sha256:3b75fdd33932d16e53a461277becf57c4f815c6cee5f6bc8f52457c095e004c8
COPY --from=builder /w/target/release/api /
CMD /api
