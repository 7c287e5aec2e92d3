"""The soak run: customers call all the time and are handed on, parties die, phones and desktops come back, and the server is
killed again and again. Measures only; soak_verdict.py judges."""

from __future__ import annotations

import json
import math
import random
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measure import centre
from measure.machine import raise_open_files, resident_bytes, snapshot
from measure.programs import Baton, BenchError, Obedient, free_port

#: What must be 0 when nobody talks any more: the core's legs, the SIP back end's, and commands without a result.
LEFT_OVER = ("baton_legs_open", "baton_sip_legs_open", "baton_commands_open", "baton_contacts_open", "baton_transfers_open")
EXTERNALS = 20  # Quick connects of outside numbers.
HAND_OVER_EVERY = 3  # Each third stop is SIGUSR1, as at an upgrade; the others are SIGKILL.
UNDISTURBED = 5.0  # Seconds.
HANDED_OVER = 75  # Baton's exit code then.
QUIET = 150.0  # Seconds in which calls end by themselves, and then what is left of the dead.
#: Limits of what is remembered for an agent, so low that they are reached within the first minutes: from then on memory
#: must not grow. The ring time, so that who does not answer does not hold an agent for long; the session timers' shortest,
#: which RFC 4028 sets.
CHANGES = {
    "sip": {"session_expires_seconds": 90, "min_se_seconds": 90, "restart_checks_per_second": 500},
    "transfer": {"ring_timeout_seconds": 6, "return_ring_seconds": 6, "idempotency_ids_per_agent": 20},
    "routing": {"offer_timeout_seconds": 6, "answer_timeout_seconds": 4},
    "http": {},
    "server": {"drain_seconds": 5},
    "log": {"level": "warning", "format": "json"},
}


@dataclass(frozen=True)
class Plan:
    minutes: float
    rate: float  # Customers who call, a second.
    kill_every: float  # Seconds.
    seed: int
    slack: float = 1  # Multiplies limits of time, for a machine that has other work, too.
    reached: float = 0  # Transfers a second of the benchmark, of which the rate is half; 0: it was chosen.

    @property
    def agents(self) -> int:
        """As many as are busy at that rate, and about half as many again."""
        return max(12, round(8 * self.rate))

    @property
    def stops(self) -> list[str]:
        """How the server is stopped while customers call, in order. The last seconds leave alone calls that are up, so that
        both ways to the end are seen."""
        count = math.ceil((self.minutes * 60 - UNDISTURBED) / self.kill_every) - 1
        return ["handed over" if index % HAND_OVER_EVERY == HAND_OVER_EVERY - 1 else "killed" for index in range(count)]


@dataclass(frozen=True)
class Sample:
    at: float  # Seconds since the beginning.
    life: int  # Which process.
    age: float  # Seconds since it was ready.
    resident: int


@dataclass(frozen=True)
class Stop:
    at: float  # Unix seconds.
    how: str
    away: float  # Seconds until it took traffic again.


@dataclass
class Seen:
    """All that was measured."""

    plan: Plan
    seconds: float = 0  # In which customers called.
    cpu_seconds: float = 0  # Of all processes of the server.
    interrupted: bool = False
    samples: list[Sample] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # Of the server's process: deaths, exit codes.
    figures: dict[str, Any] = field(default_factory=dict)  # The parties' last.
    left_over: dict[str, float] = field(default_factory=dict)  # What was not 0 at the end.


