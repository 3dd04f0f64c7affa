"""The edge: messages become commands, results become messages."""
