"""Who may send the console what: its own pages alone, under its own name; and what every answer tells the browser."""

import httpx
import pytest

from tests.console.served import Served
from tests.console.visitor import Visitor

TARGET = "/try-it"
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}


@pytest.mark.parametrize("path", ["/", "/orders", "/no-such-page", "/orders/absent", "/sign-in", "/events-of-nothing"])
async def test_every_answer_has_the_headers(visitor: Visitor, path: str) -> None:
    answer = await visitor.http.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.attacker.example", "", "127.0.0.1@attacker.example"])
async def test_another_name_that_leads_here_is_refused(visitor: Visitor, host: str) -> None:
    answer = await visitor.http.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "payonce</a>" not in answer.text


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
async def test_its_own_names_are_taken(plain: Served, visitor: Visitor, name: str) -> None:
    port = plain.url.rpartition(":")[2]
    assert (await visitor.http.get("/", headers={"host": f"{name}:{port}"})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://attacker.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_a_form_of_another_sites_page_is_refused(visitor: Visitor, headers: dict[str, str]) -> None:
    fields = await visitor.form(TARGET, TARGET)
    answer = await visitor.http.post(TARGET, data=fields, headers=headers)
    assert answer.status_code == 403
    assert (await visitor.http.get(f"/orders/{fields['order_id']}")).status_code == 404


@pytest.mark.parametrize("token", [None, "", "0" * 64])
async def test_a_form_without_its_token_is_refused(visitor: Visitor, token: str | None) -> None:
    fields = await visitor.form(TARGET, TARGET)
    del fields["form_token"]
    answer = await visitor.send(TARGET, fields if token is None else {**fields, "form_token": token})
    assert answer.status_code == 403
    assert (await visitor.http.get(f"/orders/{fields['order_id']}")).status_code == 404


async def test_the_form_of_another_visit_is_refused(plain: Served, visitor: Visitor) -> None:
    async with plain.visitor() as other:
        theirs = await other.form(TARGET, TARGET)
    await visitor.look("/")
    assert (await visitor.send(TARGET, theirs)).status_code == 403


async def test_a_form_that_is_none_is_refused(visitor: Visitor) -> None:
    await visitor.look("/")
    answer = await visitor.http.post(TARGET, json={"order_id": "x"})
    assert answer.status_code == 415
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert (await visitor.http.post(TARGET, content=b"a=" + b"x" * 20_000, headers=kind)).status_code == 413
    assert (await visitor.http.post(TARGET, content=b"\xff=%ff", headers=kind)).status_code == 400
    many = "&".join(f"a{i}=1" for i in range(100)).encode()
    assert (await visitor.http.post(TARGET, content=many, headers=kind)).status_code == 400


async def test_what_changes_something_is_never_a_get(visitor: Visitor) -> None:
    for path in ("/try-it/x/pay", "/sign-out", "/payments/x/refund/review", "/payments/x/reverse/review"):
        assert (await visitor.http.get(path)).status_code in (404, 405), path


async def test_the_cookie_is_for_this_site_and_no_script(plain: Served) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        said = (await http.get(plain.url)).headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Strict" in said
