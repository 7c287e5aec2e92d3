"""The processes of a measurement: Baton, the ceiling, sipp, the driver. None outlives the benchmark."""

from __future__ import annotations

import csv
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE.parent / "tests" / "sip"))

from peer.ports import PORTS  # noqa: E402: after the path above.


class BenchError(Exception):
    """Something that keeps a figure from being measured."""


def free_port() -> int:
    """A port of 127.0.0.1 for programs that do not let the kernel choose. It is this process's to its end, also while the
    program that listens there is down: tests that run beside take theirs in the same way."""
    try:
        return PORTS.take()
    except AssertionError as error:
        raise BenchError(f"no port below net.ipv4.ip_local_port_range is free ({error}): make that range begin higher, or end "
                         "what listens there") from error


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    os.setpgrp()  # Ctrl-C is for us, and we end our children in order.


class Program:
    """A child process; use as `with`."""

    def __init__(self, arguments: list[str], folder: Path, name: str, stdin: bool = False):
        self.name, self.folder = name, folder
        self.errors = folder / f"{name}.err"
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                arguments, cwd=folder, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=errors, text=True, preexec_fn=die_with_parent)

    def __enter__(self):
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.process.pid

    def line(self) -> str:
        assert self.process.stdout
        text = self.process.stdout.readline()
        if not text:
            raise BenchError(f"{self.name} ended: {self.errors.read_text(errors='replace')[-2000:]}")
        return text

    def stop(self, how: int = signal.SIGTERM, patience: float = 20.0) -> str:
        """Ends it; gives back what it still said."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            rest = self.process.communicate(timeout=patience)[0]
        except subprocess.TimeoutExpired:
            self.process.kill()
            rest = self.process.communicate()[0]
        except ValueError:  # Stopped before.
            rest = ""
        return rest or ""


class Obedient(Program):
    """A program that takes orders, a line each, and answers each with a line of JSON."""

    def __init__(self, arguments: list[str], folder: Path, name: str):
        super().__init__(arguments, folder, name, stdin=True)
        self.line()

    def order(self, text: str) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.line())
        if "error" in answer:
            raise BenchError(f"{self.name}, {text}: {answer['error']}")
        return answer


class Driver(Obedient):
    """bench/driver: the agents' desktops."""

    def __init__(self, build: Path, folder: Path, port: int = 0, carrier_port: int = 0, desk_port: int = 0):
        super().__init__([str(build / "bench" / "baton_bench_driver"), "--port", str(port), "--carrier-port",
                          str(carrier_port), "--desk-port", str(desk_port)], folder, "driver")

    def until(self, key: str, count: int, patience: float) -> dict[str, Any]:
        """Waits until that figure is reached; an error where it is not."""
        deadline = time.monotonic() + patience
        while (figures := self.order("figures"))[key] < count:
            if time.monotonic() > deadline:
                raise BenchError(f"{key}: {figures[key]} of {count} after {patience:.0f} s; {figures['open']} connected; errors: "
                                 f"{figures['errors']} {figures['first_error']}")
            time.sleep(0.1)
        return figures


@dataclass
class Tally:
    """What a sipp counted."""

    calls: int = 0
    failed: int = 0
    messages: int = 0
    repeated: int = 0  # Sent or received again.
    open: int = 0  # Begun, and neither successful nor failed so far.

    @property
    def lost(self) -> int:
        """Once it has been stopped: what was still open then is a call that somebody let hang."""
        return self.failed + self.open

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.calls + other.calls, self.failed + other.failed, self.messages + other.messages,
                     self.repeated + other.repeated, self.open + other.open)


class Sipp(Program):
    """One sipp with a scenario of bench/."""

    def __init__(self, folder: Path, name: str, scenario: str, port: int, *arguments: str):
        self.counts, self.statistics = folder / f"{name}.counts", folder / f"{name}.stat"
        program = shutil.which("sipp")
        if not program:
            raise BenchError("sipp is missing: apt-get install sip-tester")
        self.control = free_port()
        super().__init__(
            [program, "-cp", str(self.control), "-sf", str(HERE / scenario), "-i", "127.0.0.1", "-p", str(port), "-nostdin",
             "-buff_size", "4194304", "-fd", "1", "-trace_stat", "-stf", str(self.statistics),
             "-trace_counts", "-trace_err", "-error_file", str(folder / f"{name}.errors"), *arguments],
            folder, name)
        # Its screen would fill the pipe.
        assert self.process.stdout
        self.process.stdout.close()
        self.process.stdout = None
        self.scenario = Path(scenario).stem

    def set_rate(self, calls_a_second: float) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            control.sendto(f"cset rate {calls_a_second}".encode(), ("127.0.0.1", self.control))

    def ended(self, patience: float) -> bool:
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return False
        return True

    def tally(self) -> Tally:
        """As of its last second, or of its end."""
        if not self.statistics.exists():
            return Tally()
        rows = list(csv.DictReader(self.statistics.read_text(errors="replace").splitlines(), delimiter=";"))
        if not rows:
            return Tally()
        last = rows[-1]
        tally = Tally(calls=int(last["SuccessfulCall(C)"]), failed=int(last["FailedCall(C)"]), open=int(last["CurrentCall"]))
        file = next(iter(self.folder.glob(f"{self.scenario}_{self.pid}_counts.csv")), None)
        if file:
            lines = file.read_text(errors="replace").splitlines()
            names, values = lines[0].split(";"), lines[-1].split(";")
            for name, value in zip(names, values):
                if name.endswith(("_Sent", "_Recv")):
                    tally.messages += int(value or 0)
                elif name.endswith("_Retrans"):
                    tally.repeated += int(value or 0)
        return tally


class Baton(Program):
    """`baton serve`."""

    def __init__(self, build: Path, folder: Path, config: Path, name: str = "baton"):
        super().__init__([str(build / "baton"), "serve", "--config", str(config)], folder, name)
        ready = self.line()
        match = re.search(
            r"http=\S*?127\.0\.0\.1:(\d+)\S* sip=udp:127\.0\.0\.1:(\d+) metrics=\S*?127\.0\.0\.1:(\d+)", ready)
        if not match:
            raise BenchError(f"Baton did not say that it is ready, but: {ready}")
        self.http_port, self.sip_port, self.metrics_port = (int(port) for port in match.groups())

    def metrics(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        found = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                found[name] = float(value)
        return found


def commit_percentile_ms(before: dict[str, float], after: dict[str, float], share: float) -> float:
    """An upper bound in ms, from the commits' histogram: its buckets double."""
    buckets = []
    for name, value in after.items():
        match = re.fullmatch(r'baton_engine_commits\{below="([^"]+)"\}', name)
        if match:
            buckets.append((float(match.group(1)), value - before.get(name, 0)))
    total = sum(count for _, count in buckets)
    seen = 0.0
    for below, count in sorted(buckets):
        seen += count
        if total and seen >= share * total:
            return below * 1000
    return 0.0
