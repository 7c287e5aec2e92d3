"""Ports of loopback that no other test has or will get.

A port that the system chooses (bind to 0) is anybody's again once its socket is closed: while a server is down between
two processes, or where a party sends to a port that is no longer, or not yet, somebody's (RTCP goes to the RTP port plus
one, whether or not anybody is there). So each process of tests takes blocks of ports that lie below those which the
system gives away by itself, and hands them out in turn.
"""

from __future__ import annotations

import socket
from pathlib import Path

FIRST = 10100  # Above 10080, at which no browser asks for a page (Fetch standard, 2.9: port blocking).
SIZE = 400  # Ports in a block.


def _end() -> int:
    """The first port that the system may give to anybody."""
    return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def _is_free(port: int) -> bool:
    """For UDP and TCP, on every address."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("", port))
            except OSError:
                return False
    return True


class Ports:
    """The blocks of this process. They are its own as long as it lives: a name of the kernel's stands for each."""

    def __init__(self) -> None:
        self._claims: list[socket.socket] = []
        self._ports: list[int] = []
        self._next = 0
        self._leased: set[int] = set()

    def take(self, count: int = 1, even: bool = False) -> int:
        """The first of so many free ports in a row (even: an even number), which nobody is given until give_back()."""
        for _ in range(2):
            for _ in range(len(self._ports)):
                first = self._ports[self._next]
                wanted = range(first, first + count)
                fits = (not (even and first % 2) and not self._leased.intersection(wanted) and
                        wanted[-1] in self._ports and all(_is_free(port) for port in wanted))
                self._next = (self._next + (count if fits else 1)) % len(self._ports)
                if fits:
                    self._leased.update(wanted)
                    return first
            self._claim()
        raise AssertionError(f"no {count} free ports in a row in {SIZE} new ones")

    def give_back(self, first: int, count: int = 1) -> None:
        self._leased.difference_update(range(first, first + count))

    def _claim(self) -> None:
        """One more block. Its name is an abstract socket's, which the kernel forgets with the process."""
        for start in range(FIRST, _end() - SIZE, SIZE):
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                claim.bind(f"\0baton-tests-ports-{start}")
            except OSError:
                claim.close()
                continue
            self._claims.append(claim)
            self._next = len(self._ports)
            self._ports += range(start, start + SIZE)
            return
        raise AssertionError(f"all ports from {FIRST} to {_end()} are taken by other tests")


PORTS = Ports()
