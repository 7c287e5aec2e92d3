"""Calls of real SIP parties in a desktop of the unmodified amazon-connect-streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from browser.streams.desktop import Site, StreamsDesktop
from harness.browser import Browser
from harness.desktop import Desktop
from harness.samples import DIAL_PAD, SASI
from harness.tools import SCENARIOS, sipp_parties
from harness.world import INBOUND, World
from peer import Call, Peer, talk
from peer.ports import PORTS

ENDPOINT = "(async name => (await call(agent, 'getEndpoints', agent.getAllQueueARNs())).endpoints.find(e => e.name === name))"


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    """The desktop's web server. The world's Baton lets its pages embed /ccp-v2/."""
    site = Site(PORTS.take())
    world.overrides["http.frame_origins"] = [site.origin]
    yield site
    site.close()


@pytest.fixture
def desk(world: World, site: Site, browser: Browser) -> StreamsDesktop:
    return StreamsDesktop(world, browser, site)


async def talking(world: World, desk: StreamsDesktop) -> tuple[Call, Call, Peer]:
    """A customer called, and the desktop has accepted: customer, agent's leg, agent's phone."""
    phone = await world.phone("agent1")
    await desk.at_work()
    customer = await (await world.customer()).call(INBOUND)
    await customer.answered()
    await desk.told("contact connecting")
    assert await desk.run("call(contact(), 'accept')") == {}
    leg = await phone.incoming()
    await leg.answered()
    await desk.told("contact connected")
    await talk(customer, leg)
    return customer, leg, phone


async def add(desk: StreamsDesktop, name: str) -> None:
    assert await desk.run(f"{ENDPOINT}({json.dumps(name)}).then(e => call(contact(), 'addConnection', e))") == {}


async def leave(desk: StreamsDesktop) -> None:
    assert await desk.run("call(contact().getAgentConnection(), 'destroy')") == {}
    await desk.until("contact().getStatus().type === 'ended'")


async def answered(other: Desktop, phone: Peer) -> Call:
    """Another agent's leg, once he has answered what he was offered."""
    await other.answer()
    leg = await phone.incoming()
    await leg.answered()
    return leg


@pytest.mark.config({"server.drain_seconds": 0})  # Its call is still up when the server is stopped.
async def test_a_call_is_accepted_and_handed_on_blind(world: World, desk: StreamsDesktop):
    """All parties are sipp: the customer and the outside number get each other's descriptions."""
    # It rings long enough for the agent to leave before it answers.
    late = world.folder / "late-carrier.xml"
    scenario = (SCENARIOS / "carrier.xml").read_text(encoding="utf-8")
    assert scenario.count('<pause milliseconds="800"/>') == 1
    late.write_text(scenario.replace('<pause milliseconds="800"/>', '<pause milliseconds="5000"/>'), encoding="utf-8")
    async with sipp_parties(world, late) as parties:
        await desk.at_work()
        await parties.call(INBOUND)
        await desk.told("contact connecting")
        await desk.run("call(contact(), 'accept')")
        await desk.told("contact connected")
        await add(desk, "Sasi_Chime")
        await desk.until("contact().getSingleActiveThirdPartyConnection() !== null")
        assert await desk.run("contact().getStatus().type") == "connected"
        await leave(desk)
        assert await parties.phone.end() == 0, parties.phone.evidence()
        boss = await world.rest("supervisor1", "supervisor")

        async def transfers() -> list[str]:
            return [one["state"] for one in (await boss.get("/v1/transfers?agent=agent1")).json()["items"]]

        await world.until(transfers, lambda states: states == ["connected"], "one connected transfer")
        parties.check_media()
    await world.server.stop()
    world.expect_exit = None


