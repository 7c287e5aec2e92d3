"""The agent desktop in a browser, as an agent uses it."""

from __future__ import annotations

import os
from pathlib import Path

from harness.browser import Browser, Page
from harness.config import SOURCE
from harness.world import World

#: Where pictures of each state are kept, by name; a run overwrites those of the one before.
PICTURES = Path(os.environ.get("BATON_TEST_PICTURES") or SOURCE / "build" / "pictures")
#: Widths of a window: a phone's, half a screen, a whole one.
WIDTHS = {"narrow": (400, 860), "half": (900, 800), "wide": (1360, 860)}


class Desk:
    """One tab with the desktop of one agent."""

    def __init__(self, world: World, browser: Browser, page: Page):
        self.world, self.browser, self.page = world, browser, page
        self.allowed_console: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        return "http://%s:%d" % self.world.server.http

    @classmethod
    async def open(cls, world: World, browser: Browser, login: str = "agent1", state: str | None = "Available",
                   **options) -> Desk:
        """Signs in by the form, by keyboard alone; with a state, goes to work in it."""
        page = await browser.open_page(**{"viewport": {"width": 1360, "height": 860}, "locale": "en-US", **options})
        desk = cls(world, browser, page)
        await page.goto(f"{desk.origin}/")
        await desk.sign_in(login)
        if state:
            await page.click("main >> role=button[name='Start work']")
            await page.wait("header select")
            await desk.choose(state)
        return desk

    async def sign_in(self, login: str) -> None:
        await self.page.wait("input[name=login]")
        await self.page.type(login)
        await self.page.press("Tab")
        await self.page.type(f"demo-{login}")
        await self.page.press("Enter")
        await self.page.wait("header")

    async def choose(self, state: str) -> None:
        await self.page.run(str(SOURCE / "tests" / "browser" / "steps.mjs"), "choose", "header .state select", state)
        await self.page.until(f"document.querySelector('header .state select').value === '{state}'")

    async def sees(self, text: str) -> None:
        # Also an option of a closed list has the text, and is not seen.
        await self.page.wait(f"text={text} >> visible=true")

    async def button(self, name: str) -> None:
        await self.page.click(f"role=button[name=/^{name}/]")

    async def transfer(self, text: str) -> None:
        """`T`, type, Enter: nothing else."""
        await self.page.press("t")
        await self.page.wait("dialog.transfer input.search")
        await self.page.type(text)
        await self.page.press("Enter")
        await self.page.wait("dialog.transfer", "detached")

    async def picture(self, name: str) -> None:
        """Keeps pictures of three widths and both themes, and lets axe judge each theme."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            await self.page.media({"colorScheme": scheme})
            for width, (x, y) in WIDTHS.items():
                await self.page.size(x, y)
                await self.page.screenshot(str(PICTURES / f"{name}-{width}-{scheme}.png"))
            assert await self.page.axe() == [], f"{name}, {scheme}"
        await self.page.media({"colorScheme": "light"})

    def check(self) -> None:
        self.page.check(self.origin, self.allowed_console)
