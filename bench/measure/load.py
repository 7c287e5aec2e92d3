"""Transfers at full and at half load, and the ceiling's: what a transfer costs, and how long it takes."""

from __future__ import annotations

import json
import signal
import socket
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from measure import centre
from measure.machine import NEW, busy, snapshot, thread_of
from measure.programs import Baton, BenchError, Driver, Program, Sipp, Tally, commit_percentile_ms, free_port

SETTLING = 2.0  # Seconds.
CONNECTED = 'baton_transfers_total{outcome="connected"}'


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    agents: int
    calls_at_once: tuple[int, ...]  # Raised until the SIP thread is busy.
    warm_up: float  # Seconds.
    span: float
    latency_span: float


@dataclass
class Load:
    """One measured span of transfers."""

    transfers: int = 0
    seconds: float = 0
    cpu_seconds: float = 0
    sip_busy: float = 0  # Percent of the span in which the SIP thread had work.
    sip_on_cpu: float = 0
    calls_at_once: int = 0
    tally: Tally = field(default_factory=Tally)
    failed: int = 0  # Beside what sipp saw fail.
    threads_ms: dict[str, float] = field(default_factory=dict)  # CPU per transfer, by thread.
    kernel_ms: dict[str, float] = field(default_factory=dict)  # What of it is the kernel's.

    @property
    def per_cpu_second(self) -> float:
        return self.transfers / self.cpu_seconds if self.cpu_seconds else 0.0

    @property
    def per_second(self) -> float:
        return self.transfers / self.seconds if self.seconds else 0.0

    @property
    def least_ms(self) -> float:
        """CPU per transfer if nothing outside the SIP thread cost anything but the kernel's part."""
        return sum(ms if name == "sip" else self.kernel_ms[name] for name, ms in self.threads_ms.items())

    @property
    def failures(self) -> int:
        return self.failed + self.tally.lost

    @property
    def repeated_share(self) -> float:
        return self.tally.repeated / self.tally.messages if self.tally.messages else 0.0


def customers(folder: Path, name: str, server_port: int, sound_port: int, rate: float, at_once: int) -> Sipp:
    return Sipp(folder, name, "ceiling/customer.xml", free_port(), f"127.0.0.1:{server_port}", "-s", centre.NUMBER,
                "-key", "sound_port", str(sound_port), "-r", str(rate), "-l", str(at_once), "-m", "100000000")


def finish(calling: Sipp) -> Tally:
    """No new calls; those that are up are played to their end. One that is not over by then never will be: its customer
    waits to be joined to somebody. sipp would wait with him and heeds no SIGTERM."""
    calling.process.send_signal(signal.SIGUSR1)
    over = calling.ended(8)
    calling.stop(signal.SIGKILL)
    tally = calling.tally()
    if not over:
        tally.open = max(1, tally.open)
    return tally


def settled(ask: Callable[[], dict], is_over: Callable[[dict], bool]) -> dict:
    """What it tells once all is over, or when that long has passed: what comes after the customers' end takes moments."""
    deadline = time.monotonic() + SETTLING
    while not is_over(told := ask()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return told


class Ceiling(Program):
    """bench/ceiling. With a desk's port its transfers are asked for there."""

    def __init__(self, build: Path, folder: Path, port: int, agent: int, target: int, desk: int = 0):
        super().__init__([str(build / "bench" / "baton_ceiling"), "--listen", f"127.0.0.1:{port}", "--agent",
                          f"127.0.0.1:{agent}", "--target", f"127.0.0.1:{target}",
                          *(["--desk", f"127.0.0.1:{desk}"] if desk else [])], folder, "ceiling")
        self.line()

    def report(self) -> dict[str, float]:
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.line())

    def failed_calls(self) -> int:
        """After the customers have ended: a call that is still open has a party that was let hang."""
        told = settled(self.report, lambda told: told["open"] == 0)
        return told["failed"] + told["open"]


def measure_ceiling(build: Path, folder: Path, size: Size, at_once: int) -> Load:
    folder.mkdir(parents=True)
    sip, agent, target = free_port(), free_port(), free_port()
    with ExitStack() as stack:
        agents = stack.enter_context(Sipp(folder, "agent", "ceiling/agent.xml", agent))
        targets = stack.enter_context(Sipp(folder, "target", "ceiling/target.xml", target))
        ceiling = stack.enter_context(Ceiling(build, folder, sip, agent, target))
        calling = stack.enter_context(customers(folder, "customer", sip, free_port(), 4000, at_once))
        time.sleep(size.warm_up)
        first, before = ceiling.report(), snapshot(ceiling.pid)
        time.sleep(size.span)
        last, after = ceiling.report(), snapshot(ceiling.pid)
        tally = finish(calling)
        failed = ceiling.failed_calls()
        for each in (agents, targets):
            each.stop(signal.SIGUSR1, 3)
        spent = busy(before, after, ceiling.pid)
        tally += agents.tally() + targets.tally()
        return Load(round(last["transfers"] - first["transfers"]), after.at - before.at,
                    last["cpu_seconds"] - first["cpu_seconds"], spent.with_work, spent.on_cpu, at_once, tally, failed)


