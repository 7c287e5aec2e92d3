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


class Chromium:
    """The program and what drives it, for all tests of a run: each has profiles of its own, which end with it.

    It is started when it is first needed, and anew where a test has left it in disorder.
    """

    def __init__(self) -> None:
        self.process: subprocess.Popen | None = None

    def _started(self) -> subprocess.Popen:
        if self.process is not None and self.process.poll() is not None:
            self.end()
        if self.process is None:
            program = tool("chromium-headless-shell", "chromium-headless-shell")
            self.process = subprocess.Popen(
                [node(), str(SOURCE / "tests" / "browser" / "driver.mjs")],
                env={**os.environ, "BATON_CHROMIUM": program}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                preexec_fn=die_with_parent)
            assert b"ready" in self.process.stdout.readline(), "the browser did not start"
        return self.process

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.ReadTransport, asyncio.StreamWriter]:
        """Its pipes, in the event loop of one test, which closes the last two."""
        process, loop = self._started(), asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
        reading, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader),
                                                  os.fdopen(os.dup(process.stdout.fileno()), "rb", 0))
        writing, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(os.dup(process.stdin.fileno()), "wb", 0))
        return reader, reading, asyncio.StreamWriter(writing, protocol, None, loop)

    def end(self) -> None:
        """The next test that needs it starts another one."""
        if self.process is None:
            return
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None


class Browser:
    """What one test has of Chromium. Use as `async with`."""

    def __init__(self, chromium: Chromium, folder: Path):
        self.chromium = chromium
        self.folder = folder  # For screenshots.
        self.failed = False
        self.pages: list[Page] = []
        self._answers: dict[int, asyncio.Future] = {}
        self._ids = itertools.count(1)

    async def __aenter__(self) -> Browser:
        self._lines, self._reading, self._writer = await self.chromium.connect()
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: Any) -> None:
        if self.failed:
            for page in self.pages:
                try:
                    await page.screenshot(str(self.folder / f"{page.name}.png"))
                except AssertionError:
                    pass  # It is closed.
        try:
            await asyncio.wait_for(self.ask("browser", "closeContexts"), 10)
        except (asyncio.TimeoutError, AssertionError, OSError):
            self.chromium.end()
        self._reader.cancel()
        await asyncio.wait([self._reader])
        self._reading.close()
        self._writer.close()

    async def _read(self) -> None:
        names = {}
        while line := await self._lines.readline():
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
        self._writer.write(json.dumps(request).encode() + b"\n")
        await self._writer.drain()
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
