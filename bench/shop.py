"""What is bought, by whom and where: the same rule in Python, for the client, and in SQL, for filling tables."""

CUSTOMERS = 1_000
MERCHANTS = 1_000
CURRENCY = "EUR"
PRICE_MINOR = 100
DEPOSIT_MINOR = 10**12
SYSTEM_ACCOUNT = f"system:deposits:{CURRENCY}"
# Knuth's multiplier: it scatters 0, 1, 2, … over 32 bits without a repetition. Ids in order would spare the indexes.
SCATTER = 2_654_435_761

CUSTOMER_SQL = f"'c-' || (n % {CUSTOMERS})"
# 7 and 1,000 have no common divisor: every block of 1,000 orders is one for each customer and one for each merchant.
MERCHANT_SQL = f"'m-' || (n * 7 % {MERCHANTS})"


def order_id(series: str, n: int) -> str:
    """The id of the n-th order of a series."""
    return f"{series}-{n * SCATTER & 0xFFFFFFFF:08x}"


def order_id_sql(series: str, n: str = "n") -> str:
    """The same as an SQL expression over a bigint `n`."""
    return f"'{series}-' || lpad(to_hex({n} * {SCATTER} & 4294967295), 8, '0')"


def merchant_of(n: int) -> str:
    """Where the n-th order of a spread series is bought."""
    return f"m-{n * 7 % MERCHANTS}"


def ticket(n: int) -> str:
    """The n-th ticket. Real ones are random."""
    return f"bench{n:017d}"


def ticket_sql() -> str:
    """The same as an SQL expression over a bigint `n`."""
    return "'bench' || lpad(n::text, 17, '0')"
