-- The two databases, the role that owns them and migrates, and the roles that serve. Run again, it changes nothing.
\set ON_ERROR_STOP on
\getenv migration_password MIGRATION_PASSWORD
\getenv order_password ORDER_PASSWORD
\getenv payment_password PAYMENT_PASSWORD
SELECT format('CREATE ROLE migration LOGIN PASSWORD %L', :'migration_password')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'migration') \gexec
SELECT format('CREATE ROLE order_service LOGIN PASSWORD %L', :'order_password')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'order_service') \gexec
SELECT format('CREATE ROLE payment_service LOGIN PASSWORD %L', :'payment_password')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'payment_service') \gexec
SELECT format('CREATE DATABASE %I OWNER migration ENCODING ''UTF8'' TEMPLATE template0', name)
  FROM (VALUES ('orders'), ('payments')) AS wanted (name)
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
-- Each service reaches its own database alone.
REVOKE CONNECT ON DATABASE orders, payments FROM PUBLIC;
GRANT CONNECT ON DATABASE orders TO order_service;
GRANT CONNECT ON DATABASE payments TO payment_service;
