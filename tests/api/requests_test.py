"""The requests and events of the API, against the schemas (the harness checks every message it receives)."""

from __future__ import annotations

import json

from harness.samples import DIAL_PAD, MESSAGES, sample
from harness.schema import check, events
from harness.world import World


async def test_the_state_syncs(world: World):
    desktop = await world.desktop("agent1", state=None, query="?epoch=unknown&after=0")
    app = await desktop.expect("App/StateSync")
    assert app["message"]["initState"] == "Loaded"
    capabilities = app["message"]["capabilities"]
    assert capabilities["backend"] == "sip" and capabilities["seesAnswer"] is True
    agent = await desktop.expect("Agent/StateSync")
    assert agent["message"]["loginState"] == "LoggedOut" and agent["message"]["agentInfo"] is None
    call = await desktop.expect("InboundCall/StateSync")
    assert call["message"]["calls"] == []
    assert agent["sequence"] == call["sequence"] == app["sequence"]
    for topic in ("App", "Agent", "InboundCall"):
        await desktop.publish(topic, "StateSync", id=f"again-{topic}")
        again = await desktop.until(lambda t=topic: next((e for e in desktop.events if e.get("id") == f"again-{t}"), None),
                                    "the reply")
        assert again["topic"] == topic and "sequence" not in again


async def test_an_agents_day(world: World):
    await world.phone("agent1")
    desktop = await world.desktop("agent1", state=None)
    await desktop.publish("Agent", "GetStates")
    states = (await desktop.expect("Agent/GetStates"))["message"]
    assert {"label": "Available", "code": "Available", "type": "routable"} in json.loads(
        json.dumps(states if isinstance(states, list) else states["states"]))
    await desktop.publish("Agent", "Login", id="login-1")
    login = await desktop.expect("Agent/LoginSuccess")
    assert login["id"] == "login-1" and login["message"]["loginState"] == "LoggedIn"
    assert login["message"]["agentInfo"]["loginName"] == "agent1"
    await desktop.go("Available")
    state = desktop.seen("Agent/SetAgentState")[-1]["message"]
    assert state["event"] == "Available" and state["source"] == "event" and state["data"]["state"] == "Ready"
    await desktop.publish("Agent", "SetNotReady", {"ReasonCodeId": "Break"})
    await desktop.expect("Agent/SetAgentState", lambda m: m["data"]["type"] == "not_routable")
    await desktop.publish("Agent", "Logout")
    logout = await desktop.expect("Agent/LogoutSuccess")
    assert logout["message"]["loginState"] == "LoggedOut"
    await desktop.publish("Agent", "Login")
    again = await desktop.expect("Agent/LoginSuccess")
    assert again["message"]["loginState"] == "LoggedIn"


async def test_a_second_tab_logs_in_too(world: World):
    await world.phone("agent1")
    one = await world.desktop("agent1")
    two = await world.desktop("agent1", state=None)
    await two.publish("Agent", "Login")
    await two.expect("Agent/LoginSuccess")
    await one.go("Break")
    await two.agent_state("Break")


async def test_names_are_matched_without_regard_to_case(world: World):
    desktop = await world.desktop("agent1", state=None)
    await desktop.send_text('{"CHANNEL":"amazon","Topic":"AGENT","SubTopic":"statesync","Source":"ui","Id":"folded"}')
    reply = await desktop.until(lambda: next((e for e in desktop.events if e.get("id") == "folded"), None), "the reply")
    assert (reply["channel"], reply["topic"], reply["subtopic"]) == ("Amazon", "Agent", "StateSync")


async def test_subject_stands_in_for_source_and_extra_keys_are_ignored(world: World):
    desktop = await world.desktop("agent1", state=None)
    await desktop.send_text('{"channel":"Amazon","topic":"App","subtopic":"StateSync","subject":"x","colour":"red",'
                            '"id":"s"}')
    await desktop.until(lambda: [e for e in desktop.events if e.get("id") == "s"], "the reply")


