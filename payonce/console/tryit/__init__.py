"""An order that is paid through lost replies and crashes, while one watches."""
