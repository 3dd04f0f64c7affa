"""What the tests stand on: a PostgreSQL, the two services as real processes, stubs, and the audit."""
