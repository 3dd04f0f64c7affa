"""The command line `payonce`: the promise at work, and every RPC for people and scripts."""

from payonce.cli.app import main

__all__ = ["main"]
