"""Double clicks, the same id again, and one transfer at a time."""

from __future__ import annotations

from harness.samples import DIAL_PAD, SASI, quick_connect
from harness.world import World
from peer import talk


async def test_a_double_click_transfers_once(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    first = await talking.desktop.transfer("accepted")
    await talking.desktop.transfer("dialing")
    other_tab = await world.desktop("agent1", state=None)
    await talking.desktop.blind_transfer(DIAL_PAD)
    again = await talking.desktop.transfer("dialing")
    assert again["transferId"] == first["transferId"], "the second click gets the running one's current event"
    reply = [e for e in talking.desktop.seen("InboundCall/TransferStateChange") if "sequence" not in e]
    assert len(reply) == 1, "as a reply to him alone, which counts as no change"
    assert not other_tab.transfers()
    await target.answer()
    await talking.desktop.transfer("connected")
    assert len(world.carrier.received("INVITE")) == 1
    assert not talking.desktop.seen("Error/ApiError")
    assert {e["message"]["transferId"] for e in talking.desktop.seen("InboundCall/TransferStateChange")} == \
        {first["transferId"]}
    await talking.customer.hangup()


async def test_the_same_id_gets_the_same_answer(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, id="click-1", options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    accepted = await talking.desktop.transfer("accepted")
    await target.ring()
    await talking.desktop.transfer("alerting")
    rest = await world.rest("agent1")
    again = await rest.message("InboundCall", "BlindTransfer", DIAL_PAD, id="click-1",
                               options={"releaseOn": "answered"})
    assert again.status == 202 and again.json()["transferId"] == accepted["transferId"], again.body
    talking.desktop.forget()
    await talking.desktop.blind_transfer(DIAL_PAD, id="click-1", options={"releaseOn": "answered"})
    current = await talking.desktop.transfer("alerting")
    assert current["transferId"] == accepted["transferId"]
    await target.answer(wait=False)
    await talking.desktop.transfer("connected")
    after = await rest.message("InboundCall", "BlindTransfer", DIAL_PAD, id="click-1",
                               options={"releaseOn": "answered"})
    assert after.status == 202 and after.json()["transferId"] == accepted["transferId"], after.body
    assert len(world.carrier.received("INVITE")) == 1
    await talking.customer.hangup()


async def test_the_same_id_gets_an_answer_after_the_outcome(world: World):
    """Who lost his connection asks again, and must not wait for what is over."""
    talking = await world.talking("agent1")
    for click, state in (("click-1", "failed"), ("click-2", "completed")):
        await talking.desktop.blind_transfer(DIAL_PAD, id=click, options={"note": "A note."})
        target = await world.carrier.incoming()
        accepted = await talking.desktop.transfer("accepted")
        if state == "failed":
            await target.reject(486)
        else:
            await target.answer()
            await talking.desktop.transfer("connected")
            await talking.customer.hangup()
            await target.ended(by="them")
        await talking.desktop.transfer(state)
        later = await world.desktop("agent1", state=None)
        await later.blind_transfer(DIAL_PAD, id=click, options={"note": "A note."})
        again = await later.transfer(state)
        assert again["transferId"] == accepted["transferId"] and again["contactId"] == talking.contact_id
        reply, = later.seen("InboundCall/TransferStateChange")
        assert reply["id"] == click and "sequence" not in reply
        talking.desktop.forget()
    assert len(world.carrier.received("INVITE")) == 2, "nothing was dialled again"


async def test_the_same_id_with_other_content_is_a_conflict(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, id="click-1", options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.blind_transfer(SASI, id="click-1")
    error = await talking.desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "idempotencyConflict"
    await target.answer(wait=False)
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_another_destination_while_one_runs_is_refused(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    accepted = await talking.desktop.transfer("accepted")
    await talking.desktop.blind_transfer(SASI)
    error = await talking.desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "transferInProgress" and error["runningTransferId"] == accepted["transferId"]
    assert "transferId" not in error
    await target.answer(wait=False)
    await talking.desktop.transfer("connected")
    await talking.customer.hangup()


async def test_two_tabs_see_the_same(world: World):
    talking = await world.talking("agent1")
    other = await world.desktop("agent1", state=None)
    await other.publish("Agent", "Login")
    await other.expect("Agent/LoginSuccess")
    await other.blind_transfer(quick_connect("Sasi_Chime"))
    target = await world.carrier.incoming()
    await talking.desktop.transfer("accepted")
    await other.transfer("accepted")
    await target.answer()
    await talking.desktop.transfer("connected")
    await other.transfer("connected")
    assert talking.desktop.sequences == other.sequences
    await talking.customer.hangup()


async def test_a_repeat_after_the_outcome_without_an_id_is_a_new_request(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.reject(486)
    await talking.desktop.transfer("failed")
    await talking.desktop.blind_transfer(DIAL_PAD)
    again = await world.carrier.incoming()
    await again.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, again)
    await talking.customer.hangup()
