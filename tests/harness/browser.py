"""A real browser, Debian's Chromium, for the tests of the pages. tests/browser/driver.mjs does what is asked here."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from harness.config import SOURCE
from harness.server import die_with_parent
from harness.tools import tool


def node() -> str:
    """The Node.js that the pages are built with."""
    done = subprocess.run([SOURCE / "scripts" / "web-tools"], capture_output=True, text=True)
    assert done.returncode == 0, f"scripts/web-tools: {done.stderr}"
    return done.stdout.strip()


class Page:
    """One tab. Every method of driver.mjs's `ofPage` can be called by its name: `await page.click("text=Answer")`."""

    def __init__(self, browser: Browser, name: str, context: str):
        self.browser, self.name, self.context = browser, name, context
        self.console: list[tuple[str, str]] = []  # Type and text of each line.
        self.requests: list[tuple[str, str]] = []  # Method and URL.

    def __getattr__(self, what: str) -> Any:
        async def call(*arguments: Any) -> Any:
            return await self.browser.ask(self.name, what, *arguments)
        return call

    async def another(self) -> Page:
        """A second tab with the same cookies and storage."""
        return await self.browser.open_page(self.context)

    def check(self, own: str, allowed_console: tuple[str, ...] = ()) -> None:
        """Nothing went wrong that only the console tells, and nobody but `own` (an origin) was asked for anything."""
        bad = [text for kind, text in self.console if kind in ("error", "warning", "pageerror")
               and not any(part in text for part in allowed_console)]
        assert not bad, f"{self.name}'s console: {bad}"
        foreign = [url for _, url in self.requests if not url.startswith((f"{own}/", "data:", "blob:"))]
        assert not foreign, f"{self.name} asked somebody else: {foreign}"


class Browser:
    """Use as `async with`."""

    def __init__(self, folder: Path):
        self.folder = folder  # For screenshots.
        self.failed = False
        self.pages: list[Page] = []
        self._answers: dict[int, asyncio.Future] = {}
        self._ids = itertools.count(1)

    async def __aenter__(self) -> Browser:
        program = tool("chromium-headless-shell", "chromium-headless-shell")
        self.process = await asyncio.create_subprocess_exec(
            node(), str(SOURCE / "tests" / "browser" / "driver.mjs"), env={**os.environ, "BATON_CHROMIUM": program},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, preexec_fn=die_with_parent,
            limit=64 * 1024 * 1024)
        first = await self.process.stdout.readline()
        assert b"ready" in first, "the browser did not start"
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: Any) -> None:
        if self.failed:
            for page in self.pages:
                try:
                    await page.screenshot(str(self.folder / f"{page.name}.png"))
                except AssertionError:
                    pass  # It is closed.
        self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), 10)
        except asyncio.TimeoutError:
            self.process.kill()
            await self.process.wait()
        await self._reader

    async def _read(self) -> None:
        names = {}
        while line := await self.process.stdout.readline():
            message = json.loads(line)
            if "id" in message:
                future = self._answers.pop(message["id"], None)
                if future and not future.done():
                    future.set_result(message)
                continue
            names = {page.name: page for page in self.pages}
            if page := names.get(message.get("page", "")):
                if "console" in message:
                    page.console.append((message["console"], message["text"]))
                else:
                    page.requests.append((message["method"], message["request"]))
        for future in self._answers.values():
            if not future.done():
                future.set_result({"error": "the browser ended"})

    async def ask(self, on: str, what: str, *arguments: Any) -> Any:
        number = next(self._ids)
        self._answers[number] = asyncio.get_running_loop().create_future()
        request = {"id": number, "on": on, "do": what, "with": arguments}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        await self.process.stdin.drain()
        answer = await self._answers[number]
        assert "error" not in answer, f"{on}.{what}{arguments}: {answer['error']}"
        return answer["value"]

    async def open_page(self, context: str | None = None, **options: Any) -> Page:
        """A tab; without a context in a profile of its own, made with Playwright's `options` of a context."""
        context = context or await self.ask("browser", "context", options)
        page = Page(self, await self.ask("browser", "page", context), context)
        self.pages.append(page)
        return page

    async def offline(self, page: Page, offline: bool) -> None:
        """Takes the network from all tabs of the page's profile, or gives it back."""
        await self.ask("browser", "offline", page.context, offline)

    def evidence(self) -> list[tuple[str, str]]:
        if not self.failed:
            return []
        return [(f"console of {page.name} (its picture: {self.folder / page.name}.png)",
                 "\n".join(f"{kind}: {text}" for kind, text in page.console)) for page in self.pages]
