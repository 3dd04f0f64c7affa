"""payonce's own code on a simulated database, network and clock: a seed is one interleaving, and always the same one.

docs/simulation.md says what is simulated, what is not, and how it is held to PostgreSQL.
"""