async def test_events_come_in_the_order_of_the_library(world: World, desk: StreamsDesktop):
    customer, _, _ = await talking(world, desk)
    await add(desk, "Sasi_Chime")
    target = await world.carrier.incoming()
    assert target.invite.uri.user == SASI
    await target.ring()
    await desk.until("contact().getSingleActiveThirdPartyConnection() !== null")
    await leave(desk)
    assert await desk.run("call(contact(), 'clear')") == {}
    await desk.told("contact destroyed")
    await target.answer()
    await talk(customer, target)
    story = await desk.story()
    # The frame echoes it after the answer to accept(), and the phone may have answered by then.
    assert "contact accepted" in story[story.index("contact connecting"):story.index("agent Busy -> AfterCallWork")]
    story.remove("contact accepted")
    assert story[-16:] == [
        "agent Available -> PendingBusy",
        "contact is connecting",
        "contact connecting",
        "legs agent connecting, *inbound connected",
        "agent PendingBusy -> Busy",
        "contact connected",
        "legs agent connected, *inbound connected",
        "legs agent connected, *inbound hold",
        "legs agent connected, *inbound hold, outbound connecting",
        "agent Busy -> AfterCallWork",
        "agent acw",
        "contact acw",
        "contact ended",
        "legs agent disconnected, *inbound disconnected, outbound disconnected",
        "agent AfterCallWork -> Available",
        "contact destroyed",
    ]


async def test_whoever_answers_gets_the_customer_before_the_agent_leaves(world: World, desk: StreamsDesktop):
    customer, _, _ = await talking(world, desk)
    await add(desk, "Sasi_Chime")
    target = await world.carrier.incoming()
    await target.answer()
    await desk.told("contact ended")
    await talk(customer, target)
    # A desktop that waited for the third party leaves now; what it wants is so already.
    assert await desk.run("call(contact().getAgentConnection(), 'destroy')") == {}


async def test_a_number_is_dialled(world: World, desk: StreamsDesktop):
    customer, _, _ = await talking(world, desk)
    assert await desk.run(f"call(contact(), 'addConnection', connect.Endpoint.byPhoneNumber('{DIAL_PAD}'))") == {}
    target = await world.carrier.incoming()
    assert target.invite.uri.user == DIAL_PAD
    await leave(desk)
    await target.answer()
    await talk(customer, target)


async def test_a_queue_takes_the_customer_at_once(world: World, desk: StreamsDesktop):
    customer, _, _ = await talking(world, desk)
    other, phone = await world.agent("agent2")
    await add(desk, "CallSummary-HVOC-Queue")
    await desk.told("contact ended")
    await other.offered()
    await talk(customer, await answered(other, phone))


async def test_another_agent_takes_the_customer(world: World, desk: StreamsDesktop):
    customer, _, _ = await talking(world, desk)
    other, phone = await world.agent("agent2")
    await add(desk, "Agent Two")
    await other.offered()
    await desk.told("legs agent connected, *inbound hold, outbound connecting")
    assert await desk.run("contact().getSingleActiveThirdPartyConnection().getEndpoint().type") == "agent"
    leg = await answered(other, phone)
    await desk.told("contact ended")
    await talk(customer, leg)


async def test_a_third_party_that_is_busy_leaves_the_customer_on_hold(world: World, desk: StreamsDesktop):
    customer, leg, _ = await talking(world, desk)
    await add(desk, "Sasi_Chime")
    target = await world.carrier.incoming()
    await desk.told("legs agent connected, *inbound hold, outbound connecting")
    await target.reject(486)
    await desk.told("legs agent connected, *inbound hold, outbound disconnected")
    assert await desk.run("contact().getSingleActiveThirdPartyConnection()") is None
    assert await desk.run("call(customer(), 'resume')") == {}
    await talk(customer, leg)


async def test_the_third_party_is_taken_back(world: World, desk: StreamsDesktop):
    customer, leg, _ = await talking(world, desk)
    await add(desk, "Sasi_Chime")
    target = await world.carrier.incoming()
    await target.ring()
    await desk.told("legs agent connected, *inbound hold, outbound connecting")
    assert await desk.run("call(contact().getSingleActiveThirdPartyConnection(), 'destroy')") == {}
    await target.ended(by="them")
    await desk.told("legs agent connected, *inbound hold, outbound disconnected")
    assert await desk.run("call(customer(), 'resume')") == {}
    await talk(customer, leg)


