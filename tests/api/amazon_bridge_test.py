"""Calls at Amazon Connect: the real server, and a bridge that is no browser (tests/browser has the real one).

What is behind the bridge is a stand-in of the service: harness/amazon_world.py says what it does.
"""

from __future__ import annotations

import pytest

from harness.amazon_world import AgentSession, AmazonWorld, Refused
from harness.samples import quick_connect
from harness.schema import check

NUMBER = "+12082097345"
CARD = "4111111111111111#"


async def at_work(amazon: AmazonWorld):
    """agent1 talks with a customer at Amazon Connect; his desktop follows."""
    session = AgentSession()
    bridge = await amazon.bridge("agent1", session)
    desktop = await amazon.desktop("agent1", state=None)
    contact = await session.talk()
    await desktop.call_event("connected", "inbound")
    return session, bridge, desktop, contact


async def test_a_number_is_handed_over(amazon: AmazonWorld):
    session, bridge, desktop, contact = await at_work(amazon)
    await desktop.blind_transfer(NUMBER, id="t-1")
    accepted = await desktop.transfer("accepted")
    assert accepted["contactId"] == contact and accepted["options"]["releaseOn"] == "answered"
    await desktop.transfer("dialing")
    await session.third_party_is(contact, "connected")
    done = await desktop.transfer("handedOver")
    assert done["custody"] == "back end"
    assert done["backend"]["text"] == "contact connected; customer hold; agent connected; third party connected"
    await desktop.agent_state("AfterCallWork")
    assert [name for name, _ in session.asked] == ["createAdditionalConnection", "destroyConnection"]
    assert session.asked[0][1]["endpoint"] == {
        "endpointARN": None, "endpointId": None, "type": "phone_number", "name": None, "phoneNumber": NUMBER, "agentLogin": None,
        "queue": None}
    await desktop.publish("InboundCall", "ClearContact")
    await desktop.agent_state("Available")


@pytest.mark.parametrize("name, kind", [("CallSummary-HVOC-Queue", "queue"), ("Sasi_Chime", "phone_number")])
async def test_a_quick_connect_is_handed_over(amazon: AmazonWorld, name: str, kind: str):
    session, bridge, desktop, contact = await at_work(amazon)
    data = quick_connect(name)
    await desktop.blind_transfer(data)
    await desktop.transfer("dialing")
    await session.third_party_is(contact, "connected")
    await desktop.transfer("handedOver")
    endpoint = session.asked[0][1]["endpoint"]
    assert (endpoint["type"], endpoint["endpointARN"]) == (kind, data["endpointARN"])
    assert endpoint["queue"] is None, "a string there never leaves the browser"


async def test_what_the_session_does_not_list_is_refused_before_anything_is_touched(amazon: AmazonWorld):
    session = AgentSession()
    every = session.quick_connects
    session.quick_connects = [one for one in every if one["name"] != "Sasi_Chime"]
    bridge = await amazon.bridge("agent1", session)
    desktop = await amazon.desktop("agent1", state=None)
    await amazon.until(amazon.metrics, lambda found: found["baton_amazon_endpoint_lists_total"] == 1, "the list")
    contact = await session.talk()
    await desktop.call_event("connected", "inbound")
    before, session.quick_connects = bridge.listed, every  # Somebody attaches it to his queue.
    await desktop.blind_transfer(quick_connect("Sasi_Chime"))
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "destinationNotPermitted" and "does not list the quick connect 'Sasi_Chime'" in error["msg"]
    assert session.asked == []
    # The refusal made Baton ask for the list; on the bridge's socket the hold comes after it.
    await desktop.until(lambda: bridge.listed != before, "the list anew")
    session.contact(contact)["connections"][0]["state"] = "hold"
    await session.changed()
    await desktop.call_event("hold", "inbound")
    await desktop.blind_transfer(quick_connect("Sasi_Chime"))
    await desktop.transfer("dialing")


