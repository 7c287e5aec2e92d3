"""Queues and agents: missed calls, phones that answer themselves, closed and full queues, longest waits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from harness.marks import with_directory
from harness.samples import BILLING, DIAL_PAD, arn, quick_connect, second_queue
from harness.world import INBOUND, World
from peer import QUEUE, talk


@pytest.mark.config({"routing.offer_timeout_seconds": 5})
async def test_a_missed_call_goes_to_the_next_agent(world: World):
    first, _ = await world.agent("agent1")
    call = await (await world.customer()).call(INBOUND, wait=True)
    await first.offered()
    second, phone = await world.agent("agent2")
    missed = await first.call_event("missed", "agent", timeout=8)
    assert missed["ButtonStates"]["items"]["clearContact"] == "Enable"
    await first.agent_state("MissedCallAgent")
    await second.offered()
    await second.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talk(call, leg)
    await first.publish("InboundCall", "ClearContact")
    await first.agent_state("Available")
    await call.hangup()


async def test_a_rejected_offer_goes_to_the_next_agent(world: World):
    first, _ = await world.agent("agent1")
    call = await (await world.customer()).call(INBOUND, wait=True)
    await first.offered()
    second, _ = await world.agent("agent2")
    await first.publish("InboundCall", "Reject")
    await first.call_event("Rejected", "agent")
    await first.agent_state("FailedConnectAgent")
    await second.offered()
    await call.hangup()


@pytest.mark.config({"routing.answer_timeout_seconds": 2})
async def test_a_phone_that_does_not_pick_up_after_answer(world: World):
    first, phone = await world.agent("agent1")
    phone.answers_when_told = False
    call = await (await world.customer()).call(INBOUND, wait=True)
    await first.offered()
    second, _ = await world.agent("agent2")
    await first.publish("InboundCall", "Answer", id="a-1")
    leg = await phone.incoming()
    await leg.ring()
    await leg.ended(by="them")
    assert leg.cancelled
    failure = await first.expect("Error/ApiError")
    assert failure["id"] == "a-1"
    assert failure["data"]["errorType"] == "ANSWER_CALL_FAILED" and failure["data"]["reason"] == "noAnswer"
    await first.call_event("missed", "agent")
    await second.offered()
    await call.hears(QUEUE)
    await call.hangup()


async def test_a_phone_that_refuses_after_answer(world: World):
    """The connection that the offer tells names it; all that the Answer brings has its id."""
    first, phone = await world.agent("agent1")
    phone.answers_when_told = False
    call = await (await world.customer()).call(INBOUND, wait=True)
    offer = await first.offered()
    await first.publish("InboundCall", "Answer", offer["ResponseActual"]["connectionId"], id="a-1")
    await (await phone.incoming()).reject(486)
    failure = await first.expect("Error/ApiError")
    assert failure["id"] == "a-1" and failure["data"]["errorType"] == "ANSWER_CALL_FAILED"
    assert failure["data"]["backend"]["code"] == 486
    assert (await first.expect("Agent/SetAgentState", lambda m: m["event"] == "FailedConnectAgent"))["id"] == "a-1"
    await call.hears(QUEUE)
    await call.hangup()


def by_phone(directory):
    directory["agents"][0]["answer"] = "phone"


@with_directory(by_phone)
async def test_the_phone_rings_and_is_picked_up(world: World):
    desktop, phone = await world.agent("agent1")
    call = await (await world.customer()).call(INBOUND, wait=True)
    leg = await phone.incoming()
    await leg.ring()
    await desktop.offered()
    await leg.answer()
    await desktop.call_event("connected", "agent")
    await talk(call, leg)
    await call.hangup()


@with_directory(by_phone)
async def test_answer_tells_the_ringing_phone_to_pick_up(world: World):
    phone = await world.phone("agent1", register=False)
    phone.understands_talk = True
    await phone.register()
    desktop = await world.desktop("agent1")
    call = await (await world.customer()).call(INBOUND, wait=True)
    leg = await phone.incoming()
    await leg.ring()
    await desktop.offered()
    # It can only be told in a dialog, which the 180 makes: the offer is told to the desktop before.
    await world.until(world.metrics, lambda found: found['baton_sip_responses_total{class="1xx",direction="received"}'] == 1,
                      "the 180 there; a 100 is the stack's own business")
    await desktop.answer()
    notify = await leg.expect("NOTIFY")
    assert notify["Event"] == "talk"
    await desktop.call_event("connected", "agent")
    await talk(call, leg)
    await call.hangup()


@with_directory(by_phone)
async def test_answer_fails_where_the_phone_cannot_be_told(world: World):
    desktop, phone = await world.agent("agent1")
    call = await (await world.customer()).call(INBOUND, wait=True)
    leg = await phone.incoming()
    await leg.ring()
    await desktop.offered()
    await desktop.answer()
    error = await desktop.error("ANSWER_CALL_FAILED")
    assert "answer on the phone" in error["msg"].lower()
    await leg.answer()
    await talk(call, leg)
    await call.hangup()


@with_directory(by_phone)
async def test_the_ringing_phone_rejects(world: World):
    desktop, phone = await world.agent("agent1")
    call = await (await world.customer()).call(INBOUND, wait=True)
    leg = await phone.incoming()
    await leg.reject(486)
    await desktop.call_event("Rejected", "agent")
    await call.hears(QUEUE)
    await call.hangup()


# Neither today nor tomorrow, whenever the test runs.
IN_THREE_DAYS = (datetime.now(UTC) + timedelta(days=3)).strftime("%A").lower()
CLOSED = [{"days": [IN_THREE_DAYS], "from": "00:00", "to": "00:01"}]


@with_directory(second_queue())
async def test_to_another_queue_and_its_agent(world: World):
    talking = await world.talking("agent1")
    receiver, phone = await world.agent("agent2")
    await talking.desktop.blind_transfer(BILLING)
    queued = await talking.desktop.transfer("queued")
    assert queued["queueName"] == "Billing"
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, leg)
    await talking.customer.hangup()


@with_directory(second_queue(hours=CLOSED))
async def test_a_closed_queue_is_refused_and_the_agent_keeps_the_customer(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(BILLING)
    error = await talking.desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "queueClosed" and "transferId" not in error
    await talk(talking.customer, talking.agent)
    call = await (await world.customer()).call("+18005550102")
    await call.refused(480)
    await talking.customer.hangup()


@with_directory(second_queue(maxWaiting=1))
async def test_a_full_queue_is_refused(world: World):
    talking = await world.talking("agent1")
    receiver, _ = await world.agent("agent2")
    await receiver.go("Break")
    waiting = await (await world.customer()).call("+18005550102", wait=True)
    refused = await (await world.customer()).call("+18005550102")
    await refused.refused(486)
    await talking.desktop.blind_transfer(BILLING)
    assert (await talking.desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "queueFull"
    await talk(talking.customer, talking.agent)
    await waiting.hangup()
    await talking.customer.hangup()


@with_directory(second_queue())
async def test_a_queue_without_agents_is_refused(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(BILLING)
    assert (await talking.desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "noAgentStaffed"
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


@with_directory(second_queue())
async def test_the_wait_runs_out_and_he_comes_back(world: World):
    talking = await world.talking("agent1")
    receiver, _ = await world.agent("agent2")
    await receiver.go("Break")
    await talking.desktop.blind_transfer(BILLING, options={"queueTimeoutSeconds": 1})
    await talking.desktop.transfer("queued")
    assert (await talking.desktop.transfer("returning"))["reason"] == "timeout"
    await talking.desktop.offered()
    await talking.desktop.answer()
    back = await talking.agent.peer.incoming()
    await back.answered()
    await talking.desktop.transfer("returned")
    assert (await talking.desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "timeout"
    await talk(talking.customer, back)
    await talking.customer.hangup()


@with_directory(second_queue())
async def test_the_waiting_time_is_credited(world: World):
    """Who comes to a queue of the chain stands before those who have waited less than he: not before who waited while he talked."""
    talking = await world.talking("agent1")
    early = await (await world.customer()).call(INBOUND, wait=True)
    receiver, _ = await world.agent("agent2")
    await receiver.go("Break")
    await talking.desktop.blind_transfer(BILLING, options={"queueTimeoutSeconds": 5, "onFailure": ["originalQueue"]})
    await talking.desktop.transfer("queued")
    late = await (await world.customer()).call(INBOUND, wait=True)
    requeued = await talking.desktop.transfer("requeued", timeout=8)
    assert requeued["position"] == 2
    boss = await world.rest("supervisor1", "supervisor")
    waiting = (await boss.get("/v1/queues/waiting")).json()["items"]
    assert [each["contactId"] == talking.contact_id for each in waiting] == [False, True, False], waiting
    since = [each["since"] for each in waiting]
    assert since == sorted(since)
    served = []
    for login in ("agent3", "agent4"):
        desktop, phone = await world.agent(login)
        served.append((await desktop.offered())["ResponseActual"]["contactId"])
        await desktop.answer()
        leg = await phone.incoming()
        await leg.answered()
    assert served == [waiting[0]["contactId"], talking.contact_id]
    await talk(talking.customer, leg)
    for call in (early, late, talking.customer):
        await call.hangup()


@with_directory(second_queue())
async def test_the_wait_runs_out_after_the_agent_pressed_answer(world: World):
    """His phone is being rung already: the customer is about to be served, and must not be thrown out by the clock."""
    talking = await world.talking("agent1")
    receiver, phone = await world.agent("agent2")
    phone.answers_when_told = False
    await talking.desktop.blind_transfer(BILLING, options={"queueTimeoutSeconds": 2, "onFailure": ["disconnect"]})
    await talking.desktop.transfer("queued")
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.ring()
    await asyncio.sleep(3)  # Only time can show that the wait's two seconds no longer count.
    await leg.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, leg)
    await talking.customer.hangup()


@with_directory(second_queue(maxWaitSeconds=1))
async def test_the_longest_wait_of_a_caller_ends(world: World):
    call = await (await world.customer()).call("+18005550102", wait=True)
    await call.ended(by="them")


@with_directory(second_queue(hours=CLOSED))
async def test_a_fallback_to_a_named_queue_bypasses_its_hours_and_staffing(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(BILLING)
    assert (await talking.desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "queueClosed"
    await talking.desktop.blind_transfer(DIAL_PAD, options={"onFailure": [f"queue:{arn('queue', 2)}"]})
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.reject(486)
    requeued = await talking.desktop.transfer("requeued")
    assert requeued["queueName"] == "Billing"
    receiver, phone = await world.agent("agent2")
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talking.desktop.transfer("connected")
    await talking.customer.hangup()


@with_directory(second_queue(maxWaiting=1))
async def test_a_fallback_to_a_named_queue_bypasses_its_limit(world: World):
    talking = await world.talking("agent1")
    waiting = await (await world.customer()).call("+18005550102", wait=True)
    await talking.desktop.blind_transfer(DIAL_PAD, options={"onFailure": [f"queue:{arn('queue', 2)}"]})
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.reject(486)
    requeued = await talking.desktop.transfer("requeued")
    assert requeued["queueName"] == "Billing"
    await talking.customer.hangup()
    await waiting.hangup()


@with_directory(second_queue())
async def test_a_number_of_ours_is_routed_inside(world: World):
    """The dial pad to a number of another queue: the carrier hears nothing of it, and the two parties hear each other."""
    talking = await world.talking("agent1")
    receiver, phone = await world.agent("agent2")
    await talking.desktop.blind_transfer("+18005550102")
    await talking.desktop.transfer("connected")
    await talking.desktop.agent_state("AfterCallWork")
    offer = await receiver.offered()
    assert offer["CallVariables"]["DNIS"] == "+18005550102"
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talk(talking.customer, leg)
    assert not world.carrier.received("INVITE")
    await talking.customer.hangup()
    await leg.ended(by="them")
    await world.no_leg_is_left()


@with_directory(second_queue())
@pytest.mark.config({"transfer.last_resort_queue": "Billing"})
async def test_the_last_resort_queue_takes_who_nobody_took(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"onFailure": ["return"]})
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await talking.desktop.publish("Agent", "Logout")
    await talking.desktop.expect("Agent/LogoutSuccess")
    await target.reject(486)
    assert (await talking.desktop.transfer("requeued"))["queueName"] == "Billing"
    await talking.customer.hangup()
    await talking.desktop.transfer("abandoned")


async def test_an_agent_is_not_offered_whom_he_has_just_given_away(world: World):
    talking = await world.talking("agent1")
    receiver, _ = await world.agent("agent2")
    await receiver.go("Break")
    await talking.desktop.blind_transfer(quick_connect("CallSummary-HVOC-Queue"))
    await talking.desktop.transfer("queued")
    await talking.desktop.publish("InboundCall", "ClearContact")
    await talking.desktop.agent_state("Available")
    await receiver.go("Available")
    await receiver.offered()
    offers = [e for e in talking.desktop.seen("InboundCall/InboundCallStateChange")
              if e["message"]["call"]["event"] == "connecting" and e["message"]["call"]["CallType"] == "agent"]
    assert len(offers) == 1, "only the first, before the transfer"
    await talking.customer.hangup()


async def test_a_logged_out_agent_is_skipped_by_return(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await talking.desktop.publish("Agent", "Logout")
    await talking.desktop.expect("Agent/LogoutSuccess")
    await target.reject(486)
    requeued = await talking.desktop.transfer("requeued")
    assert requeued["queueName"] == "CallSummary-HVOC-Queue"
    await talking.customer.hears(QUEUE)
    await talking.customer.hangup()
    await talking.desktop.transfer("abandoned")
