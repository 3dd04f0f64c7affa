"""What `payonce up` says once both services run: where they are, and calls to try them with."""

import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

from payonce.client import ORDER_SERVICE, PAYMENT_SERVICE
from payonce.processes import Pair


class Call(NamedTuple):
    """One that is offered; `caller` is a role and a name."""

    caller: str
    address: str
    method: str
    message: str
    flags: str = ""


def welcome(pair: Pair, url: str, elsewhere: list[str], certs: Path | None) -> str:
    """Text for the terminal. `url` is the console's, if there is one; `elsewhere` are variables that name databases."""
    return "\n".join(
        [
            *([f"console          {url}"] if url else []),
            f"order_service    {pair.order_address}",
            f"payment_service  {pair.payment_address}",
            *(f"{variable} is used as given, and migrated" for variable in elsewhere),
            *([f"Sign in with the token of {_token_command(certs)}"] if url and certs else []),
            "",
            "Two accounts, a deposit, an order; pay it, and pay it again:",
            "",
            *([_as_function(certs)] if certs else []),
            *(_grpcurl(call, secure=certs is not None) for call in _calls(pair)),
            "",
            "Ctrl-C stops it all; the data stay.",
        ]
    )


def _calls(pair: Pair) -> list[Call]:
    order_id = f"order-{int(time.time())}"  # new at each start, so that its first payment is the first
    money = '"amount":{"currency_code":"EUR","minor_units":1200}'
    clerk, alice, payments = "backoffice carla", "customer alice", pair.payment_address
    account = '{"account_id":"alice","owner_id":"alice","currency_code":"EUR"}'
    shop = '{"account_id":"shop","owner_id":"shop","currency_code":"EUR","kind":"ACCOUNT_KIND_MERCHANT"}'
    deposit = f'{{"account_id":"alice",{money},"request_id":"deposit-{order_id}"}}'
    who = '"customer_id":"alice","payer_account_id":"alice","payee_account_id":"shop"'
    order = f'{{"order_id":"{order_id}",{who},{money}}}'
    pay = Call(alice, payments, f"{PAYMENT_SERVICE}/PayOrder", f'{{"order_id":"{order_id}"}}')
    return [
        Call(clerk, payments, f"{PAYMENT_SERVICE}/CreateAccount", account),
        Call(clerk, payments, f"{PAYMENT_SERVICE}/CreateAccount", shop),
        Call(clerk, payments, f"{PAYMENT_SERVICE}/Deposit", deposit),
        Call("merchant shop", pair.order_address, f"{ORDER_SERVICE}/CreateOrder", order),
        pay,
        pay._replace(flags="-v "),
    ]


def _token_command(certs: Path) -> str:
    payonce = os.path.relpath(Path(sys.executable).with_name("payonce"))
    return f"{payonce} token --role backoffice --sub carla --ttl-s 3600 --key {certs}/token-key.pem"


def _as_function(certs: Path) -> str:
    """For the shell: `as customer alice …` calls with the client's certificate, and a token made for that call."""
    payonce = os.path.relpath(Path(sys.executable).with_name("payonce"))
    tls = f"-cacert {certs}/ca.pem -cert {certs}/client.pem -key {certs}/client-key.pem"
    token = f"$({payonce} token --role $role --sub $sub --key {certs}/token-key.pem)"
    return f'as() {{ role=$1 sub=$2; shift 2; grpcurl {tls} -H "authorization: Bearer {token}" "$@"; }}'


def _grpcurl(call: Call, *, secure: bool) -> str:
    command = f"as {call.caller}" if secure else "grpcurl -plaintext"
    return f"{command} {call.flags}-d '{call.message}' {call.address} {call.method}"
