"""The target does not take the call: each way, before and after the agent was released."""

from __future__ import annotations

import pytest

from harness.samples import DIAL_PAD, quick_connect
from harness.world import Conversation, World
from peer import RINGBACK, talk

REFUSALS = [(486, "busy"), (600, "busy"), (603, "rejected"), (403, "rejected"), (404, "numberNotFound"),
            (484, "numberNotFound"), (480, "noAnswer"), (408, "noAnswer"), (503, "carrierUnavailable"),
            (500, "carrierUnavailable"), (420, "backendRefused")]


async def back_with_the_agent(world: World, talking: Conversation, reason: str) -> dict:
    """The customer came back: the agent takes him, they talk, and the one error says why."""
    desktop = talking.desktop
    returning = await desktop.transfer("returning")
    assert returning["custody"] == "server" and not desktop.seen("Error/ApiError"), "the chain still runs"
    offer = await desktop.offered()
    assert offer["ResponseActual"]["contactId"] == talking.contact_id
    await desktop.answer()
    phone = talking.agent.peer
    leg = await phone.incoming()
    await leg.answered()
    returned = await desktop.transfer("returned")
    assert returned["custody"] == "agent" and returned["reason"] == reason
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["errorMessage"] == "Blind transfer failed." and error["reason"] == reason
    assert error["customerLocation"] == "agent" and error["transferId"] == returned["transferId"]
    assert error["agentState"] == "Busy"
    await talk(talking.customer, leg)
    talking.agent = leg
    return error


@pytest.mark.seconds(120)
async def test_it_refuses_before_it_rings(world: World):
    """One customer, one agent, refusal after refusal: each leaves them as they were."""
    talking = await world.talking("agent1")
    desktop = talking.desktop
    for number, (status, reason) in enumerate(REFUSALS, 1):
        await desktop.blind_transfer(DIAL_PAD)
        target = await world.carrier.incoming()
        await target.reject(status, reason="No way")
        failed = await desktop.transfer("failed")
        assert failed["custody"] == "agent" and failed["reason"] == reason, status
        error = await desktop.error("BLIND_TRANSFER_FAILED")
        assert error["reason"] == reason and error["stage"] == "dialing" and error["customerLocation"] == "agent"
        assert error["backend"]["code"] == status and error["errorMessage"] == "Blind transfer failed."
        assert "No way" in error["msg"], "msg is the back end's own text"
        assert isinstance(error["retryable"], bool) and error["agentState"] == "Busy"
        await talk(talking.customer, talking.agent)
        assert len(desktop.seen("Error/ApiError")) == number
        assert desktop.transfers() == ["accepted", "dialing", "failed"] * number
    await talking.customer.hangup()


@pytest.mark.config({"trunk.carrier.address": "no-such-name.invalid:5060"})
async def test_no_trunk_takes_it_and_the_number_is_not_to_blame(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    assert (await talking.desktop.transfer("failed"))["custody"] == "agent"
    error = await talking.desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "carrierUnavailable" and error["retryable"] is True
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


@pytest.mark.parametrize(("status", "reason"), [(486, "busy"), (603, "rejected"), (480, "noAnswer"),
                                                (503, "carrierUnavailable")])
async def test_it_refuses_while_it_rings_and_the_customer_comes_back(world: World, status: int, reason: str):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await talking.customer.hears(RINGBACK)
    await target.reject(status)
    error = await back_with_the_agent(world, talking, reason)
    assert error["stage"] == "alerting" and error["backend"]["code"] == status
    await talking.customer.hangup()
    await talking.agent.ended(by="them")


async def test_it_does_not_answer_in_time(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"ringTimeoutSeconds": 5})
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.ended(by="them", timeout=8)
    assert target.cancelled
    await back_with_the_agent(world, talking, "noAnswer")
    await talking.agent.hangup()
    await talking.customer.ended(by="them")


