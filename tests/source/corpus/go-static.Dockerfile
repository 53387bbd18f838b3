# syntax = docker/dockerfile:1
FROM --platform=$BUILDPLATFORM golang:1.22-bookworm AS build
ARG TARGETOS TARGETARCH
ARG VERSION=dev
WORKDIR /go/src/ledger
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /ledger ./cmd/ledger

FROM scratch
LABEL org.opencontainers.image.title=ledger org.opencontainers.image.version="$VERSION"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /ledger /ledger
USER 65532:65532
ENTRYPOINT ["/ledger"]
