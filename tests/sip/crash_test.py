"""An assertion in the SIP library is a crash, as SIGKILL is: the service is back within five seconds, and goes on."""

from __future__ import annotations

import re
import signal

import pytest

from harness.config import SOURCE
from harness.samples import DIAL_PAD
from harness.sanitizer import patience
from harness.world import World, unit_setting
from peer import RINGBACK, talk

AWAY = 5.0 * patience()  # Seconds.
by_each_signal = pytest.mark.parametrize("by", [signal.SIGABRT, signal.SIGKILL], ids=lambda by: by.name)


def test_the_service_comes_back_however_often():
    assert unit_setting("Restart") == "on-failure"
    assert unit_setting("StartLimitIntervalSec") == "0"
    assert unit_setting("LimitCORE") == "0"


def test_the_service_reads_what_the_operator_gives_to_its_group():
    """A user that exists before the service runs: else nobody could give it a key that others may not read."""
    group = unit_setting("Group")
    postinst = (SOURCE / "packaging" / "postinst").read_text(encoding="utf-8")
    assert re.search(rf"adduser --system --group .* {unit_setting('User')}$", postinst, re.MULTILINE)
    assert f"-g {group} " in postinst
    assert f"install -g {group} -m 640" in (SOURCE / "docs" / "operations.md").read_text(encoding="utf-8")


def test_removing_the_package_stops_whatever_it_may_have_started():
    units = [each.name for each in (SOURCE / "packaging").iterdir()
             if each.suffix in (".service", ".timer") and "[Install]" in each.read_text(encoding="utf-8")]
    assert len(units) == 2
    disabled = re.search(r"disable --now (.*)$", (SOURCE / "packaging" / "prerm").read_text(encoding="utf-8"),
                         re.MULTILINE)
    assert disabled and sorted(disabled[1].split()) == sorted(units)


@by_each_signal
async def test_while_the_destination_is_called(world: World, by: signal.Signals):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    assert await world.crash(by) < AWAY
    await target.ring()
    await talking.agent.ended(by="them")
    await talking.customer.hears(RINGBACK)
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    assert not world.carrier.arrived, "the INVITE that came again is the same call"
    await talking.customer.hangup()
    await target.ended(by="them")


@by_each_signal
async def test_while_the_destination_rings(world: World, by: signal.Signals):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.agent.ended(by="them")
    await talking.customer.hears(RINGBACK)
    assert await world.crash(by) < AWAY
    await talking.customer.hears(RINGBACK)
    assert (await world.metrics())["baton_sip_legs_adopted_total"] >= 1
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    assert not world.carrier.arrived, "the INVITE that came again is the same call"
    await target.hangup()
    await talking.customer.ended(by="them")


@by_each_signal
async def test_while_the_two_are_joined(world: World, by: signal.Signals):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.agent.ended(by="them")
    await target.answer(wait=False)
    await talking.customer.peer.expect("re-INVITE")
    assert await world.crash(by) < AWAY
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


@pytest.mark.seconds(90)
async def test_six_aborts_in_a_row(world: World):
    """One more than systemd's default would start it again for."""
    talking = await world.talking("agent1")
    for _ in range(6):
        assert await world.crash(signal.SIGABRT) < AWAY
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()