def write_agents(folder: Path, agents: int) -> list[dict]:
    """The files for the parties; gives back the quick connects."""
    def quick_connect(kind: str, name: str, **more: str) -> dict:
        return {"arn": centre.arn("transfer-destination", name), "name": name, "type": kind, **more}

    connects = [quick_connect("queue", "To the queue", queue="Bench")]
    connects += [quick_connect("phone_number", f"Outside {i}", phoneNumber=f"+1208209{i:04d}") for i in range(EXTERNALS)]
    connects += [quick_connect("agent", f"To agent {i}", agentLogin=centre.login(i)) for i in range(agents)]
    kinds = {"queue": "queue", "phone_number": "external", "agent": "agent"}
    lines = [f'number\t\t{json.dumps(f"+1208210{i:04d}")}' for i in range(EXTERNALS)]
    for one in connects:
        data = {"endpointARN": one["arn"], "endpointId": one["arn"], "type": one["type"], "name": one["name"],
                "phoneNumber": one.get("phoneNumber"), "agentLogin": None, "queue": None}
        lines.append(f"{kinds[one['type']]}\t{one.get('agentLogin', '')}\t{json.dumps(data)}")
    (folder / "destinations").write_text("\n".join(lines) + "\n")
    (folder / "agents").write_text("".join(
        f"{centre.login(i)} {centre.token(centre.login(i), 'agent')} {centre.password(i)}\n" for i in range(agents)))
    return connects