async def test_what_cannot_be_added_fails_in_the_form_of_the_library(world: World, desk: StreamsDesktop):
    customer, leg, _ = await talking(world, desk)

    async def fails(endpoint: str) -> dict:
        return await desk.run(f"failure(contact(), 'addConnection', {endpoint})")

    error = await fails("{type: 'phone_number', endpointARN: 'arn:aws:connect:us-east-1:975419294579:instance/"
                        "a4c52a8c-158f-4d7f-ab32-94d7e9b95974/transfer-destination/00000000-0000-4000-8000-000000000001'}")
    assert error["type"] == "BadEndpointException" and error["retryStatus"] == "none" and error["stack"] == []
    assert "there is no quick connect" in error["message"]
    assert (await fails("{type: 'agent', agentLogin: 'agent2'}"))["type"] == "BadEndpointException"
    assert (await fails("connect.Endpoint.byPhoneNumber('911')"))["type"] == "BadEndpointException"
    assert (await fails("connect.Endpoint.byPhoneNumber('+19005550100')"))["reason"] == "premiumRateBlocked"
    # Nobody was touched.
    assert "legs agent connected, *inbound hold" not in await desk.story()
    await talk(customer, leg)


async def test_what_the_sdk_asks_for_is_refused_at_once(world: World, desk: StreamsDesktop):
    """Beside the conduit the library has a channel for the SDK's packages, which give up after 30 s of silence only."""
    await world.phone("agent1")
    await desk.at_work()
    proxy = "connect.core.getSDKClientConfig().provider.getProxy()"
    refused = await asyncio.wait_for(desk.run(
        f"{proxy}.request('aws.connect.contact', 'contact/transfer', {{contactId: '1'}}).then(() => 'done', e => [e.errorKey, e.reason])"), 10)
    assert refused == ["handlerNotFound", "Baton does not serve the SDK; use the methods of amazon-connect-streams"]
    await desk.run(f"window.sdkErrors = []; {proxy}.onError(e => {{ sdkErrors.push(e.key); tell('sdk error'); }});"
                   f"{proxy}.subscribe({{namespace: 'aws.connect.voice', key: 'participantHold'}}, () => {{}}); null")
    await desk.until("sdkErrors.includes('subscriptionHandlerNotFound')")


async def test_hold_resume_mute_and_digits(world: World, desk: StreamsDesktop):
    customer, leg, _ = await talking(world, desk)
    assert await desk.run("call(customer(), 'hold')") == {}
    await desk.told("legs agent connected, *inbound hold")
    assert await desk.run("customer().isOnHold()")
    assert await desk.run("call(customer(), 'resume')") == {}
    await desk.until("!customer().isOnHold()")
    await talk(customer, leg)
    await desk.run("agent.mute()")
    await desk.told("muted")
    assert await desk.run("contact().getAgentConnection().isMute()")
    await desk.run("agent.unmute()")
    await desk.told("unmuted")
    assert await desk.run("call(customer(), 'sendDigits', '12#')") == {}
    await customer.peer.until(lambda: customer.digits == "12#", "the digits")
    # What Baton has not is refused at once.
    for method in ("conferenceConnections", "toggleActiveConnections"):
        assert (await desk.run(f"failure(contact(), '{method}')"))["type"] == "NotSupportedException"


async def test_a_call_is_rejected(world: World, desk: StreamsDesktop):
    await world.phone("agent1")
    await desk.at_work()
    customer = await (await world.customer()).call(INBOUND)
    await customer.answered()
    await desk.told("contact connecting")
    assert await desk.run("call(contact(), 'reject')") == {}
    await desk.told("contact missed")
    assert await desk.run("agent.getState().name") == "FailedConnectAgent"
    assert await desk.run("agent.getState().type") == "error"
    assert await desk.run("call(contact(), 'clear')") == {}
    await customer.hangup()


