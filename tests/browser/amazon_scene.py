"""The page /amazon/ in a real browser, with a session of agent1's that stands behind the frame in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.amazon_world import AgentSession, AmazonWorld
from harness.browser import Browser, Page
from harness.ccp_frame import CcpFrame
from harness.cti_service import CtiService
from harness.desktop import Desktop

NUMBER = "+12082097345"
ADD, LEAVE, RESUME = "createAdditionalConnection", "destroyConnection", "resumeConnection"


class Scene(AmazonWorld):
    """agent1's session, the frame that shows it, and a Baton that knows where that is."""

    def __init__(self, folder: Path, overrides: dict[str, Any], frame: type[CcpFrame] | type[CtiService]):
        super().__init__(folder, overrides)
        self.session = AgentSession()
        self.frame: Any = frame(self.session)

    @classmethod
    def of(cls, request: pytest.FixtureRequest, folder: Path, frame: type[CcpFrame] | type[CtiService]) -> Scene:
        """With what the test's `config` marks say."""
        overrides: dict = {}
        for marker in request.node.iter_markers("config"):
            overrides.update(marker.args[0])
        return cls(folder, overrides, frame)

    async def __aenter__(self) -> Scene:
        await self.frame.__aenter__()
        self.overrides["amazon"] = {**self.overrides.get("amazon", {}), "ccp_url": self.frame.url}
        await super().__aenter__()
        return self

    async def __aexit__(self, *of_error: Any) -> None:
        await super().__aexit__(*of_error)
        await self.frame.__aexit__(*of_error)

    @property
    def page_url(self) -> str:
        return "http://%s:%d/amazon/" % self.server.http

    async def open(self, browser: Browser, page: Page | None = None) -> Page:
        """The page, signed in, with the lease."""
        page = page or await browser.open_page()
        await page.goto(self.page_url)
        await self.sign_in(page)
        return page

    async def sign_in(self, page: Page) -> None:
        await page.fill("input[name=login]", "agent1")
        await page.fill("input[name=password]", "demo-agent1")
        await page.click("role=button[name='Sign in']")
        await page.wait("[data-state=active]")

    async def talking(self, browser: Browser) -> tuple[Page, Desktop, str]:
        page = await self.open(browser)
        desktop = await self.desktop("agent1", state=None)
        contact = await self.session.talk()
        await desktop.call_event("connected", "inbound")
        return page, desktop, contact

    def wire(self) -> list[str]:
        return [name for name, _ in self.session.asked]
