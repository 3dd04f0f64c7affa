"""`python -m payment_service`."""

from payment_service.main import main

main()
