"""A browser without JavaScript: it keeps cookies, and sends the forms that it was shown."""

import asyncio
import re
from html.parser import HTMLParser

import httpx

PATIENCE_S = 60.0


class Forms(HTMLParser):
    """The forms of a page: by the path that they are sent to, what they would send."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = self.found.setdefault(given.get("action", ""), {})
        elif tag == "input" and self._form is not None and given.get("type") != "checkbox":
            self._form[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


class Visitor:
    """One of them."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def look(self, path: str) -> str:
        """The page, which must be there."""
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def form(self, path: str, target: str) -> dict[str, str]:
        """What the form on that page would send to `target`."""
        return Forms(await self.look(path)).found[target]

    async def told(self, path: str, wanted: str) -> str:
        """The first of those events that has what the pattern wants."""
        async with asyncio.timeout(PATIENCE_S), self.http.stream("GET", path) as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            event: list[str] = []
            async for line in events.aiter_lines():
                if not line and re.search(wanted, said := "\n".join(event)):
                    return said
                event = [*event, line.removeprefix("data: ")] if line else []
        raise AssertionError("the events ended")

    async def send(self, target: str, fields: dict[str, str]) -> httpx.Response:
        """As a browser would."""
        return await self.http.post(target, data=fields, headers={"origin": str(self.http.base_url).rstrip("/")})

    async def fill_in(self, path: str, target: str, **fields: str) -> httpx.Response:
        """Open the page, fill in its form, send it."""
        return await self.send(target, {**await self.form(path, target), **fields})
