"""Tokens by themselves: who is believed, for how long, and with which keys."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from structlog.testing import capture_logs

from order_service.config import OrderSettings
from payonce.tokens import public_jwk, token
from shared.callers import Role
from shared.errors import StartupError
from shared.rpc import tokens as module
from shared.rpc.tokens import RefusedError, Tokens, tokens
from tests.security.bad_tokens import BAD, signed
from tests.security.world import Keys


def of(path: Path) -> Tokens:
    made = tokens(OrderSettings(token_keys=path))
    assert made
    return made


@pytest.fixture
def asked(keys: Keys) -> Tokens:
    return of(keys.folder / "jwks.json")


@pytest.mark.parametrize("role", ["customer", "merchant", "backoffice"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_good_one(keys: Keys, asked: Tokens, role: str, scheme: str) -> None:
    known = asked.caller(f"{scheme} {keys.token(role, 'alice')}")
    assert (known.role, known.subject) == (Role(role), "alice")


@pytest.mark.parametrize("name", BAD)
def test_a_bad_one(keys: Keys, asked: Tokens, name: str) -> None:
    make, reason, why = BAD[name]
    said = make(keys)
    for _ in range(2):  # what is refused is not remembered as good
        with pytest.raises(RefusedError) as caught:
            asked.caller(f"Bearer {said}")
        assert caught.value.reason == reason
        assert why in caught.value.why
        assert len(said) < 10 or said not in f"{caught.value.why} {caught.value.message}"


@pytest.mark.parametrize("said", ["", "Bearer", "Basic YWxpY2U6", "Bearer\t"])
def test_no_bearer(asked: Tokens, said: str) -> None:
    with pytest.raises(RefusedError):
        asked.caller(said)


def test_one_that_is_known_is_verified_again_once_it_expired(
    keys: Keys, asked: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = f"Bearer {keys.token('customer', 'alice', ttl_s=300)}"
    first = asked.caller(said)
    assert asked.caller(said) is first
    then = first.until
    monkeypatch.setattr("time.time", lambda: then)  # PyJWT has another clock, and so still says that it is good
    assert asked.caller(said) is not first


def test_not_more_are_remembered_than_there_is_room_for(
    keys: Keys, asked: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KNOWN_LIMIT", 3)
    for i in range(10):
        asked.caller(f"Bearer {keys.token('customer', f'alice-{i}')}")
    assert len(asked._known) == 3


def test_keys_are_rotated_by_their_kid(keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)
    old, new, path = keys.signer, ec.generate_private_key(ec.SECP256R1()), tmp_path / "jwks.json"

    def write(*signers: ec.EllipticCurvePrivateKey) -> None:
        path.write_text(json.dumps({"keys": [public_jwk(signer.public_key()) for signer in signers]}))

    write(old)
    asked = of(path)
    of_old, of_new = (f"Bearer {token(signer, role='customer', sub='alice')}" for signer in (old, new))
    asked.caller(of_old)
    with pytest.raises(RefusedError):
        asked.caller(of_new)
    write(old, new)
    asked.caller(of_old)
    asked.caller(of_new)
    path.write_text('{"keys": [')  # half written: the keys that were read before stay
    asked.caller(of_new)
    write(new)
    with pytest.raises(RefusedError, match="valid token"):
        asked.caller(of_old)  # though it was known a moment ago
    asked.caller(of_new)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JWKS"),
        ("[]", "no JWKS"),
        ('{"keys": {"kty": "EC"}}', "no JWKS"),
        ('{"keys": [1]}', "no P-256 key"),
        ('{"keys": []}', "no P-256 key"),
        ('{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}]}', "no P-256 key"),
        ('{"keys": [{"kty": "EC", "crv": "P-256", "kid": "a", "x": "", "y": ""}]}', "no P-256 key"),
        ('{"keys": [{"kty": "EC", "crv": "P-256", "kid": "a", "x": 5, "y": null}]}', "no P-256 key"),
    ],
)
def test_keys_that_are_none_are_told_at_the_start(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "jwks.json").write_text(text)
    with pytest.raises(StartupError, match=f"ORDER_TOKEN_KEYS: .*{why}"):
        of(tmp_path / "jwks.json")


def test_two_keys_with_one_kid_are_told_at_the_start(keys: Keys, tmp_path: Path) -> None:
    jwk = public_jwk(keys.signer.public_key())
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [jwk, jwk]}))
    with pytest.raises(StartupError, match="kid of its own"):
        of(tmp_path / "jwks.json")


SPOILT: dict[str, list[Any]] = {
    "nothing else": [],
    "no object": [1],
    "half a key": [{"kty": "EC", "crv": "P-256", "kid": "a", "x": "", "y": ""}],
    "another kind": [{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}],
}


@pytest.mark.parametrize("beside", SPOILT.values(), ids=SPOILT.keys())
@pytest.mark.parametrize("left", [True, False], ids=["one left", "none left"])
def test_who_is_taken_out_is_out_whatever_else_the_file_holds(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: list[Any], left: bool
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)
    out, stays, path = keys.signer, ec.generate_private_key(ec.SECP256R1()), tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [public_jwk(signer.public_key()) for signer in (out, stays)]}))
    asked = of(path)
    of_out, of_stays = (f"Bearer {token(signer, role='customer', sub='alice')}" for signer in (out, stays))
    asked.caller(of_out)
    path.write_text(json.dumps({"keys": [*beside, *([public_jwk(stays.public_key())] if left else [])]}))
    with pytest.raises(RefusedError) as caught:
        asked.caller(of_out)
    assert caught.value.why == "unknown kid"
    if left:
        asked.caller(of_stays)


def test_of_two_keys_with_one_kid_neither_is_taken(keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)
    signer, other, path = keys.signer, ec.generate_private_key(ec.SECP256R1()), tmp_path / "jwks.json"
    mine, others = (public_jwk(one.public_key()) for one in (signer, other))
    path.write_text(json.dumps({"keys": [mine, others]}))
    asked = of(path)
    path.write_text(json.dumps({"keys": [mine, mine, others]}))
    with capture_logs() as logged, pytest.raises(RefusedError):
        asked.caller(f"Bearer {token(signer, role='customer', sub='alice')}")
    assert {"kid": mine["kid"], "why": "two keys have the same kid"}.items() <= logged[0].items()
    asked.caller(f"Bearer {token(other, role='customer', sub='alice')}")


def test_a_bad_key_is_named_by_its_place_and_not_quoted(keys: Keys, tmp_path: Path) -> None:
    bad = {"kty": "EC", "crv": "P-256", "kid": "a", "x": "c2VjcmV0", "y": ""}
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [public_jwk(keys.signer.public_key()), bad]}))
    with capture_logs() as logged:
        of(tmp_path / "jwks.json")
    assert [(line["event"], line["position"]) for line in logged] == [("tokens.key_left_out", 1)]
    assert "c2VjcmV0" not in str(logged)


def test_keys_that_are_not_there_are_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"ORDER_TOKEN_KEYS: .*can't be read"):
        of(tmp_path / "none")


def test_the_helper_makes_good_ones(keys: Keys, asked: Tokens) -> None:
    """Else every bad one would be refused for nothing."""
    assert asked.caller(f"Bearer {signed(keys)}").subject == "alice"
