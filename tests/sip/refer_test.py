"""The transfer key of the agent's own phone: REFER runs the same transfer, with the NOTIFYs the phone expects."""

from __future__ import annotations

from typing import Any

import pytest

from harness.desktop import Desktop
from harness.samples import DIAL_PAD, SASI
from harness.world import Conversation, World
from peer import Address, Peer, Uri, talk


async def test_to_a_number(world: World):
    talking = await world.talking("agent1")
    assert (await talking.agent.refer(DIAL_PAD)).status == 202
    target = await world.carrier.incoming()
    assert target.invite.uri.user == DIAL_PAD
    await talking.agent.told(100)
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()
    await target.ended(by="them")


async def test_the_final_notify_tells_the_outcome(world: World):
    """Refused before the release: the phone still has the customer, and hears why."""
    talking = await world.talking("agent1")
    assert (await talking.agent.refer(DIAL_PAD)).status == 202
    target = await world.carrier.incoming()
    await target.reject(486)
    await talking.agent.told(486)
    assert talking.agent.refer_over and talking.agent.sipfrags == [100, 486]
    assert (await talking.desktop.transfer("failed"))["reason"] == "busy"
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_to_the_name_of_a_quick_connect(world: World):
    talking = await world.talking("agent1")
    assert (await talking.agent.refer("Sasi_Chime")).status == 202
    target = await world.carrier.incoming()
    assert target.invite.uri.user == SASI
    await target.answer()
    await talking.desktop.transfer("connected")
    await talking.customer.hangup()


async def test_to_the_name_of_a_queues_quick_connect(world: World):
    talking = await world.talking("agent1")
    receiver, phone = await world.agent("agent2")
    assert (await talking.agent.refer("CallSummary-HVOC-Queue")).status == 202
    assert (await talking.desktop.transfer("queued"))["queueName"] == "CallSummary-HVOC-Queue"
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talk(talking.customer, leg)
    await talking.customer.hangup()


async def test_to_a_name_with_a_blank(world: World):
    """A URI's user part has it escaped (RFC 3261, 19.1.2)."""
    talking = await world.talking("agent1")
    receiver, _ = await world.agent("agent2")
    assert (await talking.agent.refer("sip:Agent%20Two@127.0.0.1")).status == 202
    await receiver.offered()
    assert (await talking.desktop.transfer("alerting"))["destination"]["agentLogin"] == "agent2"
    await talking.customer.hangup()


async def test_what_he_may_not_use_is_refused_as_in_a_message(world: World):
    """An agent who is not there: no 202, after which a phone may hang up; the desktop is told why."""
    talking = await world.talking("agent1")
    assert (await talking.agent.refer("agent2")).status == 480
    error = await talking.desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "agentUnavailable" and "transferId" not in error
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_to_an_agents_login(world: World):
    talking = await world.talking("agent1")
    receiver, phone = await world.agent("agent2")
    assert (await talking.agent.refer("agent2")).status == 202
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, leg)
    await talking.customer.hangup()


async def test_a_phone_that_hangs_up_right_after_the_202(world: World):
    """Many do: that is a release, not the end of the customer's call."""
    talking = await world.talking("agent1")
    assert (await talking.agent.refer(DIAL_PAD)).status == 202
    await talking.agent.hangup()
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


