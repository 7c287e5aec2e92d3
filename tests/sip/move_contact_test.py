"""A supervisor moves a customer who waits in one queue to another one."""

from __future__ import annotations

import json

import pytest

from harness.marks import with_directory
from harness.rest import Answer, Rest
from harness.samples import BILLING, arn, queue_arn, quick_connect, second_queue
from harness.schema import check
from harness.server import run
from harness.world import INBOUND, World
from peer import QUEUE, Call, talk

BILLING_ARN = arn("queue", 2)
FIRST = "CallSummary-HVOC-Queue"  # Served by agent1; Billing by agent2.


async def move(boss: Rest, contact: str, destination: dict = BILLING, **envelope) -> Answer:
    return await boss.message("InboundCall", "MoveContact", {"contactId": contact, "destination": destination}, **envelope)


async def waiting(world: World) -> tuple[Call, str]:
    """A customer who waits in the first queue, whose only agent has rejected him; and his contactId."""
    desktop, _ = await world.agent("agent1")
    call = await (await world.customer()).call(INBOUND, wait=True)
    offer = await desktop.offered()
    await desktop.publish("InboundCall", "Reject")
    await desktop.call_event("Rejected", "agent")
    return call, offer["ResponseActual"]["contactId"]


async def queues(boss: Rest) -> dict[str, int]:
    return {one["name"]: one["waiting"] for one in (await boss.get("/v1/queues")).json()["items"]}


@with_directory(second_queue())
async def test_an_agent_of_the_other_queue_gets_the_offer_and_talks_to_him(world: World):
    call, contact = await waiting(world)
    boss = await world.rest("supervisor1", "supervisor")
    receiver, phone = await world.agent("agent2")
    assert await queues(boss) == {FIRST: 1, "Billing": 0}
    listed = (await boss.get("/v1/queues/waiting")).json()
    check("rest-waiting-list.json", listed)
    (found,) = listed["items"]
    assert (found["contactId"], found["queueName"], found["position"], found["offeredTo"]) == (contact, FIRST, 1, None)
    answer = await move(boss, contact, id="move-1")
    assert answer.status == 202, answer.body
    assert answer.json() == {"id": "move-1", "accepted": True, "sequence": answer.json()["sequence"]}
    offer = await receiver.offered()
    assert offer["ResponseActual"]["contactId"] == contact
    assert offer["ResponseFields"]["MediaProperties"]["queueName"] == "Billing"
    (moved,) = (await boss.get(f"/v1/queues/waiting?queue={BILLING_ARN}")).json()["items"]
    assert (moved["contactId"], moved["since"], moved["offeredTo"]) == (contact, found["since"], "agent2")
    assert (await boss.get(f"/v1/queues/waiting?queue={queue_arn()}")).json()["items"] == []
    await call.hears(QUEUE)
    again = await move(boss, contact, id="move-1")
    assert (again.status, again.json()) == (202, answer.json()), "the same id, the same first answer"
    refused = await move(boss, contact, quick_connect(FIRST))
    assert refused.status == 422 and refused.json()["data"]["reason"] == "notSupported"
    assert "being offered to 'agent2'" in refused.json()["data"]["msg"]
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talk(call, leg)
    record = (await boss.get(f"/v1/contacts/{contact}")).json()
    check("rest-contact.json", record)
    assert record["queueName"] == "Billing"
    assert [(one["from"], one["to"], one["by"]) for one in record["moves"]] == [(FIRST, "Billing", "supervisor1")]
    figures = await world.metrics()
    assert figures[f'baton_queue_left_total{{by="moved",queue="{FIRST}"}}'] == 1
    assert await queues(boss) == {FIRST: 0, "Billing": 0}
    await call.hangup()


