"""Accounts: a list, and one with its statement."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from payonce.console.pages.asked import asked
from payonce.console.parts import parts
from payonce.console.views import at, page

PAGE = 25


async def accounts(request: Request) -> Response:
    """By account id; of one owner."""
    query = asked(request, "owner_id", "page_token")
    found = await parts(request).client.list_accounts(
        owner_id=query["owner_id"], page_size=PAGE, page_token=query["page_token"]
    )
    more = at("accounts", **{**query, "page_token": found.next_page_token}) if found.next_page_token else ""
    return page(request, "accounts.html", accounts=found.accounts, query=query, more=more)


async def account(request: Request) -> Response:
    """One; its entries, the newest first."""
    account_id = request.path_params["account_id"]
    token = asked(request, "page_token")["page_token"]
    client = parts(request).client
    found, statement = await asyncio.gather(
        client.get_account(account_id), client.list_entries(account_id, page_size=PAGE, page_token=token)
    )
    next_token = statement.next_page_token
    more = at("accounts", account_id, page_token=next_token) if next_token else ""
    return page(request, "account.html", account=found, entries=statement.entries, first=not token, more=more)