async def test_whether_a_queue_or_an_agent_can_take_a_call_is_amazon_connects_to_know(amazon: AmazonWorld):
    """Nobody of the directory is at work here: that says nothing of who works there."""
    session, bridge, desktop, contact = await at_work(amazon)
    listed = (await (await amazon.rest("agent1")).get("/v1/quick-connects")).json()
    check("rest-quick-connect-list.json", listed)
    found = {item["name"]: item for item in listed["items"]}
    for name in ("CallSummary-HVOC-Queue", "Agent Two", "Sasi_Chime"):
        assert (found[name]["available"], found[name]["unavailableReason"]) == (True, None), name
    assert not {"waiting", "agentsAvailable", "estimatedWaitSeconds"} & set(found["CallSummary-HVOC-Queue"]), "figures of Baton's own"
    assert found["Agent Two"]["agentState"] is None, "he has no bridge"
    assert found["Agent One"]["agentState"] == "Busy"


async def test_without_a_list_amazon_connect_decides(amazon: AmazonWorld):
    session = AgentSession()
    await amazon.bridge("agent1", session, lists=False)
    desktop = await amazon.desktop("agent1", state=None)
    await session.talk()
    await desktop.call_event("connected", "inbound")
    await desktop.blind_transfer(quick_connect("Sasi_Chime"))
    await desktop.transfer("dialing")


