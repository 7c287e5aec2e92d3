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
from measure import crowd, load
from measure.programs import Sipp, Tally
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


def latency(**changes) -> load.Latency:
    return load.Latency(**{"rate": 1000, "acw_p50": 1, "acw_p99": 2, "invite_p50": 1, "invite_p99": 2, "commit_p99": 1,
                           "commit_p999": 2, "samples": 1000, "failed": 0, **changes})


def judged_latency(monkeypatch, seen: load.Latency, rate: float = 1000, half: float | None = 1000) -> dict[str, bool]:
    run = script("bench/run")
    monkeypatch.setattr(run.load, "measure_latency", lambda *_: seen)
    monkeypatch.setattr(run.load, "measure_ceiling_latency", lambda *_: latency())
    report = run.Report(quick=False)
    run.run_latency(report, Path(), Path(), SIZE_OF_A_RUN, rate, half)
    return report.reached


@pytest.mark.parametrize("changes", [{}, {"rate": 951}])
def test_a_latency_at_half_load_is_reached(monkeypatch, changes: dict):
    assert judged_latency(monkeypatch, latency(**changes)) == {"ACW event": True}


@pytest.mark.parametrize("changes", [
    {"failed": 3}, {"rate": 949}, {"rate": 10}, {"samples": 999}, {"acw_p99": 10}, {"acw_p99": 0}])
def test_a_latency_is_not_reached_with_failures_or_less_load_or_few_samples(monkeypatch, changes: dict):
    assert judged_latency(monkeypatch, latency(**changes)) == {"ACW event": False}


def test_a_load_that_was_asked_for_and_is_less_than_half_is_no_half_load(monkeypatch):
    assert judged_latency(monkeypatch, latency(rate=100), rate=100) == {"ACW event": False}


def test_a_latency_is_not_judged_where_half_load_is_not_known(monkeypatch, capsys):
    assert judged_latency(monkeypatch, latency(rate=100), rate=100, half=None) == {}
    told = capsys.readouterr().out
    assert "half load: 100" not in told
    assert "not judged" in told


# What a run leaves for others to read: these names are promised.
NAMES = ("transfers_per_cpu_second", "ceiling_transfers_per_cpu_second", "acw_p50_ms", "acw_p99_ms", "bytes_per_call",
         "bytes_per_desktop", "calls_held", "desktops_held", "events_per_second")


def whole_run(tmp_path: Path, monkeypatch, seen: load.Latency, held: crowd.Crowd, *arguments: str) -> tuple[int, dict]:
    """bench/run's exit code and file, of a run in which everything was measured as it is said here."""
    run = script("bench/run")
    monkeypatch.setattr(run.load, "saturate", lambda *_: load.Load(transfers=3000, seconds=1, cpu_seconds=1, sip_busy=95))
    for name in ("measure_latency", "measure_ceiling_latency"):
        monkeypatch.setattr(run.load, name, lambda *_: seen)
    monkeypatch.setattr(run.crowd, "measure_crowd", lambda *_: held)
    monkeypatch.setattr(run.crowd, "measure_events", lambda *_: 50_000.0)
    monkeypatch.setattr(run.machine, "raise_open_files", lambda wanted: wanted)
    monkeypatch.setattr(sys, "argv", ["run", "--build", str(tmp_path), "--output", str(tmp_path / "bench.json"), *arguments])
    return run.main(), json.loads((tmp_path / "bench.json").read_text())


def crowd_of(**changes) -> crowd.Crowd:
    return crowd.Crowd(**{"bytes_per_desktop": 14_000, "bytes_per_call": 28_000, "calls_held": 5000, "desktops_held": 5000, **changes})


def test_a_run_leaves_its_figures(tmp_path, monkeypatch):
    code, figures = whole_run(tmp_path, monkeypatch, latency(rate=1500, acw_p50=1.5, acw_p99=5), crowd_of())
    assert code == 0
    assert {name: figures[name] for name in NAMES} == dict(zip(NAMES, (3000, 3000, 1.5, 5, 28_000, 14_000, 5000, 5000, 50_000)))
    assert (figures["ceiling_first_sip_request_p50_ms"], figures["ceiling_first_sip_request_p99_ms"]) == (1, 2)
    assert figures["reached"]["ACW event"]
    assert figures["reached"]["memory per held call"]


