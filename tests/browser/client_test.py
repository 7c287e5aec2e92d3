"""The library for desktops, in a browser and in Node.js, against the real server with real calls."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path

from harness.browser import Browser, node
from harness.config import SOURCE
from harness.samples import DIAL_PAD
from harness.server import die_with_parent
from harness.world import World


async def test_the_example_of_the_readme_works_when_pasted(world: World, browser: Browser):
    talk = await world.talking("agent1")
    blocks = re.findall(r"^```js\n(.*?)^```$", (SOURCE / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) == 1 and blocks[0].count("\n") <= 10
    page = await browser.open_page()
    origin = "http://%s:%d" % world.server.http
    await page.goto(f"{origin}/")
    pasted = asyncio.create_task(page.evaluate(f"(async () => {{ {blocks[0]} }})()"))
    third = await world.carrier.incoming()
    assert third.invite.uri.user == DIAL_PAD
    await third.ring()
    await third.answer()
    await third.hears(talk.customer)
    await pasted
    assert page.console[-1] == ("log", f"connected: the customer is with {DIAL_PAD}"), page.console
    page.check(own=origin)


class InNode:
    """tests/browser/client.mjs, which prints what the library tells, a JSON object a line."""

    def __init__(self, world: World, token: str, *arguments: str, **environment: str):
        self.environment = {**os.environ, "BATON_URL": "http://%s:%d" % world.server.http, "BATON_TOKEN": token,
                            "BATON_CLIENT": str(SOURCE / "build" / "web" / "pages" / "lib" / "client.js"),
                            **environment}
        self.arguments = arguments
        self.passed: list[dict] = []

    async def __aenter__(self) -> InNode:
        script = Path(__file__).with_name("client.mjs")
        self.process = await asyncio.create_subprocess_exec(
            node(), str(script), *self.arguments, env=self.environment, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, preexec_fn=die_with_parent)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def told(self, **wanted: object) -> dict:
        """The first line that has these values and was not asked for yet. What a request leads to comes by the socket,
        its answer by HTTP: either may be first."""
        def fits(found: dict) -> bool:
            return all(found.get(key) == value for key, value in wanted.items())
        for found in self.passed:
            if fits(found):
                self.passed.remove(found)
                return found
        while line := await asyncio.wait_for(self.process.stdout.readline(), 20):
            found = json.loads(line)
            if fits(found):
                return found
            self.passed.append(found)
        raise AssertionError(f"it ended with {await self.process.wait()} before it told {wanted}")


async def test_node_hears_the_outcome_that_came_while_the_server_was_away(world: World):
    talk = await world.talking("agent1")
    async with InNode(world, await world.token("agent1"), DIAL_PAD) as client:
        await client.told(connection="open")
        third = await world.carrier.incoming()
        await third.ring()
        accepted = await client.told(what="accepted")
        await client.told(event="TransferStateChange", state="alerting")
        await world.restart()
        await third.answer()  # Before the client may be back: then it is told what it missed.
        await client.told(connection="connecting")
        await client.told(connection="open")
        outcome = await client.told(what="outcome")
        assert (outcome["state"], outcome["transferId"]) == ("connected", accepted["transferId"])
        assert await asyncio.wait_for(client.process.wait(), 20) == 0
    talk.desktop.check()


async def test_a_service_with_tickets_alone_is_told_what_becomes_of_what_it_asks_for_an_agent(world: World):
    crm = await world.token("crm", "service")
    async with InNode(world, crm, DIAL_PAD, BATON_AGENT="agent1") as client:
        refused = await client.told(what="refused")
        assert refused["errorType"] == "BLIND_TRANSFER_FAILED"
    await world.talking("agent1")
    async with InNode(world, crm, DIAL_PAD, BATON_AGENT="agent1") as client:
        third = await world.carrier.incoming()
        await third.ring()
        await third.answer()
        accepted = await client.told(what="accepted")
        outcome = await client.told(what="outcome")
        assert (outcome["state"], outcome["transferId"]) == ("connected", accepted["transferId"])


async def test_a_token_that_is_not_good_is_told_at_once(world: World):
    async with InNode(world, "x.y.z", DIAL_PAD) as client:
        refused = await client.told(what="refused")
        assert refused["status"] == 401 and refused["errorType"] == "NOT_PERMITTED"
