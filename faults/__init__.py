"""`make faults`: the real processes under a seeded schedule of faults, and every answer held to the books."""
