"""Try it, without a browser: a storm ends with one charge, whatever is switched on."""

import re

import pytest

from tests.console.served import Served
from tests.console.visitor import Visitor
from tests.harness.corrections import explain
from tests.harness.money import balance
from tests.harness.stubs import Stubs

TROUBLE = ("lose_replies", "crash", "two_tabs")


async def begun(visitor: Visitor, amount: str = "12.00") -> str:
    """The path of a new trial."""
    return (await visitor.fill_in("/try-it", "/try-it", amount=amount)).headers["location"]


async def press(visitor: Visitor, path: str, times: str, *trouble: str) -> None:
    form = await visitor.form(path, f"{path}/pay")
    answer = await visitor.send(f"{path}/pay", {**form, "times": times, **dict.fromkeys(trouble, "on")})
    assert (answer.status_code, answer.headers["location"]) == (303, path)


async def last_of(visitor: Visitor, path: str) -> str:
    """What its events tell once everybody has their answer."""
    return await visitor.told(f"{path}/events", r'data-settled="yes">\s*[^<]*: charged')


def figure(page: str, name: str) -> int:
    found = re.search(rf"<dt>{name}</dt><dd>(\d+)</dd>", page)
    assert found, page
    return int(found[1])


async def test_a_storm_ends_with_one_charge(visitor: Visitor, plain: Served) -> None:
    path = await begun(visitor)
    await press(visitor, path, "hammer", *TROUBLE)
    said = await last_of(visitor, path)
    assert re.search(r"1 crash: charged once\.", said)
    requests, lost = map(int, re.search(r"(\d+) requests, (\d+) lost replies", said).groups())  # type: ignore[union-attr]
    assert requests > 40, "some had to ask again"
    assert lost > 0
    assert requests - lost >= 40
    assert figure(said, "Have their answer") == figure(said, "Callers") == 40
    assert figure(said, "Different payments in them") == 1
    async with plain.stubs() as stubs:
        (attempt,) = (await explain(stubs, order_id=path.rpartition("/")[2])).attempts
    assert attempt.captured_amount.minor_units == 1_200


async def test_without_trouble_a_press_is_a_request(visitor: Visitor) -> None:
    path = await begun(visitor, "0,30")
    for _ in range(3):
        await press(visitor, path, "one")
    assert "3 requests, 0 lost replies, 0 crashes: charged once." in await last_of(visitor, path)


async def test_an_order_that_is_made_twice_is_one(visitor: Visitor, plain: Served) -> None:
    form = await visitor.form("/try-it", "/try-it")
    first = await visitor.send("/try-it", form)
    async with plain.stubs() as stubs:
        before = await balance(stubs, "try-it-customer")
        again = await visitor.send("/try-it", form)
        assert again.headers["location"] == first.headers["location"]
        assert await balance(stubs, "try-it-customer") == before


@pytest.mark.parametrize("amount", ["", "nothing", "-3"])
async def test_an_order_for_nothing_is_asked_for_again(visitor: Visitor, amount: str) -> None:
    answer = await visitor.fill_in("/try-it", "/try-it", amount=amount)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


async def test_a_trial_that_is_forgotten_says_so(visitor: Visitor) -> None:
    assert (await visitor.http.get("/try-it/absent")).status_code == 404
    assert (await visitor.http.get("/try-it/absent/events")).status_code == 404


async def test_there_is_money_for_a_second_charge(visitor: Visitor, stubs: Stubs) -> None:
    """It is not the balance that keeps the charge single."""
    path = await begun(visitor)
    await press(visitor, path, "one")
    await last_of(visitor, path)
    assert await balance(stubs, "try-it-customer") >= 9 * 1_200
