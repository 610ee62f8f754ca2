#!/bin/bash
# Run once by PostgreSQL's image, on an empty volume: the role of the project, which is no superuser, and its database.
# CREATEDB is for Dagster's own database, and for the weekly proof that the backup can be restored.
set -euo pipefail
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set=role="$MB_POSTGRES_USER" --set=database="$MB_POSTGRES_DB" <<'SQL'
\set password `cat "$MB_POSTGRES_PASSWORD_FILE"`
create role :"role" login createdb password :'password';
create database :"database" owner :"role";
SQL