class Floor:
    """A Baton with its agents and their phones. The carrier is sipp, or the driver where times are taken."""

    def __init__(self, build: Path, folder: Path, agents: int, stack: ExitStack, driver_is_carrier: bool = False):
        self.folder, self.agents, self.stack = folder, agents, stack
        self.carrier_port, self.phone_port = free_port(), free_port()
        # The customers' phones: without a socket there, each packet of the queue's sound would come back as an error.
        self.sound = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.sound_port = free_port()
        self.sound.bind(("127.0.0.1", self.sound_port))
        config = centre.make(folder, build / "baton", agents, self.carrier_port)
        self.baton = stack.enter_context(Baton(build, folder, config))
        self.driver = stack.enter_context(Driver(build, folder, self.baton.http_port,
                                                self.carrier_port if driver_is_carrier else 0))

    def register(self, rate: float) -> None:
        """All phones from their one port, before start_phones(): Baton calls a phone where it registered from."""
        with Sipp(self.folder, "register", "peers/register.xml", self.phone_port, f"127.0.0.1:{self.baton.sip_port}",
                  "-inf", str(self.folder / "phones.csv"), "-r", str(rate), "-l", "20", "-m", str(self.agents)) as phones:
            if not phones.ended(30 + 10 * self.agents / rate) or phones.process.returncode != 0:
                raise BenchError(f"the phones could not register: {phones.tally()}")

    def start_phones(self) -> Sipp:
        return self.stack.enter_context(Sipp(self.folder, "agent", "ceiling/agent.xml", self.phone_port))

    def start_carrier(self) -> Sipp:
        return self.stack.enter_context(Sipp(self.folder, "carrier", "ceiling/target.xml", self.carrier_port))

    def sign_in(self) -> None:
        self.driver.order(f"desktops {self.folder / 'tokens'}")
        self.driver.until("signed_in", self.agents, 60)

    def go_available(self) -> None:
        self.driver.order("available")
        self.driver.until("available", self.agents, 60)

    def customers(self, rate: float, at_once: int) -> Sipp:
        return self.stack.enter_context(customers(self.folder, "customer", self.baton.sip_port, self.sound_port, rate, at_once))


def without_outcome(driver: dict) -> int:
    """Transfers that were asked for and of which no desktop was told how they ended."""
    return driver["transfers_asked"] - driver["connected"] - driver["other_outcomes"]


def thread_names(pid: int) -> dict[int, str]:
    return {int(task.name): (task / "comm").read_text().strip() for task in Path(f"/proc/{pid}/task").iterdir()}


def measure_baton(build: Path, folder: Path, size: Size, at_once: int) -> Load:
    with ExitStack() as stack:
        floor = Floor(build, folder, size.agents, stack)
        floor.register(200)
        phones, carrier = floor.start_phones(), floor.start_carrier()
        floor.sign_in()
        floor.go_available()
        floor.driver.order("work transfer")
        calling = floor.customers(4000, at_once)
        time.sleep(size.warm_up)
        first, before = floor.baton.metrics(), snapshot(floor.baton.pid)
        time.sleep(size.span)
        last, after = floor.baton.metrics(), snapshot(floor.baton.pid)
        names = thread_names(floor.baton.pid)
        tally = finish(calling)
        driver = settled(lambda: floor.driver.order("figures"), lambda told: without_outcome(told) == 0)
        for each in (phones, carrier):
            each.stop(signal.SIGUSR1, 3)
        transfers = round(last[CONNECTED] - first[CONNECTED])
        sip_cpu = last["baton_sip_thread_cpu_seconds_total"] - first["baton_sip_thread_cpu_seconds_total"]
        sip_thread = thread_of(before, after, sip_cpu)
        names[sip_thread] = "sip"
        spent = busy(before, after, sip_thread)
        tally += phones.tally() + carrier.tally()
        load = Load(transfers, after.at - before.at, after.cpu - before.cpu, spent.with_work, spent.on_cpu, at_once, tally,
                    driver["other_outcomes"] + driver["errors"] + abs(without_outcome(driver)))
        for thread, now in after.threads.items():
            name = names.get(thread, "?")
            was = before.threads.get(thread, NEW)
            each = 1000 / max(transfers, 1)
            load.threads_ms[name] = load.threads_ms.get(name, 0) + each * (now.on_cpu - was.on_cpu)
            load.kernel_ms[name] = load.kernel_ms.get(name, 0) + each * (now.kernel - was.kernel)
        if driver["first_error"]:
            print(f"    first error: {driver['first_error']}")
        return load


