"""`make soak`: what the services hold while they are used and broken for long, and whether they let go of it (I20)."""
