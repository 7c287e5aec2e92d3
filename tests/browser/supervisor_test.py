"""The supervisor's view: what happens now, what happened, and what a supervisor does about it, with real calls."""

from __future__ import annotations

from typing import Any

from harness.browser import Browser
from harness.desk import Desk, Watch
from harness.marks import with_directory
from harness.samples import DIAL_PAD, arn, quick_connect
from harness.world import INBOUND, World

QUEUE = "CallSummary-HVOC-Queue"
BILLING = {"endpointARN": arn("transfer-destination", 1), "endpointId": arn("transfer-destination", 1), "type": "queue",
           "name": "Billing", "phoneNumber": None, "agentLogin": None, "queue": None}


def billing(directory: dict[str, Any]) -> None:
    """A second queue, which nobody serves."""
    directory["queues"].append({**directory["queues"][0], "arn": arn("queue", 1), "name": "Billing"})
    directory["quickConnects"].append({"arn": BILLING["endpointARN"], "name": "Billing", "type": "queue",
                                       "queue": "Billing"})


async def test_an_agent_is_told_whom_the_view_is_for(world: World, browser: Browser):
    watch = await Watch.open(world, browser, "agent1")
    await watch.sees("This view is for supervisors")
    await watch.picture("supervisor-not-for-agents")
    assert not [url for _, url in watch.page.requests if url.endswith("/v1/ws-tickets")], "it asked for everybody's events"
    await watch.page.click("text=To the agent desktop >> visible=true")
    await watch.sees("You are not at work yet")
    watch.check()


async def test_the_desktop_leads_a_supervisor_to_his_view(world: World, browser: Browser):
    desk = await Desk.open(world, browser, "supervisor1", state=None)
    await desk.page.click("header summary")
    await desk.page.click("text=The supervisor's view")
    await desk.sees("Nobody is being handed on right now.")
    desk.check()


async def test_queues_and_agents_are_live(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    await watch.tile("Customers waiting", "0")
    await watch.sees("Nobody is being handed on right now.")
    await watch.picture("supervisor-empty")
    calls = [await (await world.customer()).call(INBOUND, wait=True) for _ in range(2)]
    await watch.tile("Customers waiting", "2")
    await watch.page.wait(f"tr.waiting:has-text('{QUEUE}')")
    desktop, _ = await world.agent("agent2")
    await watch.sees("Call offered")
    await desktop.answer()
    await watch.sees("In a call")
    await watch.tile("Customers waiting", "1")
    await watch.picture("supervisor-waiting")
    for call in calls:
        await call.hangup()
    await watch.tile("Customers waiting", "0")
    watch.check()


async def test_a_transfer_is_followed_and_cancelled(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    await watch.sees("Nobody is being handed on right now.")
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    third = await world.carrier.incoming()
    await watch.tile("Transfers in flight", "1")
    await watch.sees("With agent1")
    await third.ring()
    await watch.sees("Ringing at +1 208 209 7345")
    await watch.sees("Parked, hears a tone")
    await watch.picture("supervisor-in-flight")
    await watch.page.reload()
    await watch.sees("Parked, hears a tone")
    await watch.button("Cancel transfer agent1")
    await watch.sees("Cancel this transfer?")
    await watch.picture("supervisor-cancel")
    await watch.page.click("dialog >> role=button[name='Cancel transfer']")
    await watch.sees("Taken back: agent1 has the customer")
    await watch.tile("Transfers in flight", "0")
    await watch.picture("supervisor-ended")
    await talking.desktop.transfer("canceled")
    watch.check()


async def test_all_is_read_anew_after_a_lost_network(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    await watch.sees("Nobody is being handed on right now.")
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    third = await world.carrier.incoming()
    await third.ring()
    await watch.sees("Ringing at")
    await browser.offline(watch.page, True)
    await watch.sees("No connection.")
    await watch.picture("supervisor-offline")
    await third.answer()
    await talking.desktop.transfer("connected")
    await browser.offline(watch.page, False)
    await watch.tile("Transfers in flight", "0")
    await watch.sees("+1 208 209 7345 has the customer")
    await watch.page.wait(".banner.away", "detached")


@with_directory(billing)
async def test_a_waiting_customer_is_moved_to_another_queue(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(quick_connect(QUEUE))
    await talking.desktop.transfer("queued")
    await watch.sees(f"In the queue {QUEUE}")
    await watch.button("Move agent1")
    await watch.sees("Move the waiting customer")
    await watch.picture("supervisor-move")
    await watch.page.press("Escape")
    await watch.page.wait("dialog", "detached")
    watch.check()