@with_directory(second_queue())
async def test_the_command_line_moves_him_for_nobody(world: World):
    _, contact = await waiting(world)
    boss = await world.rest("supervisor1", "supervisor")

    async def send(contact: str, *who: str) -> tuple[int, str, str]:
        data = json.dumps({"contactId": contact, "destination": BILLING})
        return await run("send", *who, "--subtopic", "MoveContact", "--data", data,
                         env={"BATON_HTTP_LISTEN": "%s:%d" % world.server.http})
    by_config = ("--config", str(world.config_path))
    by_token = ("--url", "http://%s:%d" % world.server.http, "--token", await world.token("crm", "service"))
    for who in (by_config, by_token):
        code, out, err = await send("nobody-here", *who)
        assert code == 1 and json.loads(out)["data"]["errorType"] == "MOVE_CONTACT_FAILED", out + err
    for who in (by_config, by_token):  # Where he is already he is moved to, too.
        code, out, err = await send(contact, *who)
        assert code == 0, out + err
        assert await queues(boss) == {FIRST: 0, "Billing": 1}


@with_directory(second_queue())
async def test_a_transfer_goes_on_in_the_other_queue(world: World):
    talking = await world.talking("agent1")
    boss = await world.rest("boss", "supervisor")  # Whom the directory does not know.
    receiver, phone = await world.agent("agent2")
    await talking.desktop.blind_transfer(quick_connect(FIRST))
    queued = await talking.desktop.transfer("queued")
    assert queued["queueName"] == FIRST
    assert (await move(boss, talking.contact_id)).status == 202
    moved = await talking.desktop.transfer("queued")
    assert moved["queueName"] == "Billing" and moved["position"] == 1 and moved["custody"] == "queue"
    assert moved["destination"]["name"] == FIRST, "what the agent had asked for"
    await talking.desktop.transfer("alerting")
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    connected = await talking.desktop.transfer("connected")
    assert connected["connectedTo"] == "agent2"
    await talk(talking.customer, leg)
    steps = (await boss.get(f"/v1/transfers/{queued['transferId']}/timeline")).json()["items"]
    assert [step["detail"] for step in steps if step["detail"].startswith("moved")] == [f"moved from {FIRST} by boss"]
    await talking.customer.hangup()


@with_directory(second_queue(maxWaiting=1))
async def test_a_full_queue_is_refused_and_he_stays(world: World):
    boss = await world.rest("supervisor1", "supervisor")
    in_the_way = await (await world.customer()).call("+18005550102", wait=True)
    call, contact = await waiting(world)
    refused = await move(boss, contact)
    assert refused.status == 422 and refused.json()["data"]["reason"] == "queueFull"
    assert await queues(boss) == {FIRST: 1, "Billing": 1}
    await in_the_way.hangup()
    await world.until(lambda: queues(boss), lambda found: found["Billing"] == 0, "room in the queue")
    service = await world.rest("crm", "service")
    assert (await move(service, contact)).status == 202, "a service names no agent for it"
    assert await queues(boss) == {FIRST: 0, "Billing": 1}
    await call.hangup()


@pytest.mark.parametrize("when", ["before", "after"])
@with_directory(second_queue())
async def test_he_waits_where_he_was_moved_to_after_a_restart(world: World, when: str):
    call, contact = await waiting(world)
    boss = await world.rest("supervisor1", "supervisor")
    if when == "after":
        await world.restart()
    assert (await move(boss, contact, id="move-1")).status == 202
    await world.restart()
    assert (await move(boss, contact, id="move-1")).status == 202
    assert await queues(boss) == {FIRST: 0, "Billing": 1}
    receiver, phone = await world.agent("agent2")
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talk(call, leg)
    await call.hangup()
    await world.no_leg_is_left()


@with_directory(second_queue(answer="on_agent"))
async def test_who_rings_is_answered_by_a_queue_that_answers(world: World):
    boss = await world.rest("supervisor1", "supervisor")
    desktop, _ = await world.agent("agent2")
    call = await (await world.customer()).call("+18005550102")
    await call.ringing(180)
    contact = (await desktop.offered())["ResponseActual"]["contactId"]
    await desktop.publish("InboundCall", "Reject")
    await desktop.call_event("Rejected", "agent")
    assert call.state == "ringing", "this queue lets him ring"
    assert (await move(boss, contact, quick_connect(FIRST))).status == 202
    await call.answered()
    await call.hears(QUEUE)
    await world.until(lambda: queues(boss), lambda found: found == {FIRST: 1, "Billing": 0}, "him in the first queue")
    receiver, phone = await world.agent("agent1")
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talk(call, leg)
    await call.hangup()
