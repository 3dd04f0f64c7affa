"""What an order is and when it changes. Pure: no clock, no I/O."""