class Soak:
    """One run. Ctrl-C ends its load early, a second one the wait for the end of what is up."""

    def __init__(self, build: Path, folder: Path, plan: Plan, say):
        self.build, self.folder, self.plan, self.say = build, folder, plan, say
        self.seen = Seen(plan)
        self.lives = 0
        self.baton: Baton
        self.peers: Obedient
        self.began = self.ready_at = time.monotonic()

    def run(self) -> Seen:
        interrupts: list[int] = []
        before = signal.signal(signal.SIGINT, lambda *_: interrupts.append(1))
        self.interrupts = interrupts
        try:
            with ExitStack() as stack:
                self._set_up(stack)
                self._load()
                self._end()
        finally:
            signal.signal(signal.SIGINT, before)
        return self.seen

    # --- Life of the server -------------------------------------------------------------------------------------

    def _start_server(self) -> None:
        self.baton = Baton(self.build, self.folder, self.config, f"baton-{self.lives:03d}")
        self.lives += 1
        self.ready_at = time.monotonic()

    def _ended(self, expected: int) -> None:
        code = self.baton.process.wait(60)
        if code != expected:
            self.seen.faults.append(f"process {self.lives - 1} ended with {code} instead of {expected}")

    def _stop_and_start(self, how: str) -> None:
        at, began = time.time(), time.monotonic()
        self.seen.cpu_seconds += snapshot(self.baton.pid).cpu
        hand_over = how == "handed over"
        self.baton.process.send_signal(signal.SIGUSR1 if hand_over else signal.SIGKILL)
        self._ended(HANDED_OVER if hand_over else -signal.SIGKILL)
        self._start_server()
        self.seen.stops.append(Stop(at, how, time.monotonic() - began))

    def _look_after(self) -> None:
        """Samples memory; a server that died by itself is started again, as its service manager would."""
        if self.baton.process.poll() is None:
            now = time.monotonic()
            self.seen.samples.append(Sample(now - self.began, self.lives - 1, now - self.ready_at, resident_bytes(self.baton.pid)))
            return
        self.seen.faults.append(f"process {self.lives - 1} ended by itself with {self.baton.process.returncode}")
        at, began = time.time(), time.monotonic()
        self._start_server()
        self.seen.stops.append(Stop(at, "died by itself", time.monotonic() - began))

    # --- The course of the run ----------------------------------------------------------------------------------

    def _set_up(self, stack: ExitStack) -> None:
        agents = self.plan.agents
        raise_open_files(agents + 1000)
        inputs = self.folder / "inputs"
        inputs.mkdir()
        connects = write_agents(inputs, agents)
        sip, http, metrics, carrier = (free_port() for _ in range(4))
        changes = {section: dict(keys) for section, keys in CHANGES.items()}
        # The addresses are fixed, since a server that comes back must be found where it was.
        changes["sip"]["listen"] = [f"udp:127.0.0.1:{sip}"]
        changes["http"] |= {"listen": f"127.0.0.1:{http}", "metrics_listen": f"127.0.0.1:{metrics}"}
        changes["trunk.carrier"] = {"allowed_caller_ids": ["*"]}
        self.config = centre.make(self.folder / "centre", self.build / "baton", agents, carrier, changes, connects)
        stack.callback(lambda: self.baton.stop(signal.SIGKILL) if hasattr(self, "baton") else None)
        self._start_server()
        self.peers = stack.enter_context(Obedient(
            [str(self.build / "bench" / "baton_soak_peers"), "--sip-port", str(sip), "--http-port", str(http),
             "--carrier-port", str(carrier), "--inbound", centre.NUMBER, "--agents", str(inputs / "agents"),
             "--destinations", str(inputs / "destinations"), "--seed", str(self.plan.seed)], self.folder, "peers"))
        self.peers.order("phones 200")
        self._until(lambda f: f["registered_phones"] >= agents, 30 + agents / 50, "all phones are registered")
        self.peers.order("desktops")
        self._until(lambda f: f["available"] >= agents, 60, "all agents are Available")

    def _until(self, holds, patience: float, what: str) -> dict[str, Any]:
        patience *= self.plan.slack
        deadline = time.monotonic() + patience
        while not holds(figures := self.peers.order("figures")):
            if time.monotonic() > deadline:
                raise BenchError(f"not after {patience:.0f} s: {what}; {json.dumps(figures)}")
            time.sleep(0.2)
        return figures

    def _load(self) -> None:
        plan = self.plan
        self.began = time.monotonic()
        self.peers.order(f"call {plan.rate}")
        stops, next_stop, told = iter(plan.stops), plan.kill_every, 0.0
        while (elapsed := time.monotonic() - self.began) < plan.minutes * 60 and not self.interrupts:
            self._look_after()
            if elapsed >= next_stop and (how := next(stops, None)):
                self._stop_and_start(how)
                next_stop += plan.kill_every
            if elapsed - told >= 5:
                told = elapsed
                self._tell(elapsed)
            time.sleep(1)
        self.seen.seconds = time.monotonic() - self.began
        self.seen.interrupted = bool(self.interrupts)

    def _tell(self, elapsed: float) -> None:
        figures = self.peers.order("figures")
        resident = self.seen.samples[-1].resident if self.seen.samples else 0
        trouble = figures["lost"] + figures["gaps"] + figures["double_outcomes"]
        self.say(f"  {elapsed:6.0f} s  calls {figures['called']}, up {figures['customers_alive']}; transfers {figures['accepted']}; "
                 f"agents free {figures['available']}; memory {resident / 2**20:.0f} MiB; stops {len(self.seen.stops)}"
                 + (f"; TROUBLE {trouble}: {figures['first_fault']} {figures['first_lost']}" if trouble else ""))

    def _end(self) -> None:
        """Nobody new; what is up ends; a last kill, since at its start a server asks every leg whether it still stands."""
        self.say("  nobody calls any more; waiting until all calls are over"
                 + (" (Ctrl-C again ends that, too)" if self.seen.interrupted else ""))
        self.interrupts.clear()
        self.peers.order("call 0")
        self._quiet(lambda f: f["customers_alive"] == 0)
        if not self.interrupts:
            self._stop_and_start("killed")
            self.peers.order("calm")
            self._quiet(lambda f: f["legs_alive"] == 0 and f["connected"] == self.plan.agents
                        and f["accepted"] == f["outcomes"] and not self._left_over())
        self.seen.figures = self.peers.order("figures")
        (self.folder / "stops.json").write_text(json.dumps([vars(stop) for stop in self.seen.stops], indent=1))
        self.seen.left_over = self._left_over()
        self.peers.order(f"report {self.folder}")
        self.seen.cpu_seconds += snapshot(self.baton.pid).cpu
        self.baton.process.send_signal(signal.SIGTERM)
        self._ended(0)

    def _quiet(self, holds) -> None:
        deadline = time.monotonic() + QUIET * self.plan.slack
        while time.monotonic() < deadline and not self.interrupts and not holds(self.peers.order("figures")):
            self._look_after()
            time.sleep(1)

    def _left_over(self) -> dict[str, float]:
        metrics = self.baton.metrics()
        return {name: metrics[name] for name in LEFT_OVER if metrics[name] != 0}


def seed() -> int:
    return random.SystemRandom().randrange(2**31)


def progress(line: str) -> None:
    print(line, flush=True)
    sys.stdout.flush()
