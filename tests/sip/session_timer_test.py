"""Session timers (RFC 4028): a silent peer is found, a live one stays."""

from __future__ import annotations

import asyncio

import pytest

from harness.world import INBOUND, World
from peer import QUEUE


@pytest.mark.seconds(150)
@pytest.mark.config({"sip.session_expires_seconds": 90, "sip.min_se_seconds": 90})
async def test_who_is_gone_is_found_and_who_is_there_stays(world: World):
    """Four customers at once, since the shortest timer that the RFC allows is 90 s."""
    careless, dead, careful, plain = [await world.customer() for _ in range(4)]
    careless.supported = careful.supported = ["timer"]
    timer = [("Session-Expires", "90;refresher=uac")]
    forgotten = await careless.call(INBOUND, headers=timer, wait=True)
    lost = await dead.call(INBOUND, wait=True)
    kept = await careful.call(INBOUND, headers=timer, wait=True)
    refreshed = await plain.call(INBOUND, wait=True)
    for call in (forgotten, kept):
        assert call.final["Session-Expires"].replace(" ", "") == "90;refresher=uac"
        assert "timer" in call.final["Require"]
    dead.silent = True

    async def refresh() -> None:
        """What the careful one does by itself, at half of the interval."""
        while True:
            await asyncio.sleep(45)
            assert (await kept.update(sdp=False, headers=timer)).status == 200
    refreshing = asyncio.create_task(refresh())

    # Nobody refreshed the first: a BYE comes before the interval is over (at the latest at 90 s).
    await forgotten.ended(by="them", timeout=92)
    # The server refreshes those who have no timer of their own; one answers, one does not.
    await plain.until(lambda: plain.received("re-INVITE") or plain.received("UPDATE"), "the refresh", 60)
    await dead.expect("BYE", timeout=60)  # 32 s after the refresh that he did not answer.
    dead.silent = False
    lost.state = "ended"
    await asyncio.sleep(max(0.0, 100 - (asyncio.get_running_loop().time() - plain.began)))
    figures = await world.metrics()
    assert figures["baton_legs_open"] == 2, "two are left: the careful and the plain"
    for call in (kept, refreshed):
        assert call.state == "confirmed"
        await call.hears(QUEUE)
    refreshing.cancel()
    await kept.hangup()
    await refreshed.hangup()


@pytest.mark.config({"sip.session_expires_seconds": 1800, "sip.min_se_seconds": 120})
async def test_too_short_an_interval_is_refused_with_422(world: World):
    customer = await world.customer()
    customer.supported = ["timer"]
    call = await customer.call(INBOUND, headers=[("Session-Expires", "100"), ("Min-SE", "90")])
    assert (await call.refused(422))["Min-SE"].startswith("120")
    call = await customer.call(INBOUND, headers=[("Session-Expires", "150"), ("Min-SE", "120")], wait=True)
    assert call.final["Session-Expires"].startswith("150")
    await call.hangup()
