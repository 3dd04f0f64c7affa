"""Made of `_async` by `make client`; never edited."""
