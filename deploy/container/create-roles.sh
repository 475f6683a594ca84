#!/bin/sh
# Creates the database, the role that owns the tables, and the role of the portal, when the data folder is empty.
set -eu
owner_password=$(cat /run/secrets/owner_password)
portal_password=$(cat /run/secrets/portal_password)
psql -v ON_ERROR_STOP=1 --username postgres -v owner_password="$owner_password" -v portal_password="$portal_password" <<'END'
CREATE ROLE billing_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE billing_portal LOGIN PASSWORD :'portal_password';
CREATE DATABASE billing OWNER billing_owner;
\connect billing
ALTER DEFAULT PRIVILEGES FOR ROLE billing_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO billing_portal;
ALTER DEFAULT PRIVILEGES FOR ROLE billing_owner GRANT USAGE ON SEQUENCES TO billing_portal;
END
