"""Many at once: what a desktop and a held call take, and how fast events reach thousands of desktops."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from measure import centre
from measure.load import Floor
from measure.machine import resident_bytes
from measure.programs import BenchError, Sipp, free_port


@dataclass(frozen=True)
class CrowdSize:
    calls: int  # As many desktops.
    calls_a_second: float
    settle: float  # Seconds after the last set-up.
    events_span: float


@dataclass
class Crowd:
    bytes_per_desktop: float = 0
    bytes_per_call: float = 0
    calls_held: int = 0
    desktops_held: int = 0
    errors: int = 0
    resident_mb: float = 0


def let_all_in(floor: Floor, customers: Sipp, size: CrowdSize) -> None:
    """Waits until all calls are up. No faster than they are answered: no call is to fail for want of patience."""
    deadline = time.monotonic() + 60 + 10 * size.calls / size.calls_a_second
    slow = False
    while (talking := floor.driver.order("figures")["talking"]) < size.calls:
        if time.monotonic() > deadline:
            raise BenchError(f"{talking} of {size.calls} calls are up; sipp: {customers.tally()}")
        behind = floor.baton.metrics()["baton_contacts_open"] - talking > size.calls_a_second
        if behind != slow:
            customers.set_rate(1 if behind else size.calls_a_second)
            slow = behind
        time.sleep(0.1)


def measure_crowd(build: Path, folder: Path, size: CrowdSize, say) -> Crowd:
    crowd = Crowd()
    with ExitStack() as stack:
        floor = Floor(build, folder, size.calls, stack)
        time.sleep(1)
        empty = resident_bytes(floor.baton.pid)
        floor.sign_in()
        time.sleep(2)
        signed_in = resident_bytes(floor.baton.pid)
        crowd.bytes_per_desktop = (signed_in - empty) / size.calls
        say(f"    {size.calls} desktops signed in: {crowd.bytes_per_desktop:.0f} bytes each")
        floor.register(min(400, size.calls))
        phones = floor.start_phones()
        floor.go_available()
        floor.driver.order("work hold")
        customers = stack.enter_context(
            Sipp(folder, "customer", "peers/customer-stays.xml", free_port(), f"127.0.0.1:{floor.baton.sip_port}", "-s",
                 centre.NUMBER, "-key", "sound_port", str(floor.sound_port), "-r", str(size.calls_a_second), "-l",
                 str(size.calls), "-m", str(size.calls)))
        let_all_in(floor, customers, size)
        say(f"    {size.calls} calls are up; reading memory in {size.settle:.0f} s")
        time.sleep(size.settle)
        held = resident_bytes(floor.baton.pid)
        figures, metrics = floor.driver.order("figures"), floor.baton.metrics()
        crowd.bytes_per_call = (held - signed_in) / size.calls
        crowd.calls_held = int(min(figures["talking"], metrics["baton_contacts_open"], metrics["baton_sip_legs_open"] // 2))
        crowd.desktops_held = figures["open"]
        crowd.errors = figures["errors"] + (customers.tally() + phones.tally()).failed
        crowd.resident_mb = held / 2**20
    return crowd


def measure_events(build: Path, folder: Path, size: CrowdSize) -> float:
    """Each agent changes his state as fast as he is told that it is changed; events received a second."""
    with ExitStack() as stack:
        floor = Floor(build, folder, size.calls, stack)
        floor.sign_in()
        floor.driver.order("work states")
        time.sleep(1)
        floor.driver.order("reset")
        began = time.monotonic()
        time.sleep(size.events_span)
        figures = floor.driver.order("figures")
        return figures["events"] / (time.monotonic() - began)