class TestFailsAtOnce:
    """The phone has its 202 and hangs up, but the transfer has failed already: its BYE and the last NOTIFY cross."""

    @staticmethod
    async def press(world: World, **how: Any) -> tuple[Conversation, Desktop, Peer]:
        """The transfer key; beside it the next agent of the customer's queue, who is free."""
        talking = await world.talking("agent1")
        receiver, phone = await world.agent("agent2")
        talking.agent.manual_notifies = True
        assert (await talking.agent.refer(DIAL_PAD, **how)).status == 202
        return talking, receiver, phone

    @staticmethod
    async def hang_up_unknowing(talking: Conversation, receiver: Desktop, phone: Peer) -> None:
        """The next agent has the customer then."""
        assert (await talking.desktop.transfer("failed"))["custody"] == "agent"
        await talking.agent.hangup()
        talking.agent.answer_notifies(481)
        await talking.desktop.call_event("ACW", "agent")
        assert (await receiver.offered())["ResponseActual"]["contactId"] == talking.contact_id
        await receiver.answer()
        leg = await phone.incoming()
        await leg.answered()
        await talk(talking.customer, leg)
        await talking.customer.hangup()

    @pytest.mark.parametrize("status", [486, 503])
    async def test_the_destination_refuses_it(self, world: World, status: int):
        scene = await self.press(world)
        await (await world.carrier.incoming()).reject(status)
        await scene[0].agent.told(status)
        await self.hang_up_unknowing(*scene)

    @pytest.mark.config({"trunk.carrier.address": "no-such-name.invalid:5060"})
    async def test_no_trunk_takes_it(self, world: World):
        scene = await self.press(world)
        await scene[0].agent.told(503)
        await self.hang_up_unknowing(*scene)

    async def test_a_phone_that_wants_no_notify_never_knows(self, world: World):
        """RFC 4488."""
        scene = await self.press(world, headers=[("Refer-Sub", "false")])
        await (await world.carrier.incoming()).reject(486)
        await self.hang_up_unknowing(*scene)
        assert not scene[0].agent.sipfrags

    async def test_a_phone_that_knows_hangs_up_on_the_customer(self, world: World):
        talking, receiver, _ = await self.press(world)
        await (await world.carrier.incoming()).reject(486)
        await talking.agent.told(486)
        talking.agent.answer_notifies(200)
        # The answer is in when a later message of the same phone is.
        assert (await talking.agent.reinvite("sendonly")).status == 200
        await talking.agent.hangup()
        await talking.customer.ended(by="them")
        assert not receiver.seen("InboundCall/InboundCallStateChange")


async def test_to_nobody_is_refused(world: World):
    talking = await world.talking("agent1")
    assert (await talking.agent.refer("nobody-at-all")).status == 404
    await talk(talking.customer, talking.agent)
    assert not talking.desktop.transfers()
    assert (await talking.desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "destinationNotFound"
    await talking.customer.hangup()


async def test_with_replaces_is_not_implemented(world: World):
    talking = await world.talking("agent1")
    response = await talking.agent.refer("agent2", replaces="abc%40host%3Bto-tag%3D1%3Bfrom-tag%3D2")
    assert response.status == 501
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_from_a_customer_is_declined(world: World):
    talking = await world.talking("agent1")
    assert (await talking.customer.refer(DIAL_PAD)).status == 603
    assert not world.carrier.received("INVITE")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_from_the_one_who_took_the_call_is_declined(world: World):
    """An outside party must not send the customer elsewhere."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.transfer("connected")
    assert (await target.refer(SASI)).status == 603
    await talk(talking.customer, target)
    assert len(world.carrier.received("INVITE")) == 1
    await talking.customer.hangup()


@pytest.mark.parametrize("who", ["the agent's phone", "a stranger"])
async def test_outside_a_call_is_declined(world: World, who: str):
    sender = await world.stranger() if who == "a stranger" else await world.phone("agent1")
    uri = Uri("agent1", *world.server.sip["udp"])
    request = sender.new_request("REFER", uri, Address(uri), headers=[("Refer-To", f"<sip:{DIAL_PAD}@127.0.0.1>")])
    assert (await sender.send_request(request)).status == 603
    assert not world.carrier.received("INVITE")


async def test_while_a_transfer_runs_is_refused(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    assert (await talking.agent.refer(SASI)).status == 603
    assert (await talking.desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "transferInProgress"
    await target.answer(wait=False)
    await talking.desktop.transfer("connected")
    assert len(world.carrier.received("INVITE")) == 1
    await talking.customer.hangup()
