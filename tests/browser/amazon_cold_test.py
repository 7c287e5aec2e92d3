"""Cold transfers by the page /amazon/ in a real browser: the real server, the unmodified amazon-connect-streams and @amazon-connect/contact.

What stands in is the CCP's frame with its end of the SDK's channel (tests/browser/ccp-frame/frame.js) and the service behind it
(tests/harness/amazon_world.py): that the real one does this for a voice contact only a live instance can show (docs/amazon-connect.md).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from browser.amazon_scene import ADD, LEAVE, NUMBER, Scene
from harness.amazon_world import Refused
from harness.browser import Browser
from harness.ccp_frame import CcpFrame
from harness.config import SOURCE
from harness.samples import quick_connect

COLD = "contactTransfer"
QUEUE = quick_connect("CallSummary-HVOC-Queue")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """The configuration wants cold transfers, and the frame opens the SDK's channel."""
    scene = Scene(tmp_path, {"amazon": {"cold_transfer": True}}, CcpFrame)
    scene.frame.sdk = True
    return scene


def test_the_sdk_is_the_one_that_is_pinned():
    package = json.loads((SOURCE / "web" / "node_modules" / "@amazon-connect" / "contact" / "package.json").read_text())
    assert package["version"] == "1.0.12"


@pytest.mark.parametrize("data", [QUEUE, quick_connect("Agent Two")], ids=["queue", "agent"])
@pytest.mark.parametrize("word_first", [False, True], ids=["snapshot first", "word first"])
async def test_agents_and_queues_are_handed_over_in_one_step(scene: Scene, browser: Browser, data: Any, word_first: bool):
    page, desktop, contact = await scene.talking(browser)
    scene.frame.callback_first = word_first
    await desktop.blind_transfer(data)
    done = await desktop.transfer("handedOver")
    assert done["contactId"] == contact and done["custody"] == "back end"
    await desktop.agent_state("AfterCallWork")
    assert scene.wire() == [COLD]
    assert scene.session.asked[0][1] == {
        "contactId": contact, "quickConnect": {"type": data["type"], "endpointARN": data["endpointARN"], "name": data["name"]}}
    await desktop.publish("InboundCall", "ClearContact")
    await desktop.agent_state("Available")


async def test_numbers_are_added_as_ever(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("dialing")
    assert scene.wire() == [ADD]


async def test_a_rejection_is_told_in_the_sdks_words(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)

    async def refuse(_: dict[str, Any]) -> None:
        raise Refused("accessDenied", "The agent may not transfer.")

    scene.session.instead[COLD] = refuse
    await desktop.blind_transfer(QUEUE)
    assert (await desktop.transfer("outcomeUnknown"))["custody"] == "agent"
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert (error["reason"], error["msg"]) == ("backendRefused", "The agent may not transfer.")
    assert error["customerLocation"] == "agent" and error["backend"]["error"] == "accessDenied"
    assert "secret.example" not in json.dumps(error)
    assert scene.wire() == [COLD]


async def test_a_frame_without_the_channel_is_asked_to_add_and_left(scene: Scene, browser: Browser):
    scene.frame.sdk = False
    page, desktop, contact = await scene.talking(browser)
    await desktop.blind_transfer(QUEUE)
    await desktop.transfer("handedOver")
    assert scene.wire() == [ADD, LEAVE]
    assert "finds no open channel of the SDK" in (scene.folder / "baton.log").read_text()


async def test_a_reload_meanwhile_asks_for_nothing_twice(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    scene.frame.unanswered.add(COLD)
    await desktop.blind_transfer(QUEUE)
    await scene.asks(scene.session, COLD)
    await page.reload()
    await page.wait("[data-state=active]")
    assert (await desktop.transfer("outcomeUnknown"))["custody"] == "unknown"
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "timeout" and error["customerLocation"] == "agent"
    assert scene.wire() == [COLD]
