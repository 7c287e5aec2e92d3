"""The pages in a browser, as people use them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

from harness.browser import Browser, Page
from harness.config import SOURCE
from harness.world import INBOUND, World
from peer import Call, Peer

#: Where pictures of each state are kept, by name; a run overwrites those of the one before.
PICTURES = Path(os.environ.get("BATON_TEST_PICTURES") or SOURCE / "build" / "pictures")
#: Steps of a page that driver.mjs has no word for.
STEPS = SOURCE / "tests" / "browser" / "steps.mjs"
#: Widths of a window: a phone's, half a screen, a whole one.
WIDTHS = {"narrow": (400, 860), "half": (900, 800), "wide": (1360, 860)}


#: Tells a figure that was measured, in milliseconds, whether the test passes or fails (the fixture `told`).
Told = Callable[[str, int], None]


class Tab:
    """One tab with a page of the server's that people sign in to."""

    PATH = "/"

    def __init__(self, world: World, browser: Browser, page: Page):
        self.world, self.browser, self.page = world, browser, page
        self.allowed_console: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        return "http://%s:%d" % self.world.server.http

    @classmethod
    async def show(cls, world: World, browser: Browser, login: str, **options) -> Self:
        """Opens the page and signs in by the form, by keyboard alone."""
        page = await browser.open_page(**{"viewport": {"width": 1360, "height": 860}, "locale": "en-US", **options})
        tab = cls(world, browser, page)
        await page.goto(f"{tab.origin}{cls.PATH}")
        await tab.sign_in(login)
        return tab

    async def sign_in(self, login: str) -> None:
        await self.page.wait("input[name=login]")
        await self.page.type(login)
        await self.page.press("Tab")
        await self.page.type(f"demo-{login}")
        await self.page.press("Enter")
        await self.page.wait("header")

    async def sees(self, text: str) -> None:
        # Also an option of a closed list has the text, and is not seen.
        await self.page.wait(f"text={text} >> visible=true")

    async def ready_within_a_second(self, selector: str, text: str = "") -> int:
        """Loads the page anew, which has to show that within a second; the milliseconds that it took.

        `back_within_a_second()` waits for the same from then on.
        """
        await self.page.run(str(STEPS), "timeScreen", selector, text)
        await self.page.goto(f"{self.origin}{self.PATH}")
        await self.page.until("batonTimes.ready !== undefined")
        took = await self.page.evaluate("batonTimes.ready")
        assert took < 1000, f"it took {took:.0f} ms until {selector} '{text}' was on screen"
        return round(took)

    async def back_within_a_second(self) -> int:
        """Waits for what `ready_within_a_second()` waits for; the milliseconds since the connection was open."""
        await self.page.until("batonTimes.returns.at(-1)?.shown !== undefined")
        took = await self.page.evaluate("batonTimes.returns.at(-1).shown - batonTimes.returns.at(-1).opened")
        assert took < 1000, f"{took:.0f} ms after the connection it was not there"
        return round(took)

    def asked(self, method: str, path: str) -> int:
        """How many such requests the page has made."""
        return self.page.requests.count((method, f"{self.origin}{path}"))

    async def button(self, name: str) -> None:
        await self.page.click(f"role=button[name=/^{name}/]")

    async def picture(self, name: str, whole: bool = False) -> None:
        """Keeps pictures of three widths and both themes, and lets axe judge each; with `whole` what is below the window, too.

        At twice the size it must fit, too.
        """
        PICTURES.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            await self.page.media({"colorScheme": scheme})
            for width, (x, y) in WIDTHS.items():
                await self.page.size(x, y)
                await self.page.screenshot(str(PICTURES / f"{name}-{width}-{scheme}.png"), {"fullPage": whole})
            if scheme == "light":
                await self.fits()
            # A theme is colours; whatever else axe looks at is the same in both.
            found = await self.page.axe(*([] if scheme == "light" else [["color-contrast", "link-in-text-block"]]))
            assert found == [], f"{name}, {scheme}: {found}"
        await self.page.media({"colorScheme": "light"})

    async def fits(self) -> None:
        """WCAG 1.4.10: where twice the size leaves 320 CSS pixels, nothing but tables scrolls sideways."""
        await self.page.size(320, 640)
        wide = await self.page.evaluate("document.documentElement.scrollWidth")
        await self.page.size(*WIDTHS["wide"])
        assert wide <= 320, f"{wide} pixels wide"

    async def refresh(self, text: str) -> None:
        """A refresh changes nothing: what was seen is seen again."""
        await self.page.reload()
        await self.sees(text)

    def check(self) -> None:
        self.page.check(self.origin, self.allowed_console)


class Desk(Tab):
    """The desktop of one agent."""

    @classmethod
    async def open(cls, world: World, browser: Browser, login: str = "agent1", state: str | None = "Available",
                   **options) -> Desk:
        """Signs in; with a state, goes to work in it."""
        desk = await cls.show(world, browser, login, **options)
        if state:
            await desk.page.click("main >> role=button[name='Start work']")
            await desk.page.wait("header select")
            await desk.choose(state)
        return desk

    async def choose(self, state: str) -> None:
        await self.page.run(str(STEPS), "choose", "header .state select", state)
        await self.page.until(f"document.querySelector('header .state select').value === '{state}'")

    async def incoming(self) -> Call:
        """A customer calls, and the desk shows it: his call."""
        customer = await self.world.customer()
        call = await customer.call(INBOUND)
        await call.answered()
        await self.page.wait("section.call.offered")
        return call

    async def in_a_call(self, phone: Peer) -> tuple[Call, Call]:
        """A customer talks to the desk's agent: his call, and the agent's."""
        call = await self.incoming()
        await self.page.press("a")
        leg = await phone.incoming()
        await leg.answered()
        await self.page.wait("section.call.talking")
        await self.page.wait("section.call button:enabled:has-text('Transfer')")
        return call, leg

    async def search(self) -> None:
        """Opens the transfer box by its key."""
        await self.page.press("t")
        await self.page.wait("dialog.transfer input.search")

    async def transfer(self, text: str) -> None:
        """`T`, type, Enter: nothing else."""
        await self.search()
        await self.page.type(text)
        await self.page.press("Enter")
        await self.page.wait("dialog.transfer", "detached")


class Watch(Tab):
    """The supervisor's view."""

    PATH = "/supervisor/"

    @classmethod
    async def open(cls, world: World, browser: Browser, login: str = "supervisor1", **options) -> Watch:
        return await cls.show(world, browser, login, **options)

    async def tile(self, name: str, value: str) -> None:
        """Waits until a figure at the head of the live view is that."""
        await self.page.wait(f".tile:has(dt:text-is('{name}')) dd:text-is('{value}')")
