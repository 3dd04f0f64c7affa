"""What the service does, step by step; where a transaction begins and ends."""