@dataclass
class Latency:
    """From the message that asks for a transfer to what follows, in ms."""

    rate: float = 0  # Transfers a second.
    acw_p50: float = 0  # The ceiling's: to the agent's release, which is when Baton tells ACW.
    acw_p99: float = 0
    invite_p50: float = 0
    invite_p99: float = 0
    commit_p99: float = 0
    commit_p999: float = 0
    samples: int = 0
    failed: int = 0

    @staticmethod
    def of(seen: dict, span: float, **more) -> Latency:
        """Of the driver's figures of that span."""
        acw, invite = seen["acw_ms"], seen["invite_ms"]
        return Latency(acw["count"] / span, acw["p50"], acw["p99"], invite["p50"], invite["p99"], samples=acw["count"], **more)


def measure_latency(build: Path, folder: Path, size: Size, rate: float) -> Latency:
    """At that many transfers a second, with the driver itself as the carrier, so that one clock times all."""
    with ExitStack() as stack:
        floor = Floor(build, folder, size.agents, stack, driver_is_carrier=True)
        floor.register(200)
        phones = floor.start_phones()
        floor.sign_in()
        floor.go_available()
        floor.driver.order("work transfer")
        calling = floor.customers(rate, size.agents)
        time.sleep(size.warm_up)
        before, parts = floor.baton.metrics(), [floor.driver.order("reset")]
        time.sleep(size.latency_span)
        parts.append(seen := floor.driver.order("reset"))
        after = floor.baton.metrics()
        tally = finish(calling)

        def whole() -> dict:
            last = floor.driver.order("figures")
            return {key: sum(part[key] for part in (*parts, last))
                    for key in ("transfers_asked", "connected", "other_outcomes", "errors")}

        driver = settled(whole, lambda told: without_outcome(told) == 0)
        phones.stop(signal.SIGUSR1, 3)
        failed = (tally + phones.tally()).lost + driver["errors"] + driver["other_outcomes"] + abs(without_outcome(driver))
        return Latency.of(seen, size.latency_span, failed=failed, commit_p99=commit_percentile_ms(before, after, 0.99),
                          commit_p999=commit_percentile_ms(before, after, 0.999))


def measure_ceiling_latency(build: Path, folder: Path, size: Size, rate: float) -> Latency:
    """The same of the ceiling: the driver is its carrier, and the desk that asks for each transfer by a datagram."""
    folder.mkdir(parents=True)
    sip, agent, target, desk = (free_port() for _ in range(4))
    with ExitStack() as stack:
        agents = stack.enter_context(Sipp(folder, "agent", "ceiling/agent.xml", agent))
        driver = stack.enter_context(Driver(build, folder, carrier_port=target, desk_port=desk))
        ceiling = stack.enter_context(Ceiling(build, folder, sip, agent, target, desk))
        calling = stack.enter_context(customers(folder, "customer", sip, free_port(), rate, size.agents))
        time.sleep(size.warm_up)
        driver.order("reset")
        time.sleep(size.latency_span)
        seen = driver.order("reset")
        tally = finish(calling)
        failed = ceiling.failed_calls()
        agents.stop(signal.SIGUSR1, 3)
        return Latency.of(seen, size.latency_span, failed=failed + (tally + agents.tally()).lost)


def saturate(measure, build: Path, folder: Path, size: Size, say) -> Load:
    """Raises the load until the SIP thread has work for over 90 % of the time. What failed on the way there counts, too."""
    load, failed = Load(), 0
    for at_once in size.calls_at_once:
        failed += load.failures
        load = measure(build, folder / str(at_once), size, at_once)
        say(f"    {at_once} calls at once: {load.per_second:.0f} transfers/s, {load.per_cpu_second:.0f} per CPU second, "
            f"SIP thread busy {load.sip_busy:.0f} % ({load.sip_on_cpu:.0f} % on a core), {load.failures} failed, "
            f"{100 * load.repeated_share:.3f} % repeated")
        if load.sip_busy > 90:
            break
    load.failed += failed
    return load
