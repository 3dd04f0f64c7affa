"""The storage rooms of both services, statement by statement, on simulated tables.

Each module stands for the one of the same name, each function for the one of the same name: same arguments, same
results. tests/simulation holds them to the real ones on PostgreSQL.
"""
