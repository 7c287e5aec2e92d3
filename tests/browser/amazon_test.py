"""The page /amazon/ in a real browser: the real server, the unmodified amazon-connect-streams, and a STAND-IN of the CCP's frame.

What stands in is said in tests/browser/ccp-frame/frame.js and tests/harness/amazon_world.py; what only a live instance can show, in
docs/amazon-connect.md. What must be the same with the library's own worker in the frame is asked of both (`either`); what that alone
does is in amazon_worker_test.py.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from browser.amazon_scene import ADD, LEAVE, NUMBER, RESUME, Scene
from harness.amazon_world import Refused
from harness.browser import Browser
from harness.ccp_frame import CcpFrame
from harness.config import SOURCE
from harness.cti_service import CtiService
from harness.samples import quick_connect

#: The exceptions that the library enumerates, and what a desktop is told for them.
EXCEPTIONS = {
    "AccessDeniedException": "destinationNotPermitted", "InvalidStateException": "backendRefused",
    "BadEndpointException": "invalidDestination", "InvalidAgentARNException": "backendRefused",
    "InvalidConfigurationException": "backendRefused", "InvalidContactTypeException": "notSupported",
    "PaginationException": "internal", "RefreshTokenExpiredException": "backendUnavailable",
    "UnauthorizedException": "backendUnavailable", "QuotaExceededException": "rateLimited",
    "": "backendRefused",
}


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    return Scene.of(request, tmp_path, CcpFrame)


@pytest.fixture(params=[CcpFrame, CtiService], ids=["frame", "worker"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    return Scene.of(request, tmp_path, request.param)


def test_the_library_is_the_one_that_is_pinned():
    package = json.loads((SOURCE / "web" / "node_modules" / "amazon-connect-streams" / "package.json").read_text())
    assert package["version"] == "2.28.2"


@pytest.mark.parametrize("data", [NUMBER, quick_connect("Sasi_Chime"), quick_connect("CallSummary-HVOC-Queue"), quick_connect("Agent Two")],
                         ids=["dial pad", "external", "queue", "agent"])
async def test_a_customer_is_handed_over(scene: Scene, browser: Browser, data: Any):
    page, desktop, contact = await scene.talking(browser)
    await desktop.blind_transfer(data)
    await desktop.transfer("dialing")
    await scene.session.third_party_is(contact, "connected")
    done = await desktop.transfer("handedOver")
    assert done["contactId"] == contact and done["custody"] == "back end"
    await desktop.agent_state("AfterCallWork")
    assert scene.wire() == [ADD, LEAVE]
    endpoint = scene.session.asked[0][1]["endpoint"]
    assert endpoint["queue"] is None and endpoint["agentLogin"] is None
    assert endpoint["phoneNumber" if isinstance(data, str) else "endpointARN"] == (data if isinstance(data, str) else data["endpointARN"])
    await desktop.publish("InboundCall", "ClearContact")
    await desktop.agent_state("Available")


async def test_the_callback_may_come_before_the_snapshot(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    scene.frame.callback_first = True
    await desktop.blind_transfer(quick_connect("CallSummary-HVOC-Queue"))
    await desktop.transfer("handedOver")
    assert scene.wire() == [ADD, LEAVE]


@pytest.mark.parametrize("name, reason", EXCEPTIONS.items(), ids=lambda value: value or "nameless")
async def test_each_exception_has_its_reason(scene: Scene, browser: Browser, name: str, reason: str):
    page, desktop, contact = await scene.talking(browser)

    async def refuse(_: dict[str, Any]) -> None:
        scene.session.contact(contact)["connections"][0]["state"] = "hold"
        await scene.session.changed()
        raise Refused(name)

    scene.session.instead[ADD] = refuse
    await desktop.blind_transfer(NUMBER)
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == reason and error["customerLocation"] == "agent"
    assert error["backend"].get("error") == (name or None)
    assert "secret.example" not in json.dumps(error), "the library's stack names addresses of the instance"
    await desktop.call_event("connected", "inbound")
    await desktop.until(lambda: scene.wire() == [ADD, RESUME], "the customer resumed, and nothing else asked for")


async def test_a_third_party_who_leaves_first_gives_the_customer_back(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("dialing")
    await scene.session.third_party_is(contact, "disconnected")
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "noAnswer"
    await desktop.call_event("connected", "inbound")
    await desktop.until(lambda: scene.wire() == [ADD, RESUME], "the customer resumed, and nothing else asked for")


async def test_a_customer_who_hangs_up_meanwhile_has_abandoned(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("dialing")
    await scene.session.customer_hangs_up(contact)
    assert (await desktop.transfer("abandoned"))["custody"] == "gone"
    assert scene.wire() == [ADD]


async def test_a_reload_between_add_and_leave_adds_nothing_twice(either: Scene, browser: Browser):
    page, desktop, contact = await either.talking(browser)
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("dialing")
    await page.reload()
    await page.wait("[data-state=active]")
    await either.session.third_party_is(contact, "connected")
    await desktop.transfer("handedOver")
    assert either.wire() == [ADD, LEAVE]


async def test_of_two_tabs_one_acts(either: Scene, browser: Browser):
    page, desktop, contact = await either.talking(browser)
    second = await page.another()
    await second.goto(either.page_url)
    await second.wait("[data-state=standby]")
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("dialing")
    await page.close()
    await second.wait("[data-state=active]")
    await either.session.third_party_is(contact, "connected")
    await desktop.transfer("handedOver")
    assert either.wire() == [ADD, LEAVE]


async def test_the_library_keeps_when_the_service_made_what_it_shows(either: Scene, browser: Browser):
    """The bridge reads it where the library's types have no name for it."""
    before = time.time()
    page = await either.open(browser)
    told = "new Promise((done) => connect.agent((agent) => done(agent._getData().snapshot.snapshotTimestamp.getTime() / 1000)))"
    assert before - 1 <= await page.evaluate(told) <= time.time()


