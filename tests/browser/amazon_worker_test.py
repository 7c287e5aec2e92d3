"""The page /amazon/ in a real browser, with the library's own shared worker in the frame and a STAND-IN of its service behind it.

The library's retries, its silence after 401 and 403 and its texts of errors are real here; what stands in is said in
tests/harness/cti_service.py, and what only a live instance can show in docs/amazon-connect.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from browser.amazon_scene import ADD, LEAVE, NUMBER, RESUME, Scene
from harness.amazon_world import Refused
from harness.browser import Browser
from harness.cti_service import CtiService
from harness.samples import quick_connect


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    return Scene.of(request, tmp_path, CtiService)


def refuses(scene: Scene, contact: str, name: str, status: int, with_effect: bool = False) -> None:
    """Each attempt to add a party is answered so. With effect: the first one has added it all the same."""
    added = False

    async def refuse(params: dict[str, Any]) -> None:
        nonlocal added
        if with_effect:
            if added:
                raise Refused("InvalidStateException", "There is a third party already.")
            await scene.session._createAdditionalConnection(params)
            added = True
        raise Refused(name, "The service says no.", status)

    scene.session.instead[ADD] = refuse


@pytest.mark.parametrize("data", [NUMBER, quick_connect("Sasi_Chime"), quick_connect("CallSummary-HVOC-Queue"), quick_connect("Agent Two")],
                         ids=["dial pad", "external", "queue", "agent"])
async def test_a_customer_is_handed_over(scene: Scene, browser: Browser, data: Any):
    page, desktop, contact = await scene.talking(browser)
    await desktop.blind_transfer(data)
    await desktop.transfer("dialing")
    await scene.session.third_party_is(contact, "connected")
    assert (await desktop.transfer("handedOver"))["custody"] == "back end"
    await desktop.agent_state("AfterCallWork")
    assert scene.wire() == [ADD, LEAVE]
    endpoint = scene.session.asked[0][1]["endpoint"]
    assert endpoint["type"] == ("phone_number" if isinstance(data, str) else data["type"])


@pytest.mark.parametrize("name, reason", [("BadEndpointException", "invalidDestination"), ("InvalidStateException", "backendRefused"),
                                          ("QuotaExceededException", "rateLimited")])
async def test_400_is_not_tried_again(scene: Scene, browser: Browser, name: str, reason: str):
    page, desktop, contact = await scene.talking(browser)
    refuses(scene, contact, name, 400)
    await desktop.blind_transfer(NUMBER)
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == reason and error["customerLocation"] == "agent"
    assert error["backend"]["error"] == name and error["msg"] == "The service says no."
    assert scene.session.count(ADD) == 1 and LEAVE not in scene.wire()


@pytest.mark.config({"amazon": {"add_timeout_seconds": 2}})
@pytest.mark.parametrize("name, status", [("UnauthorizedException", 401), ("AccessDeniedException", 403)])
async def test_401_and_403_are_silence(scene: Scene, browser: Browser, name: str, status: int):
    """The library calls back neither way; after a 401 it loads its frame anew."""
    page, desktop, contact = await scene.talking(browser)
    refuses(scene, contact, name, status)
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("outcomeUnknown")
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "timeout" and error["customerLocation"] == "agent"
    assert scene.wire() == [ADD]


@pytest.mark.parametrize("name, status", [("ThrottlingException", 429), ("InternalServiceException", 500)])
async def test_what_the_library_asks_four_times_is_refused_once(scene: Scene, browser: Browser, name: str, status: int):
    page, desktop, contact = await scene.talking(browser)
    refuses(scene, contact, name, status)
    await desktop.blind_transfer(NUMBER)
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["customerLocation"] == "agent" and error["backend"]["error"] == name
    assert scene.session.count(ADD) == 4, "the library's own attempts, and none of ours"
    assert LEAVE not in scene.wire()


async def test_500_after_the_party_was_added_goes_on_with_it(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    refuses(scene, contact, "InternalServiceException", 500, with_effect=True)
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("dialing")
    await scene.session.third_party_is(contact, "connected")
    assert (await desktop.transfer("handedOver"))["custody"] == "back end"
    assert RESUME not in scene.wire() and scene.session.count(LEAVE) == 1


async def test_what_the_session_does_not_list_is_not_asked_for(scene: Scene, browser: Browser):
    """The library gathers the pages; the list is here before the customer is, on one socket."""
    scene.session.quick_connects = [one for one in scene.session.quick_connects if one["name"] != "Sasi_Chime"]
    await scene.open(browser)
    desktop = await scene.desktop("agent1", state=None)
    await scene.until(scene.metrics, lambda found: found["baton_amazon_endpoint_lists_total"] >= 1, "the list")
    await scene.session.talk()
    await desktop.call_event("connected", "inbound")
    await desktop.blind_transfer(quick_connect("Sasi_Chime"))
    assert (await desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "destinationNotPermitted"
    assert scene.wire() == []
    await desktop.blind_transfer(quick_connect("CallSummary-HVOC-Queue"))
    await desktop.transfer("handedOver")
    assert scene.wire() == [ADD, LEAVE]


async def test_a_stack_of_the_librarys_is_not_passed_on(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    refuses(scene, contact, "BadEndpointException", 400)
    await desktop.blind_transfer(NUMBER)
    error = json.dumps(await desktop.error("BLIND_TRANSFER_FAILED"))
    assert scene.frame.url.partition("/ccp-v2")[0] not in error and ".js" not in error