async def test_it_never_rings_and_the_agent_keeps_the_customer(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"ringTimeoutSeconds": 5})
    target = await world.carrier.incoming()  # Which has answered with 100: it is there.
    failed = await talking.desktop.transfer("failed", timeout=8)
    assert failed["custody"] == "agent" and failed["reason"] == "noAnswer"
    await target.ended(by="them")
    await talk(talking.customer, talking.agent)
    await talking.agent.hangup()


async def test_a_183_is_no_ringing(world: World):
    """An announcement of the carrier ("this number is not in service"), then 404: the agent was not released."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring(183, sdp=True)
    await talking.desktop.transfer("dialing")
    await target.reject(404)
    failed = await talking.desktop.transfer("failed")
    assert failed["reason"] == "numberNotFound" and failed["custody"] == "agent"
    assert "alerting" not in talking.desktop.transfers()
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_straight_from_100_to_200_counts_as_every_earlier_stage(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.call_event("ACW", "agent")
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_the_carrier_is_not_there(world: World):
    talking = await world.talking("agent1")
    await world.carrier.transport.close()
    await talking.desktop.blind_transfer(DIAL_PAD, options={"ringTimeoutSeconds": 5})
    failed = await talking.desktop.transfer("failed")
    assert failed["custody"] == "agent" and failed["reason"] == "carrierUnavailable"
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_the_carrier_says_nothing_at_all(world: World):
    """An address that takes every INVITE and answers none, as behind a firewall: not the destination is to blame."""
    talking = await world.talking("agent1")
    world.carrier.silent = world.carrier.untaken_calls = True
    await talking.desktop.blind_transfer(DIAL_PAD, options={"ringTimeoutSeconds": 5})
    failed = await talking.desktop.transfer("failed", timeout=8)
    assert failed["custody"] == "agent" and failed["reason"] == "carrierUnavailable"
    assert world.carrier.received("INVITE"), "it was asked"
    error = await talking.desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "carrierUnavailable" and error["retryable"] is True
    world.carrier.silent = False
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_the_carrier_says_nothing_at_all_after_the_release(world: World):
    talking = await world.talking("agent1")
    world.carrier.silent = world.carrier.untaken_calls = True
    await talking.desktop.blind_transfer(DIAL_PAD, options={"ringTimeoutSeconds": 5, "releaseOn": "accepted"})
    await talking.desktop.call_event("ACW", "agent")
    await talking.desktop.until(lambda: "returning" in talking.desktop.transfers(), "the ring time-out")
    world.carrier.silent = False
    await back_with_the_agent(world, talking, "carrierUnavailable")
    await talking.customer.hangup()


async def test_488_gets_one_more_try_with_a_delayed_offer(world: World):
    talking = await world.talking("agent1")
    world.carrier.refuse_invites.append(488)
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    assert not target.invite.body, "the second try has no offer"
    await target.ring()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()
    await target.ended(by="them")


async def test_488_twice_is_a_failure(world: World):
    talking = await world.talking("agent1")
    world.carrier.refuse_invites.extend([488, 488])
    await talking.desktop.blind_transfer(DIAL_PAD)
    assert (await talking.desktop.transfer("failed"))["reason"] == "mediaNotAcceptable"
    assert len(world.carrier.received("INVITE")) == 2
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_it_hangs_up_before_it_is_joined(world: World):
    """It answers and is gone again while the customer is asked: it did not want the call, and nothing is broken."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    talking.customer.manual_reinvites = True
    await target.answer()
    await talking.customer.peer.until(lambda: talking.customer.waiting_reinvites, "the join's re-INVITE")
    await target.hangup()
    talking.customer.manual_reinvites = False
    await talking.customer.answer_reinvite()
    error = await back_with_the_agent(world, talking, "rejected")
    assert not error["retryable"] and error["backend"]["code"] == 0
    await talking.customer.hangup()