async def test_every_published_request_is_recognised(world: World):
    """Accepted, or refused for the state of the call by its own error; never INVALID_MESSAGE."""
    rest = await world.rest("agent1")
    names = sorted(p.stem for p in MESSAGES.glob("*.json"))
    assert len(names) >= 15
    for name in names:
        answer = await rest.post("/v1/messages", sample(name))
        body = answer.json()
        not_signed_in = "is not logged in" in body.get("data", {}).get("msg", "")
        assert answer.status in (200, 202, 409, 422) or not_signed_in, f"{name}: {answer.status} {body}"
        assert body.get("data", {}).get("errorType") != "INVALID_MESSAGE", name
        if answer.status >= 400:
            check(events()["Error/ApiError"], body)


async def test_http_tells_what_became_of_a_message(world: World):
    talking = await world.talking("agent1")
    rest = await world.rest("agent1")
    read = await rest.message("InboundCall", "StateSync", id="r1")
    assert read.status == 200 and read.json()["message"]["calls"] and read.json()["id"] == "r1"
    changed = await rest.message("InboundCall", "BlindTransfer", DIAL_PAD, id="t1")
    body = changed.json()
    assert changed.status == 202 and body["id"] == "t1" and body["accepted"] is True
    accepted = await talking.desktop.transfer("accepted")
    assert body["transferId"] == accepted["transferId"] and body["sequence"] >= 1
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.transfer("connected")
    refused = await rest.message("InboundCall", "Hold")
    assert refused.status == 409 and refused.json()["data"]["errorType"] == "HOLD_CALL_FAILED"
    await talking.customer.hangup()


async def test_an_event_is_answered_with_the_id_of_what_caused_it(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, id="my-request")
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.transfer("connected")
    for event in talking.desktop.seen("InboundCall/TransferStateChange"):
        assert event["id"] == "my-request"
    await talking.customer.hangup()


async def test_a_service_acts_for_an_agent(world: World):
    talking = await world.talking("agent1")
    service = await world.rest("service1", "service")
    nobody = await service.message("InboundCall", "Hold")
    assert nobody.status in (400, 403), "a service must say for whom"
    answer = await service.message("InboundCall", "Hold", agent="agent1")
    assert answer.status == 202, answer.body
    await talking.desktop.call_event("hold", "inbound")
    await talking.customer.hangup()


async def test_an_agent_acts_for_himself_only(world: World):
    talking = await world.talking("agent1")
    other = await world.rest("agent2")
    for topic, subtopic, error_type in (("InboundCall", "Hold", "HOLD_CALL_FAILED"),
                                        ("InboundCall", "Transfer", "TRANSFER_CALL_FAILED"),
                                        ("OutboundCall", "Transfer", "SKIP_CTRANSFER_CALL_FAILED")):
        answer = await other.message(topic, subtopic, agent="agent1")
        assert answer.status == 403 and answer.json()["data"]["errorType"] == error_type, answer.body
    await talking.customer.hangup()


async def test_a_supervisor_follows_whom_he_names(world: World):
    boss = await world.desktop("supervisor1", state=None, query="?agents=agent1,agent2", role="supervisor")
    talking = await world.talking("agent1")
    await boss.expect("InboundCall/InboundCallStateChange",
                      lambda m: m["call"]["ResponseActual"]["contactId"] == talking.contact_id)
    assert {e["agent"] for e in boss.events if e.get("agent")} <= {"agent1", "agent2", "supervisor1"}
    await talking.customer.hangup()


async def test_a_supervisor_follows_all_and_a_service_whom_it_names(world: World):
    boss = await world.desktop("supervisor1", state=None, query="?agents=*", role="supervisor")
    service = await world.desktop("service1", state=None, query="?agents=agent2", role="service")
    talking = await world.talking("agent1")
    await boss.expect("InboundCall/InboundCallStateChange",
                      lambda m: m["call"]["ResponseActual"]["contactId"] == talking.contact_id)
    other = await world.talking("agent2")
    for follower in (boss, service):
        await follower.expect("InboundCall/InboundCallStateChange",
                              lambda m: m["call"]["ResponseActual"]["contactId"] == other.contact_id)
    assert {e["agent"] for e in service.events if "sequence" in e} == {"agent2"}
    assert {e["agent"] for e in boss.events if "sequence" in e} == {"agent1", "agent2"}
    await talking.customer.hangup()
    await other.customer.hangup()