async def test_the_customer_hangs_up(world: World, desk: StreamsDesktop):
    customer, _, _ = await talking(world, desk)
    await customer.hangup()
    await desk.told("contact ended")
    assert await desk.run("agent.getState().name") == "AfterCallWork"
    # A new state ends after-call work, as in Amazon's.
    await desk.go("Break")
    await desk.told("contact destroyed")


async def test_the_next_state_waits_for_the_end_of_the_call(world: World, desk: StreamsDesktop):
    await talking(world, desk)
    lunch = "agent.getAgentStates().find(s => s.name === 'Lunch')"
    await desk.run(f"new Promise((success, failure) => agent.setState({lunch}, {{success, failure}}, {{enqueueNextState: true}}))")
    await desk.told("next Lunch")
    await leave(desk)
    assert await desk.run("agent.getNextState().name") == "Lunch"
    await desk.run("call(contact(), 'clear')")
    await desk.until("agent.getState().name === 'Lunch'")
    assert await desk.run("agent.getNextState()") is None


async def test_agent_states(world: World, desk: StreamsDesktop):
    await world.phone("agent1")
    await desk.at_work(state="Break")
    assert await desk.run("agent.getState().type") == "not_routable"
    assert await desk.run("agent.getAgentStates().map(s => s.name)") == ["Available", "Break", "Lunch", "Training", "Offline"]
    for state in ("Lunch", "Available", "Offline"):
        await desk.go(state)
    refused = await desk.run("failure(agent, 'setState', {name: 'Fishing', type: 'not_routable', agentStateARN: null})")
    assert refused["type"] == "InvalidStateException"
    assert await desk.run("agent.getConfiguration().username") == "agent1"
    assert await desk.run("agent.isSoftphoneEnabled()") is False


async def test_an_outgoing_call(world: World, desk: StreamsDesktop):
    phone = await world.phone("agent1")
    await desk.at_work()
    assert await desk.run(f"call({{connect: (callbacks) => agent.connect(connect.Endpoint.byPhoneNumber('{DIAL_PAD}'), callbacks)}}, 'connect')") == {}
    leg = await phone.incoming()
    await leg.answered()
    await desk.told("legs agent connecting, *outbound connecting")
    assert await desk.run("agent.getState().name") == "CallingCustomer"
    target = await world.carrier.incoming()
    await target.answer()
    await desk.told("contact connected")
    await talk(leg, target)
    assert await desk.run("contact().isInbound()") is False
    await leave(desk)
    await target.ended(by="them")


async def test_a_reload_finds_the_call_and_the_third_party(world: World, desk: StreamsDesktop):
    customer, _, _ = await talking(world, desk)
    before = await desk.run("({id: contact().getContactId(), legs: contact().getConnections().map(c => c.getConnectionId())})")
    await desk.reload()
    await desk.told("contact connected")
    assert await desk.run("({id: contact().getContactId(), legs: contact().getConnections().map(c => c.getConnectionId())})") == before
    await add(desk, "Sasi_Chime")
    target = await world.carrier.incoming()
    await target.ring()
    await desk.told("legs agent connected, *inbound hold, outbound connecting")
    third = await desk.run("contact().getSingleActiveThirdPartyConnection().getConnectionId()")
    await desk.reload()
    await desk.until("contact().getSingleActiveThirdPartyConnection() !== null")
    assert await desk.run("contact().getSingleActiveThirdPartyConnection().getConnectionId()") == third
    await leave(desk)
    await target.answer()
    await talk(customer, target)
    # After-call work outlives a reload, too.
    await desk.reload()
    await desk.until("contact().getStatus().type === 'ended'")
    assert await desk.run("agent.getState().name") == "AfterCallWork"


