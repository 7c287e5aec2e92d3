"""What judges the benchmark and the soak run (bench/measure), against made-up runs: each of their faults must be seen."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType

import pytest

from harness.config import SOURCE
from measure import load
from measure.programs import Tally
from measure.soak import Plan, Seen, Stop
from measure.soak_verdict import Verdict
from peer.ports import FIRST, SIZE, Ports

BEGAN = 1_800_000_000.0  # Unix seconds.
SLOW = "journal: a commit took 2500 ms, the disk is slow: new calls were refused meanwhile"
CALLS = ("number", "began", "ended", "answered", "end", "excused", "gave_up")
REQUESTS = ("id", "kind", "sent", "transfer", "refused", "outcome", "custody", "outcomes", "other_transfers")
SIZE_OF_A_RUN = load.Size(agents=1, calls_at_once=(150, 250), warm_up=0, span=0, latency_span=0)


def call(index: int, began: float, end: str = "us") -> tuple:
    answered = not end.startswith("refused")
    return f"+1202{index:07d}", BEGAN + began, BEGAN + began + (2 if answered else 0.01), int(answered), end, 0, 0


class Run:
    """What a soak run of two minutes leaves: a hundred calls, each answered and handed on, and three stops."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.calls = [call(index, index) for index in range(100)]
        self.seen = Seen(Plan(minutes=2, rate=1, kill_every=30, seed=1), seconds=120, cpu_seconds=1, stops=[
            Stop(BEGAN + 30, "killed", 0.5), Stop(BEGAN + 60, "killed", 0.5), Stop(BEGAN + 90, "handed over", 0.5)])
        self.log: list[tuple[float, str]] = []

    def verdict(self) -> Verdict:
        answered = [one for one in self.calls if one[3]]
        self._write("calls.tsv", CALLS, self.calls)
        self._write("requests.tsv", REQUESTS, [
            (f"r{index}", "number", 1, f"t{index}", "", "connected", "destination", 1, 0) for index in range(len(answered))])
        (self.folder / "baton-000.err").write_text("".join(json.dumps({
            "time": datetime.fromtimestamp(BEGAN + at, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": "warning", "msg": text}) + "\n" for at, text in self.log))
        (self.folder / "centre").mkdir()
        with sqlite3.connect(self.folder / "centre" / "baton.db") as store:
            store.execute("CREATE TABLE contacts(customer, direction, json)")
            store.executemany("INSERT INTO contacts VALUES(?, 'inbound', ?)",
                              [(one[0], json.dumps({"endedAt": "2027-01-15T08:00:00.000Z"})) for one in answered])
            store.execute("CREATE TABLE transfers(id, timeline)")
            store.executemany("INSERT INTO transfers VALUES(?, ?)", [
                (f"t{index}", json.dumps({"items": [{"state": "accepted"}, {"state": "connected"}]})) for index in range(len(answered))])
        store.close()
        nothing = ("gaps", "resyncs", "reconnects", "events", "registrations", "registrations_refused", "registrations_unanswered",
                   "died_customers", "died_destinations", "died_phones", "sip_messages", "sip_repeated", "sip_strangers", "legs_alive")
        self.seen.figures = {**dict.fromkeys(nothing, 0), "called": len(self.calls), "answered": len(answered),
                             "accepted": len(answered), "errors": {}}
        return Verdict(self.folder, self.seen)

    def _write(self, name: str, header: tuple, rows: list[tuple]) -> None:
        (self.folder / name).write_text("".join("\t".join(map(str, row)) + "\n" for row in [header, *rows]))


def script(path: str) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("a_script_of_bench", str(SOURCE / path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


# --- The soak run ---------------------------------------------------------------------------------------------------


def test_a_good_run_holds(tmp_path):
    assert Run(tmp_path).verdict().failed == []


def test_a_server_that_takes_no_call_does_not_hold(tmp_path):
    """Each INVITE was refused, and the log says nothing."""
    run = Run(tmp_path)
    run.calls = [call(index, index, "refused 503") for index in range(100)]
    assert run.verdict().failed == ["load", "calls that were refused"]


def test_a_server_that_takes_no_call_does_not_hold_with_a_reason_either(tmp_path):
    run = Run(tmp_path)
    run.calls = [call(index, 10, "refused 503") for index in range(100)]
    run.log = [(11, SLOW)]
    assert run.verdict().failed == ["load"]


def test_a_503_needs_a_slow_commit_or_a_stop_at_that_time(tmp_path):
    run = Run(tmp_path)
    run.calls[10:12] = [call(10, 10, "refused 503"), call(11, 30.2, "refused 503")]
    run.log = [(11, SLOW)]
    verdict = run.verdict()
    assert verdict.failed == []
    assert any(line.measured == "1 while the disk was slow, 1 at a stop of the server, 0 else" for line in verdict.lines)


@pytest.mark.parametrize(("began", "code"), [(20, 503), (10, 500)])
def test_a_refusal_without_one_does_not_hold(tmp_path, began: float, code: int):
    run = Run(tmp_path)
    run.calls[10] = call(10, began, f"refused {code}")
    run.log = [(11, SLOW)]
    assert run.verdict().failed == ["calls that were refused"]


def test_a_stop_that_was_due_and_never_came_does_not_hold(tmp_path):
    run = Run(tmp_path)
    run.seen.stops = run.seen.stops[:2]
    assert run.verdict().failed == ["server handed over"]


def test_a_run_that_was_ended_early_owes_no_stop(tmp_path):
    run = Run(tmp_path)
    run.seen.stops, run.seen.interrupted = run.seen.stops[:2], True
    assert run.verdict().failed == []


def test_each_third_stop_is_a_hand_over_and_the_last_seconds_are_quiet():
    assert Plan(minutes=2, rate=1, kill_every=30, seed=1).stops == ["killed", "killed", "handed over"]
    assert Plan(minutes=1.5, rate=1, kill_every=85, seed=1).stops == []
    assert Plan(minutes=0.05, rate=1, kill_every=5, seed=1).stops == []


def test_the_short_soak_run_stops_the_server_in_both_ways():
    command = re.search(r"NAME soak_smoke COMMAND \S+ (.*?)\n", (SOURCE / "bench" / "CMakeLists.txt").read_text())
    assert command
    words = command.group(1).split()
    given = dict(zip(words[::2], map(float, words[1::2])))
    assert set(Plan(given["--minutes"], given["--rate"], given["--kill-every"], 1).stops) == {"killed", "handed over"}


# --- The benchmark --------------------------------------------------------------------------------------------------


def test_what_failed_below_the_highest_load_counts():
    steps = iter([load.Load(failed=2, tally=Tally(failed=3), sip_busy=50), load.Load(sip_busy=95)])
    assert load.saturate(lambda *_: next(steps), Path(), Path(), SIZE_OF_A_RUN, lambda _: None).failures == 5


def test_a_latency_with_failed_transfers_is_not_reached(monkeypatch):
    run = script("bench/run")
    for failed in (0, 3):
        monkeypatch.setattr(run.load, "measure_latency", lambda *_, failed=failed: load.Latency(
            rate=100, acw_p50=1, acw_p99=2, samples=1000, failed=failed))
        report = run.Report(quick=False)
        run.run_latency(report, Path(), Path(), SIZE_OF_A_RUN, 100)
        assert report.reached == {"ACW event": failed == 0}


class FakeProgram:
    """Of a measurement: says whatever is asked, and has a tally."""

    pid = os.getpid()

    def __init__(self, failed: int = 0):
        self.failed = failed
        self.process = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def line(self) -> str:
        return '{"transfers": 1, "cpu_seconds": 1}'

    def send_signal(self, _how) -> None:
        pass

    def stop(self, *_) -> str:
        return '{"failed": 0}'

    def ended(self, _patience) -> bool:
        return True

    def tally(self) -> Tally:
        return Tally(failed=self.failed)


def test_a_call_that_fails_at_the_phones_or_the_carrier_is_a_failed_call(tmp_path, monkeypatch):
    failures = {"agent": 1, "target": 2, "customer": 4}
    monkeypatch.setattr(load, "Sipp", lambda folder, name, *_: FakeProgram(failures[name]))
    monkeypatch.setattr(load, "Program", lambda *_: FakeProgram())
    assert load.measure_ceiling(tmp_path, tmp_path / "run", SIZE_OF_A_RUN, 1).failures == 7


# --- Ports ----------------------------------------------------------------------------------------------------------


def test_a_port_of_the_benchmark_is_claimed_from_the_tests():
    """They run beside it: a server that is down between two processes must find its port as it left it."""
    ports = Ports()
    ours = (ports.take() - FIRST) // SIZE
    ask = "from measure.programs import free_port; print(free_port(), free_port(), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", ask], cwd=SOURCE / "bench", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as bench:
        one, other = map(int, bench.stdout.readline().split())
        assert one != other
        for port in (one, other):
            block = (port - FIRST) // SIZE
            assert block != ours
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim, pytest.raises(OSError, match="in use"):
                claim.bind(f"\0baton-tests-ports-{FIRST + SIZE * block}")
        bench.communicate("\n")
