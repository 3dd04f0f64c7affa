"""payonce's auditor: reads both databases at one moment and recomputes what must hold, with SQL of its own.

It shares no code with the services, so that a mistake of theirs is not a mistake of its own.
"""
