FROM postgres:16
HEALTHCHECK --interval=5s --timeout=2s CMD pg_isready -U "$POSTGRES_USER" || exit 1
HEALTHCHECK NONE
HEALTHCHECK \
  --retries=5 \
  cmd curl -f http://localhost:9187/metrics
HEALTHCHECK --start-interval=1s CMD ["pg_isready"]
