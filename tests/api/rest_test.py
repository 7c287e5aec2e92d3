"""The REST reads, after real transfers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from harness.marks import with_directory
from harness.rest import Rest
from harness.samples import DIAL_PAD, arn, quick_connect, second_queue
from harness.schema import check
from harness.world import INBOUND, World

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def test_a_transfer_and_its_timeline(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, id="r-1")
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    told = await talking.desktop.transfer("connected")
    rest = await world.rest("agent1")
    one = (await rest.get(f"/v1/transfers/{told['transferId']}")).json()
    check("rest-transfer.json", one)
    assert one["state"] == "connected" and one["custody"] == "destination" and one["agent"] == "agent1"
    assert TIME.fullmatch(one["at"])
    steps = (await rest.get(f"/v1/transfers/{told['transferId']}/timeline")).json()
    check("rest-transfer-timeline.json", steps)
    timeline = steps["items"]
    states = [step["state"] for step in timeline]
    assert states[0] == "accepted" and states[-1] == "connected" and "alerting" in states
    assert [step["at"] for step in timeline] == sorted(step["at"] for step in timeline)
    contact = (await rest.get(f"/v1/contacts/{talking.contact_id}")).json()
    check("rest-contact.json", contact)
    assert contact["contactId"] == talking.contact_id and told["transferId"] in str(contact["transfers"])
    assert len(contact["legs"]) == 3, "customer, agent, destination"
    await talking.customer.hangup()


async def test_lists_and_their_filters(world: World):
    boss = await world.rest("supervisor1", "supervisor")
    empty = (await boss.get("/v1/transfers")).json()
    assert empty == {"items": [], "nextCursor": None}
    at_work = await world.agent("agent1")
    ids = []
    for _ in range(3):
        talking = await world.talking("agent1", at_work=at_work, heard=False)
        await talking.desktop.blind_transfer(DIAL_PAD)
        target = await world.carrier.incoming()
        await target.answer()
        ids.append((await talking.desktop.transfer("connected"))["transferId"])
        await talking.customer.hangup()
        await talking.desktop.transfer("completed")
        await talking.desktop.publish("InboundCall", "ClearContact")
        await talking.desktop.call_event("Dropped", "agent")
        await target.ended(by="them")
    listed = (await boss.get("/v1/transfers?agent=agent1")).json()
    check("rest-transfer-list.json", listed)
    found = listed["items"]
    assert {t["transferId"] for t in found} == set(ids)
    assert (await boss.get("/v1/transfers?agent=agent2")).json()["items"] == []
    assert len((await boss.get("/v1/transfers?state=completed")).json()["items"]) in (0, 3)
    other = await world.rest("agent2")
    assert (await other.get("/v1/transfers")).json()["items"] == [], "an agent sees his own only"
    assert (await other.get(f"/v1/transfers/{ids[0]}")).status in (403, 404)
    csv = await boss.request("GET", "/v1/transfers", headers={"Accept": "text/csv"})
    assert csv.headers["content-type"].startswith("text/csv")
    assert len(csv.body.decode().strip().splitlines()) == 4


async def test_what_an_agent_may_use_and_who_is_there(world: World):
    await world.agent("agent2")
    rest = await world.rest("agent1")
    listed = (await rest.get("/v1/quick-connects")).json()
    check("rest-quick-connect-list.json", listed)
    items = listed["items"]
    assert {i["name"] for i in items} >= {"CallSummary-HVOC-Queue", "Sasi_Chime", "Agent Two"}
    found = (await rest.get("/v1/quick-connects?q=sasi&type=phone_number")).json()["items"]
    assert [i["name"] for i in found] == ["Sasi_Chime"]
    assert found[0]["endpointARN"] == quick_connect("Sasi_Chime")["endpointARN"]
    boss = await world.rest("supervisor1", "supervisor")
    listed = (await boss.get("/v1/agents")).json()
    check("rest-agent-list.json", listed)
    agents = {a["login"]: a for a in listed["items"]}
    assert agents["agent2"]["state"] == "Available"
    call = await (await world.customer()).call(INBOUND, wait=True)
    other = await (await world.customer()).call(INBOUND, wait=True)
    listed = (await boss.get("/v1/queues")).json()
    check("rest-queue-list.json", listed)
    queue = listed["items"][0]
    assert queue["name"] == "CallSummary-HVOC-Queue" and queue["waiting"] >= 1
    await call.hangup()
    await other.hangup()


def no_queues(directory):
    directory["agents"][0]["allowedDestinations"] = {"queue": False}


@with_directory(no_queues)
async def test_an_agent_is_not_offered_what_he_may_not_transfer_to(world: World):
    for caller, query in (("agent1", ""), ("boss", "?agent=agent1")):
        rest = await world.rest(caller, *(() if caller == "agent1" else ("supervisor",)))
        listed = (await rest.get(f"/v1/quick-connects{query}")).json()["items"]
        assert {item["type"] for item in listed} == {"phone_number", "agent"}, caller
    other = await world.rest("agent2")
    assert "queue" in {item["type"] for item in (await other.get("/v1/quick-connects")).json()["items"]}


@with_directory(second_queue(maxWaiting=1))
async def test_a_full_queue_cannot_take_a_call(world: World):
    await world.desktop("agent2", "Break")
    rest = await world.rest("agent1")

    async def billing() -> dict[str, Any]:
        listed = (await rest.get("/v1/quick-connects?q=billing")).json()
        check("rest-quick-connect-list.json", listed)
        return listed["items"][0]

    assert (await billing())["available"] is True
    await (await world.customer()).call("+18005550102", wait=True)
    full = await world.until(billing, lambda item: item["waiting"] == 1, "one who waits")
    assert (full["available"], full["unavailableReason"]) == (False, "queueFull")


FORMULAS = {arn("transfer-destination", 3): "+1+A1", arn("transfer-destination", 4): "=1+A1"}


def formulas(directory):
    directory["quickConnects"] += [{"arn": known, "name": name, "type": "phone_number", "phoneNumber": DIAL_PAD}
                                   for known, name in FORMULAS.items()]


@with_directory(formulas)
async def test_a_csv_has_no_formula(world: World):
    talking = await world.talking("agent1", heard=False)
    connects = [{**quick_connect("Sasi_Chime"), "endpointARN": known, "endpointId": known, "name": name, "phoneNumber": DIAL_PAD}
                for known, name in FORMULAS.items()]
    for destination in (DIAL_PAD, *connects):
        await talking.desktop.blind_transfer(destination)
        await (await world.carrier.incoming()).reject(486)
        await talking.desktop.transfer("failed")
    boss = await world.rest("supervisor1", "supervisor")
    header, *rows = (await boss.get("/v1/transfers?format=csv")).body.decode().splitlines()
    column = header.split(",").index("destination")
    assert sorted(row.split(",")[column] for row in rows) == sorted([DIAL_PAD, "'+1+A1", "'=1+A1"])


async def test_health_and_metrics(world: World):
    health = Rest(world.metrics_address)
    assert (await health.get("/healthz")).status == 200
    assert (await health.get("/readyz")).status == 200
    figures = await world.metrics()
    assert figures["baton_legs_open"] == 0
    assert (await health.get("/v1/transfers")).status == 404, "nothing else on this listener"
    outside = await world.rest()
    assert (await outside.get("/metrics")).status == 404


async def preflight(rest: Rest, destination, **more) -> dict:
    answer = await rest.post("/v1/transfers/preflight", {"destination": destination, **more})
    assert answer.status == 200, answer.body
    verdict = answer.json()
    check("rest-preflight.json", verdict)
    return verdict


async def test_a_preflight_gives_the_verdict_and_dials_nothing(world: World):
    await world.agent("agent1")
    rest = await world.rest("agent1")
    good = await preflight(rest, DIAL_PAD)
    assert good["allowed"] is True and good["error"] is None
    assert good["number"] == {"phoneNumber": DIAL_PAD, "possible": True, "country": "US", "class": "fixed_line_or_mobile"}
    assert good["destination"]["type"] == "dial_pad" and good["destination"]["phoneNumber"] == DIAL_PAD
    named = await preflight(rest, quick_connect("Sasi_Chime"))
    assert named["allowed"] is True and named["destination"]["name"] == "Sasi_Chime" and named["number"]["country"] == "US"
    for destination, reason in (("+19005550100", "premiumRateBlocked"), ("+442079460000", "countryNotAllowed"),
                                ("+1208209734", "numberNotPossible"), ("+1208CALLME", "invalidDestination"),
                                (quick_connect("Agent Two"), "agentUnavailable"),
                                (quick_connect("Sasi_Chime", phoneNumber="+19005550100"), "invalidDestination")):
        verdict = await preflight(rest, destination)
        assert verdict["allowed"] is False and verdict["error"]["reason"] == reason, destination
        assert verdict["error"]["errorType"] == "BLIND_TRANSFER_FAILED"
    late = await preflight(rest, quick_connect("CallSummary-HVOC-Queue"), options={"releaseOn": "answered"})
    assert late["error"]["reason"] == "optionNotSupported"
    await world.agent("agent2")
    assert (await preflight(rest, quick_connect("Agent Two")))["allowed"] is True
    assert not world.carrier.received("INVITE")


async def test_who_may_ask_for_a_preflight(world: World):
    boss = await world.rest("supervisor1", "supervisor")
    assert (await preflight(boss, DIAL_PAD, agent="agent1"))["allowed"] is True
    assert (await boss.post("/v1/transfers/preflight", {"destination": DIAL_PAD, "agent": "nobody"})).status == 404
    agent = await world.rest("agent1")
    assert (await agent.post("/v1/transfers/preflight", {"destination": DIAL_PAD, "agent": "agent2"})).status == 403
    assert (await preflight(agent, DIAL_PAD, agent="agent1"))["allowed"] is True
    service = await world.rest("crm", "service")
    assert (await service.post("/v1/transfers/preflight", {"destination": DIAL_PAD})).status == 400
    for bad in ({}, [], {"destinations": DIAL_PAD}, {"destination": DIAL_PAD, "agent": 1}):
        refused = await agent.post("/v1/transfers/preflight", bad)
        assert refused.status == 400, bad
        check("rest-error.json", refused.json())
    assert (await agent.get("/v1/transfers/preflight")).status == 405


@pytest.mark.config({"dialing.max_per_agent_per_day": 1})
async def test_a_preflight_tells_a_limit_and_is_not_counted(world: World):
    talking = await world.talking("agent1")
    rest = await world.rest("agent1")
    for _ in range(3):
        assert (await preflight(rest, DIAL_PAD))["allowed"] is True
    for _ in range(2):  # The clock's day may turn once that one is counted.
        await talking.desktop.blind_transfer(DIAL_PAD)
        target = await world.carrier.incoming()
        await target.reject(486)
        await talking.desktop.transfer("failed")
        limited = await preflight(rest, DIAL_PAD)
        if not limited["allowed"]:
            break
    assert limited["error"]["reason"] == "rateLimited" and 1 <= limited["error"]["retryAfterSeconds"] <= 86400
    await talking.customer.hangup()
