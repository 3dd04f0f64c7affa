"""For the tests of programs that use payonce: fixtures for pytest (`plugin`), and testcontainers (`containers`)."""
