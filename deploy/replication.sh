#!/bin/bash
# Runs once, in the new primary of compose.yaml: the account that its replica reads the log with.
set -euo pipefail
psql --variable=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --set=password="$REPLICATION_PASSWORD" <<'SQL'
CREATE ROLE replicator WITH REPLICATION LOGIN PASSWORD :'password';
SQL
echo "host replication replicator samenet scram-sha-256" >> "$PGDATA/pg_hba.conf"
