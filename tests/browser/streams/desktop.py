"""A desktop of the unmodified amazon-connect-streams, in a real browser, which embeds Baton's page from another site."""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path
from typing import Any

from harness.browser import Browser, Page
from harness.config import SOURCE
from harness.world import World

HERE = Path(__file__).parent
PACKAGE = SOURCE / "web" / "node_modules" / "amazon-connect-streams"
#: Pinned: the page speaks what this one expects.
VERSION = "2.28.2"
SIGN_IN = str(HERE / "sign_in.mjs")


def library() -> Path:
    """The library as npm gives it."""
    described = PACKAGE / "package.json"
    assert described.is_file(), f"{described} is missing: scripts/web-tools fetches it"
    version = json.loads(described.read_text(encoding="utf-8"))["version"]
    assert version == VERSION, f"amazon-connect-streams {version} is there, {VERSION} is pinned"
    return PACKAGE / "release" / "connect-streams.js"


class _Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.partition("?")[0].lstrip("/") or "desktop.html"
        files = {"desktop.html": HERE / "desktop.html", "desktop.js": HERE / "desktop.js", "connect-streams.js": library()}
        if name not in files:
            self.send_error(404)
            return
        body = files[name].read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if name.endswith(".html") else "text/javascript")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class Site:
    """The web server of the desktop: "localhost" is another site than Baton's 127.0.0.1, and both may have Secure cookies."""

    def __init__(self, port: int):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _Files)
        self.origin = f"http://localhost:{port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class StreamsDesktop:
    """One tab with the desktop in it, in a browser of its own. Scripts see what desktop.js has. Use as `async with`."""

    def __init__(self, world: World, browser: Browser, site: Site):
        self.world, self.browser, self.site = world, browser, site
        self.failed = False
        self.page: Page

    async def __aenter__(self) -> StreamsDesktop:
        await self.browser.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self.browser.failed = self.failed
        await self.browser.__aexit__(*error)

    def evidence(self) -> list[tuple[str, str]]:
        self.browser.failed = self.failed
        return self.browser.evidence()

    @property
    def ccp_url(self) -> str:
        return "http://%s:%d/ccp-v2/" % self.world.server.http

    async def open(self, **params: Any) -> StreamsDesktop:
        """Loads the desktop, which embeds the page."""
        self.page = await self.browser.open_page()
        await self.reload(**params)
        return self

    async def reload(self, **params: Any) -> None:
        await self.page.goto(f"{self.site.origin}/desktop.html")
        await self.run(f"start({json.dumps(self.ccp_url)}, {json.dumps(params)})")

    async def run(self, script: str) -> Any:
        """The value of a JavaScript expression, waited for where it is a promise."""
        return await self.page.evaluate(script)

    async def until(self, condition: str) -> None:
        """Waits for a condition in JavaScript, looked at anew at whatever the library tells."""
        await self.run(f"until(() => {condition}, {json.dumps(condition)})")

    async def told(self, line: str) -> None:
        await self.until(f"story.includes({json.dumps(line)})")

    async def story(self) -> list[str]:
        """What the library told, without its repeated refreshes."""
        return [line for line in await self.run("story") if line != "refresh"]

    async def sign_in(self, login: str, password: str | None = None) -> str:
        """In the pop-up that was opened, or will be: "closed", or what it says."""
        return await self.page.run(SIGN_IN, "signIn", self.ccp_url, login, password or f"demo-{login}")

    async def lose_first_session(self) -> None:
        """From the next load on the first answer that would give the frame its session does not come."""
        await self.page.run(SIGN_IN, "loseFirstSession")

    async def tickets(self) -> list[str]:
        """Those that the frame has asked for a session with."""
        return await self.page.run(SIGN_IN, "tickets")

    async def click_in_frame(self, button: str) -> None:
        await self.page.run(SIGN_IN, "clickInFrame", button)

    async def text_in_frame(self) -> str:
        return await self.page.run(SIGN_IN, "textInFrame")

    async def at_work(self, login: str = "agent1", state: str = "Available") -> StreamsDesktop:
        """Signed in by the pop-up that the library opens, and in that state."""
        await self.open(ccpLoadTimeout=1500)
        assert await self.sign_in(login) == "closed"
        await self.until("agent !== undefined")
        await self.go(state)
        return self

    async def go(self, state: str) -> None:
        await self.run(f"call(agent, 'setState', agent.getAgentStates().find(s => s.name === {json.dumps(state)}))")
        await self.until(f"agent.getState().name === {json.dumps(state)}")
