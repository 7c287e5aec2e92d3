"""What the kernel tells about the machine and about a process: CPU time, memory, open files."""

from __future__ import annotations

import os
import platform
import resource
import time
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Thread:
    """A thread's time, in seconds since it began: on a core, ready but waiting for one, and in the kernel."""

    on_cpu: float
    waiting: float
    kernel: float  # Of on_cpu, in steps of a tick.


NEW = Thread(0, 0, 0)


@dataclass(frozen=True)
class Snapshot:
    at: float
    cpu: float  # User and system time of the process, in seconds.
    threads: dict[int, Thread]


def snapshot(pid: int) -> Snapshot:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    threads = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            on_cpu, waiting, _ = (task / "schedstat").read_text().split()
            kernel = (task / "stat").read_text().rpartition(")")[2].split()[12]
        except OSError:  # It has ended.
            continue
        threads[int(task.name)] = Thread(int(on_cpu) / 1e9, int(waiting) / 1e9, int(kernel) / TICKS)
    # The sum of schedstat would miss threads that ended; stat has them, in ticks of 10 ms.
    return Snapshot(time.monotonic(), (int(fields[11]) + int(fields[12])) / TICKS, threads)


@dataclass(frozen=True)
class Busy:
    """How a thread spent a span, in percent of it."""

    on_cpu: float
    with_work: float  # On a core, or ready and waiting for one: the rest of the span it had nothing to do.


def busy(before: Snapshot, after: Snapshot, thread: int) -> Busy:
    span = after.at - before.at
    began = before.threads.get(thread, NEW)
    ended = after.threads[thread]
    on_cpu = ended.on_cpu - began.on_cpu
    return Busy(100 * on_cpu / span, min(100.0, 100 * (on_cpu + ended.waiting - began.waiting) / span))


def thread_of(before: Snapshot, after: Snapshot, cpu_seconds: float) -> int:
    """The thread whose CPU time grew by just that much: metrics tell the figure, not the thread."""
    def distance(item: tuple[int, Thread]) -> float:
        began = before.threads.get(item[0], NEW)
        return abs(item[1].on_cpu - began.on_cpu - cpu_seconds)

    return min(after.threads.items(), key=distance)[0]


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def raise_open_files(wanted: int) -> int:
    """Raises the limit of open files as far as needed and allowed; gives back what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
        except (ValueError, OSError):  # Not root: no further than the hard limit.
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def describe() -> str:
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines()
                  if line.startswith("MemTotal"))
    return f"{os.cpu_count()} cores ({model}), {memory / 2**20:.0f} GiB, Linux {platform.release()}"