async def test_a_tab_that_is_behind_takes_over_and_decides_nothing_until_it_has_caught_up(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    first = set(scene.frame.sockets)
    second = await page.another()
    await second.goto(scene.page_url)
    await second.wait("[data-state=standby]")
    scene.frame.behind = scene.frame.sockets - first
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("dialing")
    await page.close()
    await second.wait("[data-state=active]")
    scene.frame.behind = set()
    await scene.session.third_party_is(contact, "connected")
    await desktop.transfer("handedOver")
    assert scene.wire() == [ADD, LEAVE]


async def test_of_two_contacts_the_named_one_is_transferred(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    other = await scene.session.talk()
    await desktop.expect("InboundCall/InboundCallStateChange", lambda m: m["call"]["ResponseActual"]["contactId"] == other)
    await desktop.blind_transfer(NUMBER)
    assert (await desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "ambiguousCall"
    await desktop.blind_transfer(NUMBER, contactId=other)
    await desktop.transfer("dialing")
    assert scene.session.asked[0][1]["contactId"] == other


async def test_a_transfer_by_hand_is_recorded(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    await page.evaluate("void connect.agent((agent) => agent.getContacts()[0].addConnection(connect.Endpoint.byPhoneNumber('+12025550111')))")
    dialing = await desktop.transfer("dialing")
    assert dialing["destination"]["phoneNumber"] == "+12025550111"
    await scene.session.third_party_is(contact, "connected")
    await page.evaluate("void connect.agent((agent) => agent.getContacts()[0].getAgentConnection().destroy())")
    assert (await desktop.transfer("handedOver"))["transferId"] == dialing["transferId"]


@pytest.mark.config({"amazon": {"add_timeout_seconds": 1}})
async def test_a_callback_that_never_comes_is_settled_by_a_snapshot(scene: Scene, browser: Browser):
    """As after a 401 or 403, where the library calls back neither way."""
    page, desktop, contact = await scene.talking(browser)
    scene.frame.unanswered.add(ADD)
    await desktop.blind_transfer(NUMBER)
    assert (await desktop.transfer("outcomeUnknown"))["custody"] == "agent"
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "timeout" and error["customerLocation"] == "agent"
    assert scene.wire() == [ADD]


@pytest.mark.config({"amazon": {"add_timeout_seconds": 8}})
async def test_a_frame_that_is_silent_decides_nothing_until_it_speaks(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    await scene.frame.silence(True)
    await desktop.blind_transfer(NUMBER)
    assert (await desktop.transfer("outcomeUnknown", 30))["custody"] == "unknown"
    await scene.frame.silence(False)
    await scene.session.changed()
    await scene.session.third_party_is(contact, "connected")
    await desktop.transfer("handedOver")
    assert scene.wire() == [ADD, LEAVE]


async def test_a_restart_of_baton_in_between_repeats_nothing(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("dialing")
    await scene.restart()
    await page.wait("[data-state=active]")  # Who was signed in stays so.
    await scene.session.third_party_is(contact, "connected")
    await desktop.transfer("handedOver")
    assert scene.wire() == [ADD, LEAVE]


async def test_the_phone_buttons(scene: Scene, browser: Browser):
    await scene.open(browser)
    desktop = await scene.desktop("agent1", state=None)
    await scene.session.offer()
    await desktop.offered()
    await desktop.publish("InboundCall", "Answer")
    await desktop.call_event("connected", "inbound")
    await desktop.publish("InboundCall", "Hold")
    await desktop.call_event("hold", "inbound")
    await desktop.publish("InboundCall", "Resume")
    await desktop.call_event("connected", "inbound")
    await desktop.publish("InboundCall", "SendDTMF", "12#")
    await scene.asks(scene.session, "sendDigits")  # No event tells that they were sent.
    await desktop.publish("InboundCall", "Disconnect")
    await desktop.call_event("ACW", "agent")
    await desktop.publish("InboundCall", "ClearContact")
    await desktop.agent_state("Available")
    await desktop.go("Break")
    assert scene.session.state["name"] == "Break"


async def test_a_call_that_the_agent_makes(scene: Scene, browser: Browser):
    await scene.open(browser)
    desktop = await scene.desktop("agent1", state=None)
    await desktop.publish("InboundCall", "SetMakeCall", NUMBER, id="call-1")
    await desktop.call_event("connecting", "outbound")
    await scene.session.answered()
    await desktop.call_event("connected", "outbound")
    assert scene.wire() == ["createOutboundContact"]
    assert scene.session.asked[0][1]["endpoint"]["phoneNumber"] == NUMBER
    await desktop.blind_transfer(quick_connect("Sasi_Chime"))
    await desktop.transfer("dialing")


async def test_mute(scene: Scene, browser: Browser):
    page, desktop, contact = await scene.talking(browser)
    await page.evaluate("void (window.muted = [], connect.agent((agent) => agent.onMuteToggle((told) => muted.push(told.muted))))")
    await desktop.publish("Agent", "Mute")
    await desktop.expect("Agent/SetAgentState", lambda m: m["data"]["muted"] is True)
    await desktop.publish("Agent", "Unmute")
    await desktop.expect("Agent/SetAgentState", lambda m: m["data"]["muted"] is False)
    told = "new Promise((done) => { const look = () => (muted.length > 1 ? done(muted) : setTimeout(look, 10)); look(); })"
    assert await page.evaluate(told) == [True, False]


async def test_only_the_configured_instance_may_be_framed(scene: Scene, browser: Browser):
    page = await browser.open_page()
    policy = await page.evaluate(f"fetch('{scene.page_url}').then((r) => r.headers.get('content-security-policy'))") \
        if await page.goto(scene.page_url) == 200 else ""
    origin = scene.frame.url.removesuffix("/ccp-v2/")
    assert f"frame-src {origin};" in policy + ";" and "frame-ancestors 'none'" in policy
