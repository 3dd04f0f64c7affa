"""`python -m order_service`."""

from order_service.main import main

main()