@pytest.mark.parametrize(("seen", "held"), [
    (latency(acw_p99=0), crowd_of()), (latency(acw_p50=0), crowd_of()), (latency(commit_p99=0), crowd_of()),
    (latency(invite_p99=0), crowd_of()), (latency(), crowd_of(bytes_per_call=0)), (latency(), crowd_of(bytes_per_call=-100)),
    (latency(), crowd_of(bytes_per_desktop=0)), (latency(), crowd_of(calls_held=0)), (latency(), crowd_of(desktops_held=0))])
def test_what_was_not_measured_ends_the_run_with_an_error(tmp_path, monkeypatch, seen: load.Latency, held: crowd.Crowd):
    code, figures = whole_run(tmp_path, monkeypatch, seen, held)
    assert code == 1
    assert figures["reached"]["memory per held call"] == (held.bytes_per_call > 0)


def test_a_figure_under_another_name_is_missing(tmp_path, monkeypatch, capsys):
    run = script("bench/run")
    assert set(NAMES) <= {name for part in run.PARTS.values() for name in part}
    monkeypatch.setattr(run, "run_crowd", lambda report, *_: report.figures.update(held_calls=5000))
    monkeypatch.setattr(sys, "argv", ["run", "--build", str(tmp_path), "--output", str(tmp_path / "bench.json"), "--only", "crowd"])
    assert run.main() == 1
    assert "calls_held is missing" in capsys.readouterr().out


def test_a_part_alone_owes_no_figure_of_another(tmp_path, monkeypatch):
    code, figures = whole_run(tmp_path, monkeypatch, latency(rate=100), crowd_of(), "--only", "latency")
    assert code == 0
    assert figures["reached"] == {}


class FakeProgram:
    """Of a measurement: says whatever is asked, and has a tally. With `hangs` calls that nobody ends it does not end itself."""

    pid = os.getpid()

    def __init__(self, failed: int = 0, hangs: int = 0, told: str = '"failed": 0, "open": 0'):
        self.failed, self.hangs, self.told = failed, hangs, told
        self.process = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def line(self) -> str:
        return f'{{"ready": true, "transfers": 1, "cpu_seconds": 1, {self.told}}}'

    def report(self) -> dict:
        return json.loads(self.line())

    failed_calls = load.Ceiling.failed_calls

    def order(self, _text: str) -> dict:
        return {"acw_ms": SPREAD, "invite_ms": SPREAD}

    def send_signal(self, _how) -> None:
        pass

    def stop(self, *_) -> str:
        return ""

    def ended(self, _patience) -> bool:
        return self.hangs == 0

    def tally(self) -> Tally:
        return Tally(failed=self.failed, open=self.hangs)


SPREAD = {"count": 100, "p50": 1, "p99": 2}
CEILINGS = pytest.mark.parametrize("measured", [
    lambda *run: load.measure_ceiling(*run).failures, lambda *run: load.measure_ceiling_latency(*run).failed])


def failures_of(measured, tmp_path: Path, monkeypatch, parties: dict[str, FakeProgram], ceiling: FakeProgram) -> int:
    monkeypatch.setattr(load, "Sipp", lambda _folder, name, *_: parties.get(name, FakeProgram()))
    monkeypatch.setattr(load, "Ceiling", lambda *_: ceiling)
    monkeypatch.setattr(load, "SETTLING", 0)
    monkeypatch.setattr(load, "Driver", lambda *_, **__: FakeProgram())
    size = load.Size(agents=1, calls_at_once=(150,), warm_up=0, span=0, latency_span=0.01)
    return measured(tmp_path, tmp_path / "run", size, 1)


@CEILINGS
def test_a_good_run_of_the_ceiling_has_no_failed_call(measured, tmp_path, monkeypatch):
    assert failures_of(measured, tmp_path, monkeypatch, {}, FakeProgram()) == 0