async def test_a_list_outlives_a_restart_and_is_not_sent_again(amazon: AmazonWorld):
    session = AgentSession()
    session.quick_connects = []
    bridge = await amazon.bridge("agent1", session)
    desktop = await amazon.desktop("agent1", state=None)
    await amazon.until(amazon.metrics, lambda found: found["baton_amazon_endpoint_lists_total"] == 1, "the list")
    await session.talk()
    await desktop.call_event("connected", "inbound")
    await amazon.kill()
    await bridge.stop()
    await amazon.start_again()
    again = await amazon.bridge("agent1", session, lists=False)
    await desktop.until(lambda: again.listed == bridge.listed, "the lease, with the digest of the list that Baton has")
    await again.report()
    await amazon.until(amazon.metrics, lambda found: found["baton_amazon_snapshots_total"] >= 1, "a snapshot")
    await desktop.blind_transfer(quick_connect("Sasi_Chime"))
    assert (await desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "destinationNotPermitted"


async def test_a_refusal_gives_the_customer_back(amazon: AmazonWorld):
    session, bridge, desktop, contact = await at_work(amazon)

    async def refuse(params: dict) -> None:
        session.contact(contact)["connections"][0]["state"] = "hold"
        await session.changed()
        raise Refused("BadEndpointException", "The endpoint is not valid.")

    session.instead["createAdditionalConnection"] = refuse
    await desktop.blind_transfer(NUMBER)
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "invalidDestination" and error["customerLocation"] == "agent"
    assert error["msg"] == "The endpoint is not valid."
    assert error["backend"] == {"name": "amazon-connect", "code": 400, "text": "The endpoint is not valid.",
                                "error": "BadEndpointException"}
    assert await amazon.asks(session, "resumeConnection") == ["createAdditionalConnection", "resumeConnection"]


@pytest.mark.config({"amazon": {"add_timeout_seconds": 1}})
async def test_silence_is_told_as_such_and_settled(amazon: AmazonWorld):
    session, bridge, desktop, contact = await at_work(amazon)
    bridge.deaf = True
    await desktop.blind_transfer(NUMBER)
    unknown = await desktop.transfer("outcomeUnknown")
    assert unknown["custody"] == "agent"
    await bridge.report()
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "timeout" and error["customerLocation"] == "agent"


async def test_two_tabs_of_one_agent_are_one(amazon: AmazonWorld):
    session, bridge, desktop, contact = await at_work(amazon)
    second = await amazon.bridge("agent1", session, "tab-2")
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("dialing")
    assert second.commands == []
    await bridge.stop()
    await session.third_party_is(contact, "connected")
    await desktop.until(lambda: second.epoch, "the second tab's lease")
    await second.report()
    await desktop.transfer("handedOver")
    assert session.count("createAdditionalConnection") == 1


async def test_a_restart_in_between_repeats_nothing(amazon: AmazonWorld):
    session, bridge, desktop, contact = await at_work(amazon)
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("dialing")
    await amazon.kill()
    await bridge.stop()
    await amazon.start_again()
    await session.third_party_is(contact, "connected")
    await amazon.bridge("agent1", session)
    await desktop.transfer("handedOver")
    assert [name for name, _ in session.asked] == ["createAdditionalConnection", "destroyConnection"]


async def test_only_the_agent_himself_is_a_bridge_of_his(amazon: AmazonWorld):
    supervisor = await amazon.desktop("boss", state=None, role="supervisor")
    await supervisor.publish("Bridge", "Hello", {"tab": "t"}, agent="agent1")
    refused = await supervisor.error("NOT_PERMITTED")
    assert refused["reason"] == "callNotOwned"
    agent = await amazon.desktop("agent1", state=None)
    await agent.publish("Bridge", "Snapshot", {"epoch": 1, "agent": {"state": "Available"}})
    assert "Hello" in (await agent.error("NOT_PERMITTED"))["msg"]
    await agent.publish("Bridge", "Hello", {})
    assert "data.tab" in (await agent.error("NOT_PERMITTED"))["msg"]


@pytest.mark.config({"amazon": {"max_tabs": 2}})
async def test_an_agent_has_so_many_tabs_and_no_more(amazon: AmazonWorld):
    session = AgentSession()
    for tab in ("one", "two"):
        await amazon.bridge("agent1", session, tab)
    third = await amazon.bridge("agent1", session, "three")
    assert "amazon.max_tabs" in (await third.desktop.error("NOT_PERMITTED"))["msg"]


@pytest.mark.config({"amazon": {"max_tabs": 1}})
async def test_a_tab_that_comes_back_is_not_kept_out_by_the_connection_that_it_had(amazon: AmazonWorld):
    session = AgentSession()
    desktop = await amazon.desktop("agent1", state=None)
    before = await amazon.bridge("agent1", session)
    await amazon.bridge("agent1", session)
    await before.stop()
    await session.offer()
    await desktop.offered()


async def test_the_phone_buttons(amazon: AmazonWorld):
    session = AgentSession()
    await amazon.bridge("agent1", session)
    desktop = await amazon.desktop("agent1", state=None)
    await session.offer()
    await desktop.offered()
    await desktop.publish("InboundCall", "Answer", id="a-1")
    assert (await desktop.expect("InboundCall/InboundCallStateChange", lambda m: m["call"]["event"] == "connected"))["id"] == "a-1"
    await desktop.call_event("connected", "inbound")
    await desktop.publish("InboundCall", "Hold")
    await desktop.call_event("hold", "inbound")
    await desktop.publish("InboundCall", "Resume")
    await desktop.call_event("connected", "inbound")
    await desktop.publish("InboundCall", "SendDTMF", CARD)
    await amazon.asks(session, "sendDigits")  # No event tells that they were sent.
    assert session.asked[-1][1]["digits"] == CARD
    await desktop.publish("InboundCall", "Disconnect")
    await desktop.call_event("ACW", "agent")
    await desktop.publish("InboundCall", "ClearContact")
    await desktop.agent_state("Available")
    await desktop.go("Break")
    assert session.state["name"] == "Break"
    amazon.expect_exit = None
    assert await amazon.server.stop() == 0
    for file in [*amazon.folder.glob("baton.db*"), amazon.folder / "baton.log"]:
        assert CARD.encode() not in file.read_bytes(), f"digits may be a card's number: {file.name}"


async def test_nothing_of_sip_is_opened(amazon: AmazonWorld):
    assert amazon.server.sip == {}
    figures = await amazon.metrics()
    assert not [name for name in figures if name.startswith("baton_sip_")]
    assert figures["baton_amazon_bridges"] == 0
    await amazon.bridge("agent1", AgentSession())
    await amazon.until(amazon.metrics, lambda found: found["baton_amazon_bridges"] == 1, "a bridge")
    desktop = await amazon.desktop("agent1", state=None)
    await desktop.publish("App", "StateSync")
    told = (await desktop.expect("App/StateSync"))["message"]["capabilities"]
    assert told["backend"] == "amazon-connect"
    assert not told["tracksAfterRelease"] and not told["takeBackAfterRelease"] and not told["fallbackAfterRelease"]
    assert told["releaseOn"]["dial_pad"] == {"values": ["accepted", "answered"], "default": "answered"}


async def test_a_server_with_phones_knows_no_bridges(world):
    desktop = await world.desktop("agent1", state=None)
    await desktop.publish("Bridge", "Hello", {"tab": "t"})
    assert "telephony.backend" in (await desktop.error("NOT_PERMITTED"))["msg"]
