"""`python -m payonce.cli`."""

from payonce.cli.app import main

main()
