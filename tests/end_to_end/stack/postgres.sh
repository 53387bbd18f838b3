#!/bin/sh
# What the official image's entrypoint does with its settings, as far as the test needs it.
set -eu
password=${POSTGRES_PASSWORD:-}
[ -z "${POSTGRES_PASSWORD_FILE:-}" ] || password=$(cat "$POSTGRES_PASSWORD_FILE")
[ -n "$password" ] || { echo "no password" >&2; exit 1; }
mkdir -p "$PGDATA" && chown postgres: "$PGDATA" && chmod 700 "$PGDATA"
as_postgres() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo "$password" >/var/run/postgresql/password
  as_postgres initdb -U "${POSTGRES_USER:-postgres}" --pwfile=/var/run/postgresql/password --auth=scram-sha-256 >/dev/null
  rm /var/run/postgresql/password
  sleep 3 # to be there, and not to answer: what a health check is for
fi
exec setpriv --reuid postgres --regid postgres --init-groups \
  postgres -c unix_socket_directories=/var/run/postgresql -c listen_addresses='*'