def test_a_call_that_fails_at_the_phones_or_the_carrier_is_a_failed_call(tmp_path, monkeypatch):
    parties = {"agent": FakeProgram(1), "target": FakeProgram(2), "customer": FakeProgram(4)}
    assert failures_of(lambda *run: load.measure_ceiling(*run).failures, tmp_path, monkeypatch, parties, FakeProgram()) == 7


@CEILINGS
@pytest.mark.parametrize("who", ["agent", "customer"])
def test_a_call_that_hangs_is_a_failed_call(measured, who: str, tmp_path, monkeypatch):
    """Parked and never joined, in silence: to sipp it neither succeeds nor fails."""
    assert failures_of(measured, tmp_path, monkeypatch, {who: FakeProgram(hangs=3)}, FakeProgram()) == 3


@CEILINGS
@pytest.mark.parametrize("told", ['"failed": 2, "open": 0', '"failed": 0, "open": 2'])
def test_a_call_that_the_ceiling_did_not_end_is_a_failed_call(measured, told: str, tmp_path, monkeypatch):
    assert failures_of(measured, tmp_path, monkeypatch, {}, FakeProgram(told=told)) == 2


def test_customers_that_do_not_end_are_a_failed_call_whatever_sipp_counted():
    calling = FakeProgram(hangs=1)
    calling.tally = Tally
    assert load.finish(calling).lost == 1


class FakeFloor:
    """A centre in which so many transfers were asked for, of which so many came to an end."""

    def __init__(self, asked: int, connected: int, other_outcomes: int = 0):
        self.told = {"transfers_asked": asked, "connected": connected, "other_outcomes": other_outcomes, "errors": 0,
                     "first_error": "", "acw_ms": SPREAD, "invite_ms": SPREAD}
        self.baton = self.driver = self
        self.pid = os.getpid()

    def order(self, text: str) -> dict:
        """A reset tells its part, and nothing is left then."""
        told = self.told
        if text == "reset":
            self.told = {**told, **dict.fromkeys(("transfers_asked", "connected", "other_outcomes", "errors"), 0)}
        return told

    def metrics(self) -> dict:
        return {load.CONNECTED: 1, "baton_sip_thread_cpu_seconds_total": 1}

    def program(self, *_) -> FakeProgram:
        return FakeProgram()

    start_phones = start_carrier = customers = program

    def nothing(self, *_) -> None:
        pass

    register = sign_in = go_available = nothing


@pytest.mark.parametrize(("floor", "failures"), [
    ((10, 10), 0), ((10, 7), 3), ((10, 7, 1), 3)])
@pytest.mark.parametrize("measured", [
    lambda *run: load.measure_baton(*run).failures, lambda *run: load.measure_latency(*run).failed])
def test_a_transfer_without_an_outcome_is_a_failed_call(measured, floor: tuple, failures: int, tmp_path, monkeypatch):
    """Neither connected nor anything else: the server forgot it in silence. Another outcome is one, too."""
    monkeypatch.setattr(load, "Floor", lambda *_, **__: FakeFloor(*floor))
    monkeypatch.setattr(load, "SETTLING", 0)
    size = load.Size(agents=1, calls_at_once=(150,), warm_up=0, span=0.01, latency_span=0.01)
    assert measured(tmp_path, tmp_path, size, 1) == failures


def test_what_sipp_has_open_is_read(tmp_path):
    """Its last row, of a run in which twenty customers wait to be joined."""
    sipp = object.__new__(Sipp)
    sipp.folder, sipp.statistics, sipp.scenario, sipp.process = tmp_path, tmp_path / "customer.stat", "customer", FakeProgram()
    sipp.statistics.write_text("CurrentCall;SuccessfulCall(C);FailedCall(C);\n3;0;0;\n20;100;1;\n")
    assert sipp.tally() == Tally(calls=100, failed=1, open=20)
    assert sipp.tally().lost == 21


# --- Ports ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["ceiling/customer.xml", "peers/customer-stays.xml"])
def test_the_port_to_which_customers_want_their_sound_is_given(scenario: str):
    """Somebody listens there for the whole of a run, beside the tests: one that is written down is not claimed from them."""
    ports = re.findall(r"m=audio (\S+)", (SOURCE / "bench" / scenario).read_text())
    assert ports
    assert set(ports) == {"[sound_port]"}


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
