"""`make matrix`: what callers were told under each fault, counted, and held to what docs/reliability.md promises."""
