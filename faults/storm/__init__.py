"""`make storm`: every order is asked for again and again, while everything is killed in turn."""
