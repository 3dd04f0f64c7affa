-- The two databases, and for each who owns it, who serves and who reads (docs/migrations.md). Run again, it changes nothing.
\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv order_password ORDER_PASSWORD
\getenv payment_password PAYMENT_PASSWORD
\getenv read_password READ_PASSWORD
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', name, password)
  FROM (VALUES ('orders_owner', :'owner_password'), ('orders_app', :'order_password'),
               ('payments_owner', :'owner_password'), ('payments_app', :'payment_password'),
               ('payonce_read', :'read_password')) AS wanted (name, password)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', name, owner)
  FROM (VALUES ('orders', 'orders_owner'), ('payments', 'payments_owner')) AS wanted (name, owner)
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
-- Each service reaches its own database alone.
REVOKE CONNECT ON DATABASE orders, payments FROM PUBLIC;
GRANT CONNECT ON DATABASE orders TO orders_app, payonce_read;
GRANT CONNECT ON DATABASE payments TO payments_app, payonce_read;
