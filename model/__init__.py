"""The protocol as a model, and the checker that explores all of it: docs/model.md."""
