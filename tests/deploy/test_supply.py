"""Licences and vulnerabilities: what is told, and that nothing passes in silence."""

import json

import pytest

from supply.audit import Audit, judge, say
from supply.licences import PAGE, licence_of, page, unknown
from supply.locks import RUNTIME, named


def test_the_page_of_licences_is_what_the_lock_says() -> None:
    assert PAGE.read_text() == page(), "the lock changed: make docs"


@pytest.mark.parametrize("package", [name for name, _ in named(RUNTIME)])
def test_somebody_has_looked_at_every_licence(package: str) -> None:
    assert not unknown(licence_of(package)), licence_of(package)


def test_what_nobody_has_looked_at_is_seen() -> None:
    assert unknown("")
    assert unknown("GPL-3.0-only")
    assert unknown("MIT AND AGPL-3.0-only")
    assert not unknown("MIT OR GPL-2.0-only")


def test_the_locks_hold_hashes_and_no_addresses() -> None:
    for lock in RUNTIME.parent.glob("requirements*.lock"):
        text = lock.read_text()
        assert "://" not in text, lock
        assert text.count("\n    --hash=sha256:") > 0, lock


REPORT = {
    "dependencies": [
        {"name": "fine", "version": "1", "vulns": []},
        {"name": "holed", "version": "2", "vulns": [{"id": "PYSEC-1"}]},
        {"name": "unheard", "skip_reason": "not found"},
    ]
}


def test_a_vulnerability_fails_and_what_was_not_checked_is_said() -> None:
    audit = judge(json.loads(json.dumps(REPORT)))
    assert audit == Audit(["holed 2: PYSEC-1"], ["unheard"], 2)
    text, status = say(audit)
    assert status == 1
    assert text.splitlines() == [
        "vulnerable: holed 2: PYSEC-1",
        "audit: NOT CHECKED: unheard",
        "audit: checked=2 not_checked=1 vulnerabilities=1",
    ]


def test_without_data_it_says_so() -> None:
    text, status = say(Audit([], ["one", "two"], 0))
    assert (text.splitlines()[0], status) == ("audit: NOT CHECKED: nothing, the data can't be had here", 0)
