"""The log: each line about a call names it, whichever form it has; JSON lines are JSON whatever is in them."""

from __future__ import annotations

import json
import re

import pytest

from harness.samples import DIAL_PAD
from harness.world import World

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
#: What lines about a call speak of.
ABOUT_A_CALL = re.compile(r"\b(transfer|call|leg|customer)\b")
#: Lines about no call in particular that use one of these words.
ABOUT_ALL = re.compile(r"baton .* takes traffic|running calls have|legs of the process before go on|new calls were refused")


def lines(world: World) -> list[dict]:
    text = (world.folder / "baton.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


async def stop(world: World) -> None:
    world.expect_exit = None
    assert await world.server.stop() == 0


@pytest.mark.config({"log.format": "json", "log.level": "debug"})
async def test_each_line_about_a_call_has_its_ids(world: World):
    """One that the trunk refuses after the release, and that comes back to its agent."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.reject(503)
    await talking.desktop.offered()
    await talking.desktop.answer()
    back = await talking.agent.peer.incoming()
    await back.answered()
    transfer = (await talking.desktop.transfer("returned"))["transferId"]
    await talking.customer.hangup()
    await world.no_leg_is_left()
    await stop(world)
    found = lines(world)
    for line in found:
        assert {"time", "level", "msg"} <= set(line) <= {"time", "level", "msg", "contact", "transfer"}, line
        if not ABOUT_A_CALL.search(line["msg"]) or ABOUT_ALL.search(line["msg"]) or line["msg"].startswith("sofia:"):
            continue
        assert line.get("contact") == talking.contact_id and line.get("transfer") == transfer, line
    told = [line["msg"] for line in found if line.get("transfer") == transfer]
    assert any("trunk carrier refused a call: 503" in msg for msg in told), told
    assert any("returned" in msg and "carrierUnavailable" in msg for msg in told), told
    assert not [line for line in found if UUID.search(line["msg"])], "ids are members, not text"
    ended = [line for line in found if "returned" in line["msg"] and line["level"] == "info"]
    assert len(ended) == 1, "how a transfer went wrong is told at the usual level"


@pytest.mark.config({"log.format": "text"})
async def test_lines_for_people_have_them_too(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    await (await world.carrier.incoming()).reject(486)
    transfer = (await talking.desktop.transfer("failed"))["transferId"]
    await talking.customer.hangup()
    await world.no_leg_is_left()
    await stop(world)
    text = (world.folder / "baton.log").read_text(encoding="utf-8")
    ids = f" contact={talking.contact_id} transfer={transfer}"
    about = [line for line in text.splitlines() if line.endswith(ids)]
    assert any("trunk carrier refused a call: 486 Busy Here" in line for line in about), text
    assert any("failed" in line and "busy" in line for line in about), text


async def test_a_number_in_the_carriers_phrase_is_not_told(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    await (await world.carrier.incoming()).reject(404, reason=f"{DIAL_PAD} is not in service")
    await talking.desktop.transfer("failed")
    await talking.customer.hangup()
    await world.no_leg_is_left()
    await stop(world)
    text = (world.folder / "baton.log").read_text(encoding="utf-8")
    assert DIAL_PAD.lstrip("+") not in text, text
    assert text.count("404 +xxxxxxxxxxx is not in service") == 2, text
