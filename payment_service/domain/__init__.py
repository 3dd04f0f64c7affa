"""What a payment and a ledger are. Pure: no clock, no I/O."""
