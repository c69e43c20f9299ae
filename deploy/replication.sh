#!/bin/bash
# Runs once, in the new primary of compose.yaml: the account that its replica reads the log with.
# From another machine nobody gets in without TLS.
set -euo pipefail
psql --variable=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --set=password="$REPLICATION_PASSWORD" <<'SQL'
CREATE ROLE replicator WITH REPLICATION LOGIN PASSWORD :'password';
SQL
sed --in-place 's/^host all all all /hostssl all all all /' "$PGDATA/pg_hba.conf"
echo "hostssl replication replicator samenet scram-sha-256" >> "$PGDATA/pg_hba.conf"
