"""One statement a function, on a connection that the use case gives. Nothing here commits."""