async def test_attributes(world: World, desk: StreamsDesktop):
    await talking(world, desk)
    attributes = await desk.run("contact().getAttributes()")
    assert attributes["DNIS"] == {"name": "DNIS", "value": INBOUND}
    assert await desk.run("customer().getEndpoint().phoneNumber") == attributes["ANI"]["value"]
    assert await desk.run("contact().getQueue().name") == "CallSummary-HVOC-Queue"


async def test_baton_is_away_for_a_while(world: World, desk: StreamsDesktop):
    """After a restart he is still signed in, and in his call."""
    customer, leg, _ = await talking(world, desk)
    await world.kill()
    await world.start_again()
    await desk.until("contact().getStatus().type === 'connected'")
    assert await desk.run("call(customer(), 'hold')") == {}
    assert await desk.run("call(customer(), 'resume')") == {}
    await talk(customer, leg)


async def test_who_opens_the_desktop_is_offline_whatever_he_was_when_he_ended_work(world: World, desk: StreamsDesktop):
    """Agent / Login brings back the state from before the logout, with a phone that is ready: the page takes him offline."""
    await world.phone("agent1")
    other = await world.desktop("agent1")
    await other.publish("Agent", "Logout")
    await other.expect("Agent/LogoutSuccess")
    await desk.open(ccpLoadTimeout=1500)
    assert await desk.sign_in("agent1") == "closed"
    await desk.until("agent !== undefined")
    assert await desk.run("agent.getState().name") == "Offline"
    await other.agent_state("Offline")
    assert [line for line in await desk.story() if "Available" in line] == []


async def test_the_frames_own_button_opens_the_pop_up(world: World, desk: StreamsDesktop):
    """For desktops that open none (loginPopup: false)."""
    await desk.open(loginPopup=False, ccpLoadTimeout=30000)
    await desk.click_in_frame("Sign in")
    assert "wrong" in await desk.sign_in("agent1", "a guess")
    assert await desk.sign_in("agent1") == "closed"
    await desk.until("agent.getState().name === 'Offline'")
    await desk.until("story.includes('initialized')")
    assert "Agent One" in await desk.text_in_frame()
    await desk.click_in_frame("Sign out")
    await desk.told("auth fail")


async def test_a_ticket_whose_session_was_lost_is_replaced(world: World, desk: StreamsDesktop):
    """As where the library replaces the frame between the request and its answer."""
    await desk.open(loginPopup=False, ccpLoadTimeout=30000)
    await desk.lose_first_session()
    await desk.reload(loginPopup=False, ccpLoadTimeout=30000)
    await desk.click_in_frame("Sign in")
    assert await desk.sign_in("agent1") == "closed"
    await desk.until("agent.getState().name === 'Offline'")
    first, *again, last = await desk.tickets()
    assert set(again) <= {first} and last != first


async def test_the_page_says_who_may_embed_it(world: World, site: Site):
    rest = await world.rest()
    page = await rest.get("/ccp-v2/")
    assert page.status == 200 and b"<!doctype html>" in page.body
    assert f"frame-ancestors {site.origin};" in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers
    moved = await rest.get("/ccp-v2")
    assert moved.status == 308 and moved.headers["location"] == "/ccp-v2/"
    assert (await rest.get("/ccp-v2/v1/embedders")).json() == {"origins": [site.origin]}


async def test_without_an_embedder_there_is_no_page(world: World):
    for path in ("/ccp-v2/", "/ccp-v2", "/ccp-v2/v1/embedders"):
        answer = await (await world.rest()).get(path)
        assert answer.status == 404 and "http.frame_origins" in answer.json()["msg"], path


async def test_a_strangers_page_is_shown_nothing(world: World, site: Site, browser: Browser):
    strange = Site(PORTS.take())
    try:
        desk = await StreamsDesktop(world, browser, strange).open(loginPopup=False, ccpLoadTimeout=1000)
        await desk.told("ack timeout")
        assert await desk.story() == ["ack timeout"]
        assert [text for _, text in desk.page.console if "frame-ancestors" in text], desk.page.console
    finally:
        strange.close()