async def test_an_agent_target_rejects(world: World):
    talking = await world.talking("agent1")
    receiver, _ = await world.agent("agent2")
    await talking.desktop.blind_transfer(quick_connect("Agent Two"))
    await receiver.offered()
    await talking.desktop.call_event("ACW", "agent")
    await receiver.publish("InboundCall", "Reject")
    await receiver.call_event("Rejected", "agent")
    await back_with_the_agent(world, talking, "rejected")
    await talking.customer.hangup()


async def test_an_agent_target_lets_it_ring(world: World):
    talking = await world.talking("agent1")
    receiver, _ = await world.agent("agent2")
    await talking.desktop.blind_transfer(quick_connect("Agent Two"), options={"ringTimeoutSeconds": 5})
    await receiver.offered()
    await talking.desktop.call_event("ACW", "agent")
    await receiver.agent_state("MissedCallAgent", timeout=8)
    await back_with_the_agent(world, talking, "noAnswer")
    await talking.customer.hangup()


@pytest.mark.parametrize("phone_says", [486, 603, 480, 503])
async def test_an_agent_targets_phone_refuses_after_answer(world: World, phone_says: int):
    talking = await world.talking("agent1")
    receiver, phone = await world.agent("agent2")
    phone.answers_when_told = False
    await talking.desktop.blind_transfer(quick_connect("Agent Two"))
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.reject(phone_says)
    await talking.desktop.transfer("returning")
    await talking.desktop.offered()
    await talking.desktop.answer()
    back = await talking.agent.peer.incoming()
    await back.answered()
    await talking.desktop.transfer("returned")
    await talk(talking.customer, back)
    await talking.customer.hangup()


async def test_the_agent_refuses_to_take_him_back_and_the_queue_gets_him(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.reject(486)
    await talking.desktop.transfer("returning")
    await talking.desktop.offered()
    receiver, phone = await world.agent("agent2")
    await talking.desktop.publish("InboundCall", "Reject")
    requeued = await talking.desktop.transfer("requeued")
    assert requeued["custody"] == "queue" and requeued["queueName"] == "CallSummary-HVOC-Queue"
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, leg)
    await talking.customer.hangup()


async def test_disconnect_happens_only_where_asked_for(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"onFailure": ["disconnect"]})
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.reject(486)
    failed = await talking.desktop.transfer("failed")
    assert failed["custody"] == "gone"
    assert (await talking.desktop.error("BLIND_TRANSFER_FAILED"))["customerLocation"] == "gone"
    await talking.customer.ended(by="them")


async def test_the_join_fails_and_the_chain_goes_on(world: World):
    """The customer refuses the re-INVITE to the target with 488: his call stays up, and he comes back."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    talking.customer.refuse_reinvites.append(488)
    talking.customer.refuse_updates.append(488)
    await target.answer(wait=False)
    await talking.desktop.transfer("returning")
    await target.ended(by="them")
    assert talking.customer.state == "confirmed"
    talking.customer.refuse_reinvites.clear()
    talking.customer.refuse_updates.clear()
    await talking.desktop.offered()
    await talking.desktop.answer()
    back = await talking.agent.peer.incoming()
    await back.answered()
    await talking.desktop.transfer("returned")
    await talk(talking.customer, back)
    await talking.customer.hangup()


@pytest.mark.parametrize("status", [481, 408])
async def test_a_customer_who_is_gone_is_not_kept(world: World, status: int):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    talking.customer.refuse_reinvites.append(status)
    await target.answer(wait=False)
    await talking.desktop.transfer("abandoned")
    await target.ended(by="them")
    talking.customer._end("them")
    await world.no_leg_is_left()


async def test_a_failed_hold_never_drops_the_customer(world: World):
    talking = await world.talking("agent1")
    talking.customer.refuse_reinvites.append(488)
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_a_hold_that_is_not_answered_delays_the_release_by_two_seconds_at_most(world: World):
    talking = await world.talking("agent1")
    talking.customer.manual_reinvites = True
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent", timeout=4)
    talking.customer.manual_reinvites = False
    await talking.customer.answer_reinvite()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()
