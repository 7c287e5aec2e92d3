"""What a peer saw and did, in order: the evidence of every assertion."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field

from peer.message import Message, Request

_numbers = itertools.count(1)


@dataclass
class Entry:
    incoming: bool
    message: Message
    note: str = ""  # "lost", "held", "again" (a retransmission), or empty.
    consumed: bool = False
    at: float = field(default_factory=time.monotonic)
    number: int = field(default_factory=lambda: next(_numbers))  # One order over all peers of the process.

    def line(self, began: float) -> str:
        arrow = "<--" if self.incoming else "-->"
        note = f"  [{self.note}]" if self.note else ""
        cseq = f" ({self.message.get('CSeq')})" if isinstance(self.message, Request) else ""
        return f"{(self.at - began) * 1000:9.1f} ms {arrow} {self.message.summary()}{cseq}{note}"


class Log(list[Entry]):
    """The entries of one peer."""

    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def add(self, incoming: bool, message: Message, note: str = "") -> Entry:
        entry = Entry(incoming, message, note)
        self.append(entry)
        return entry

    def text(self, began: float, whole: bool = False) -> str:
        lines = [f"{self.name}:"]
        for entry in self:
            lines.append(entry.line(began))
            if whole:
                lines += ["            " + line for line in str(entry.message).splitlines()]
        return "\n".join(lines)
