"""What a check is: a query that finds offenders. PostgreSQL does the work, and keeps what does not fit into memory."""

from dataclasses import dataclass, field

from audit.databases import Connection

# So many offenders are named; all of them are counted.
NAMED = 10


@dataclass(frozen=True, slots=True)
class Check:
    """`finds` selects (id, what is wrong with it) of whatever breaks `name`; it looks at the rows of table `of`."""

    name: str
    of: str
    finds: str


@dataclass(slots=True)
class Finding:
    """What a check found: how many rows it looked at, how many broke it, and the first of them."""

    name: str
    rows: int
    violations: int = 0
    named: list[str] = field(default_factory=list)
    name_at_most: int | None = NAMED  # None: all of them

    def blame(self, offender: str, what: str) -> None:
        """Count an offender; name it when it is one of the first."""
        self.violations += 1
        if self.name_at_most is None or len(self.named) < self.name_at_most:
            self.named.append(f"{offender}: {what}")


def run(connection: Connection, check: Check, rows: int, overdue_s: float, name_at_most: int | None = NAMED) -> Finding:
    """Ask the database. The count comes with the first offenders, so only these few travel."""
    limit = "ALL" if name_at_most is None else name_at_most
    query = f"SELECT id, what, count(*) OVER () FROM ({check.finds}) AS offender (id, what) LIMIT {limit}"  # noqa: S608
    found = connection.execute(query.encode(), {"overdue_s": overdue_s}).fetchall()
    violations = found[0][2] if found else 0
    return Finding(check.name, rows, violations, [f"{offender}: {what}" for offender, what, _ in found])
