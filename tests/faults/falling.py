"""A service that listens, as far as anybody is told, and then ends by itself, or waits to be killed."""

import os
import signal
import sys

print(f"falling listening on {os.environ['ADDRESS']}", flush=True)
if os.environ["END"]:
    sys.exit(int(os.environ["END"]))
signal.pause()
