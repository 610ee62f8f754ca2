#!/bin/bash
# What the entrypoint of PostgreSQL's image does, in short: on an empty volume the cluster, the password of its superuser from a file,
# and the scripts of a folder, run while only the socket is open; then the server itself.
set -euo pipefail
umask 077
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  # shellcheck disable=SC2086  # several options in one variable, as in the image; here all services have the same loopback address
  initdb --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 $POSTGRES_INITDB_ARGS
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  pg_ctl --pgdata="$PGDATA" --wait --options="-c listen_addresses='' -c unix_socket_directories=/run/postgresql" start
  export PGHOST=/run/postgresql
  for script in /docker-entrypoint-initdb.d/*.sh; do "$script"; done
  unset PGHOST
  pg_ctl --pgdata="$PGDATA" --wait --mode=fast stop
fi
shift
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/run/postgresql "$@"
