#!/bin/sh
# Makes the two PostgreSQL roles of Inledger, and lets the first own the database:
#   inledger_owner  owns the tables and runs migrations
#   inledger_app    web and workers; row policies bind it, and Inledger refuses to start as another
# Run once by the database container, or by hand as a superuser, with psql's PG* variables:
#   OWNER_PASSWORD=… APP_PASSWORD=… POSTGRES_DB=inledger sh deploy/init-roles.sh
# Running it again sets the passwords anew and changes nothing else.
set -eu
: "${OWNER_PASSWORD:?is needed}" "${APP_PASSWORD:?is needed}" "${POSTGRES_DB:?is needed}"
export OWNER_PASSWORD APP_PASSWORD

psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --dbname "$POSTGRES_DB" \
    --username "${POSTGRES_USER:-postgres}" --set database="$POSTGRES_DB" <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
SELECT 'CREATE ROLE inledger_owner' WHERE NOT EXISTS
    (SELECT FROM pg_roles WHERE rolname = 'inledger_owner') \gexec
SELECT 'CREATE ROLE inledger_app' WHERE NOT EXISTS
    (SELECT FROM pg_roles WHERE rolname = 'inledger_app') \gexec
ALTER ROLE inledger_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE inledger_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB
    PASSWORD :'app_password';
ALTER DATABASE :"database" OWNER TO inledger_owner;
ALTER SCHEMA public OWNER TO inledger_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO inledger_app;
GRANT USAGE ON SCHEMA public TO inledger_app;
SQL
