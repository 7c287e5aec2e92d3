"""What World checks at the end of each test, with a server that did what the test did not look for."""

from __future__ import annotations

import pytest

from harness.samples import DIAL_PAD
from harness.world import World


async def dial_without_a_look(world: World) -> None:
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    await talking.desktop.transfer("dialing")


async def test_a_call_that_nobody_took_is_noticed(tmp_path):
    with pytest.raises(AssertionError, match=r"carrier was called, which the test did not expect: .*INVITE sip:\+12082097345@"):
        async with World(tmp_path) as world:
            await dial_without_a_look(world)


async def test_a_test_may_leave_calls_untaken(tmp_path):
    async with World(tmp_path) as world:
        world.carrier.untaken_calls = True
        await dial_without_a_look(world)
