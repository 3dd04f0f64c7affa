"""Crash points exhaustively: every failpoint × every RPC that moves money × what the caller does then."""
