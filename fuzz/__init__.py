"""Coverage-guided fuzzing of what reads a caller's bytes: `make fuzz`."""
