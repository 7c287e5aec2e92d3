"""Transactions of RFC 3261 section 17, from the side of a test: they retransmit as they must, and can be told not to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from peer.message import Request, Response
from peer.transport import Flow

if TYPE_CHECKING:
    from peer.peer import Peer

T2 = 4.0


class ClientTransaction:
    """A request of ours and what came back."""

    def __init__(self, peer: Peer, request: Request, flow: Flow,
                 on_response: Callable[[Response], None] | None = None):
        self.peer, self.request, self.flow, self.on_response = peer, request, flow, on_response
        self.responses: list[Response] = []
        self.final: Response | None = None
        self._ack: Request | None = None
        self._timer: asyncio.TimerHandle | None = None
        peer.client_transactions[(request.via.branch or "", request.method)] = self

    def start(self) -> ClientTransaction:
        self.peer.emit(self.request, self.flow)
        if not self.peer.transport.reliable:
            self._again(self.peer.t1)
        return self

    def _again(self, interval: float) -> None:
        def fire() -> None:
            if self.peer.retransmits:
                self.peer.emit(self.request, self.flow, "again")
            longer = interval * 2
            self._again(longer if self.request.method == "INVITE" else min(longer, T2))
        self._timer = asyncio.get_running_loop().call_later(interval, fire)

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def receive(self, response: Response) -> None:
        if response.status >= 200 or self.request.method == "INVITE":
            self.stop()
        self.responses.append(response)
        if response.status >= 200:
            self.final = self.final or response
        if self.request.method == "INVITE" and response.status >= 300:
            self._acknowledge(response)
        if self.on_response:
            self.on_response(response)

    def _acknowledge(self, response: Response) -> None:
        """The ACK of a refusal belongs to the transaction (RFC 3261, 17.1.1.3)."""
        if self._ack is None:
            ack = Request("ACK", self.request.uri)
            ack.add("Via", self.request["Via"])
            for route in self.request.all("Route"):
                ack.add("Route", route)
            ack.add("Max-Forwards", 70)
            ack.add("From", self.request["From"])
            ack.add("To", response["To"])
            ack.add("Call-ID", self.request.call_id)
            ack.add("CSeq", f"{self.request.cseq[0]} ACK")
            self._ack = ack
        self.peer.emit(self._ack, self.flow)

    async def result(self, timeout: float = 20.0) -> Response:
        """Waits for the final response."""
        final = await self.peer.until(lambda: self.final, f"the answer to {self.request.summary()}", timeout)
        assert isinstance(final, Response)
        return final


class ServerTransaction:
    """A request of theirs and what we answered."""

    def __init__(self, peer: Peer, request: Request, flow: Flow):
        self.peer, self.request, self.flow = peer, request, flow
        self.last: Response | None = None
        self.acked = False
        self._timer: asyncio.TimerHandle | None = None

    def respond(self, response: Response) -> None:
        self.last = response
        self.peer.emit(response, self.flow)
        if self.request.method == "INVITE" and response.status >= 300 and not self.peer.transport.reliable:
            self._again(response, self.peer.t1)

    def _again(self, response: Response, interval: float) -> None:
        def fire() -> None:
            if self.acked:
                return
            if self.peer.retransmits:
                self.peer.emit(response, self.flow, "again")
            self._again(response, min(interval * 2, T2))
        self._timer = asyncio.get_running_loop().call_later(interval, fire)

    def repeat(self) -> None:
        """The request came again: so does the last response."""
        if self.last is not None:
            self.peer.emit(self.last, self.flow, "again")

    def acknowledged(self) -> None:
        self.acked = True
        self.stop()

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
