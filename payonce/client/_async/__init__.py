"""The client's methods, written once: `_sync` is made of this by `make client`."""
