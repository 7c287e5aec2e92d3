"""Which message is meant, and what is to go wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from peer.message import Message, Request, Response

Spec = "str | int | Callable[[Message], bool]"


def matches(spec: Spec, message: Message) -> bool:
    """Whether the message is what the spec names.

    A spec is a method ("INVITE"), a status (200, "200", "2xx"), both ("200 INVITE": the answer to an INVITE),
    "re-INVITE" (an INVITE inside a dialog), or a function of the message.
    """
    if callable(spec):
        return bool(spec(message))
    parts = str(spec).split()
    if re.fullmatch(r"[1-6](\d\d|xx)", parts[0]):
        if not isinstance(message, Response):
            return False
        status = str(message.status)
        if parts[0].endswith("xx"):
            if status[0] != parts[0][0]:
                return False
        elif status != parts[0]:
            return False
        return len(parts) == 1 or message.cseq[1] == parts[1]
    if not isinstance(message, Request):
        return False
    if parts[0] == "re-INVITE":
        return message.method == "INVITE" and message.to.tag is not None
    return message.method == parts[0]


@dataclass
class Held:
    """Messages that are kept back until release()."""

    spec: Spec
    held: list[tuple[Message, Callable[[], None]]] = field(default_factory=list)
    active: bool = True

    def release(self) -> None:
        """Lets everything go that was held, in order, and holds nothing more."""
        self.active = False
        for _, go in self.held:
            go()
        self.held.clear()


@dataclass
class _Loss:
    spec: Spec
    left: int
    skip: int


class Faults:
    """What goes wrong on a peer's wire. Everything is counted in messages, nothing in time."""

    def __init__(self) -> None:
        self._lost_in: list[_Loss] = []
        self._lost_out: list[_Loss] = []
        self._doubled: list[_Loss] = []
        self._held: list[Held] = []

    def lose_incoming(self, spec: Spec, times: int = 1, skip: int = 0) -> None:
        """The next `times` matching messages (after `skip`) never arrive."""
        self._lost_in.append(_Loss(spec, times, skip))

    def lose_outgoing(self, spec: Spec, times: int = 1, skip: int = 0) -> None:
        """The next `times` matching messages are sent into the void."""
        self._lost_out.append(_Loss(spec, times, skip))

    def duplicate(self, spec: Spec, times: int = 1) -> None:
        """The next `times` matching messages are sent twice."""
        self._doubled.append(_Loss(spec, times, 0))

    def hold_back(self, spec: Spec) -> Held:
        """Matching outgoing messages wait until release()."""
        held = Held(spec)
        self._held.append(held)
        return held

    @staticmethod
    def _take(losses: list[_Loss], message: Message) -> bool:
        for loss in losses:
            if loss.left > 0 and matches(loss.spec, message):
                if loss.skip > 0:
                    loss.skip -= 1
                    return False
                loss.left -= 1
                return True
        return False

    def incoming_is_lost(self, message: Message) -> bool:
        return self._take(self._lost_in, message)

    def outgoing(self, message: Message, send: Callable[[], None]) -> str:
        """Sends the message as the faults have it; says what became of it."""
        if self._take(self._lost_out, message):
            return "lost"
        for held in self._held:
            if held.active and matches(held.spec, message):
                held.held.append((message, send))
                return "held"
        send()
        if self._take(self._doubled, message):
            send()
            return "doubled"
        return "sent"
