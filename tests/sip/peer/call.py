"""One call of a peer: the dialog, its offers and answers, and its audio."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from peer.faults import Spec, matches
from peer.media import Media, Sound
from peer.message import Address, Request, Response, Uri
from peer.sdp import SdpError, Session
from peer.transaction import T2, ClientTransaction, ServerTransaction
from peer.transport import Flow

if TYPE_CHECKING:
    from peer.peer import Peer

SDP_TYPE = "application/sdp"


class Call:
    """A dialog (RFC 3261, 12) begun by an INVITE, either way."""

    def __init__(self, peer: Peer, outgoing: bool):
        self.peer = peer
        self.outgoing = outgoing
        self.call_id = ""
        self.local_tag = secrets.token_hex(4)
        self.local: Address | None = None
        self.remote: Address | None = None
        self.remote_target: Uri | None = None
        self.routes: list[str] = []
        self.local_cseq = 0
        self.remote_cseq = -1
        self.flow: Flow | None = None
        self.invite: Request | None = None
        self.client: ClientTransaction | None = None
        self.invite_transaction: ServerTransaction | None = None
        self.state = "new"  # calling, ringing, confirmed, ended.
        self.final: Response | None = None  # Of our own INVITE.
        self.ended_by = ""  # "us", "them", or the status that refused it.
        self.media = Media(peer.host, peer.tone)
        self.session = Session(peer.host, self.media.port, user=peer.user.lstrip("+") or "peer",
                               session_id=secrets.randbelow(2**31))
        self.auto_ack = True
        self.auto_prack = True
        #: Statuses with which the next re-INVITEs and UPDATEs are refused; empty: they are accepted.
        self.refuse_reinvites: deque[int] = deque()
        self.refuse_updates: deque[int] = deque()
        #: The test answers re-INVITEs itself, with answer_reinvite().
        self.manual_reinvites = False
        self.waiting_reinvites: deque[tuple[Request, ServerTransaction]] = deque()
        self.info_status = 200
        self.refer_status = 603
        #: The test answers the NOTIFYs after our REFER itself, with answer_notifies().
        self.manual_notifies = False
        self.waiting_notifies: list[tuple[Request, ServerTransaction]] = []
        self.sipfrags: list[int] = []  # Statuses told by NOTIFY after our REFER.
        self.refer_over = False
        self.cancelled = False
        self.digits = ""  # Received by INFO.
        self.forks: list[Call] = []
        self._pending_offer: ClientTransaction | None = None  # A re-INVITE of ours that is not answered yet.
        self._open_reinvite: ServerTransaction | None = None
        self._offer_is_ours = False  # The SDP in our last 2xx was an offer: the ACK brings the answer.
        self._acked: set[int] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._rseq = 0
        self._reliable: dict[int, asyncio.TimerHandle | None] = {}
        self._pracked: set[int] = set()
        self._answer_sent_reliably = False
        self._ack_of: dict[tuple[str, int], Request] = {}

    def __repr__(self) -> str:
        return f"<call of {self.peer.name}: {self.state}>"

    # --- Waiting ------------------------------------------------------------------------------------------------

    async def expect(self, spec: Spec, timeout: float = 20.0) -> Any:
        """The next matching message of this dialog."""
        return await self.peer.expect(lambda m: m.call_id == self.call_id and matches(spec, m), timeout)

    async def answered(self, timeout: float = 20.0) -> Call:
        """Waits until the call stands (an outgoing one: a 2xx; an incoming one: the ACK)."""
        await self.peer.until(lambda: self.state in ("confirmed", "ended"), "the answer", timeout)
        assert self.state == "confirmed", f"{self.peer.name}'s call ended instead: {self.ended_by}"
        return self

    async def ringing(self, status: int = 180, timeout: float = 20.0) -> Response:
        """Waits for a provisional response with that status."""
        return await self.peer.until(
            lambda: self.client and next((r for r in self.client.responses if r.status == status), None),
            f"{status}", timeout)

    async def refused(self, status: int | None = None, timeout: float = 20.0) -> Response:
        """Waits for the refusal of our INVITE; with `status`, it must be that one."""
        final = await self.peer.until(lambda: self.final, "the refusal", timeout)
        assert final.status >= 300, f"{self.peer.name}'s call was answered instead: {final.summary()}"
        assert status in (None, final.status), f"expected {status}, got {final.summary()}"
        return final

    async def ended(self, by: str | None = None, timeout: float = 20.0) -> None:
        """Waits until the call is over."""
        await self.peer.until(lambda: self.state == "ended", "the end of the call", timeout)
        assert by in (None, self.ended_by), f"{self.peer.name}'s call was ended by {self.ended_by}, not by {by}"

    async def hears(self, who: Call | Peer | int | Sound, timeout: float = 20.0) -> None:
        """Waits until this party hears that other one (its tone), or that sound."""
        sound = who.peer.tone if isinstance(who, Call) else getattr(who, "tone", who)
        try:
            await self.media.hears(sound, timeout)
        except AssertionError as error:
            raise AssertionError(f"{self.peer.name}: {error}\n{self.peer.log.text(self.peer.began)}") from None

    @property
    def peers_media(self) -> tuple[str, int]:
        """Where our audio goes, as the last description has it."""
        assert self.session.remote, "no description yet"
        return self.session.remote.audio_address

    # --- An outgoing call ---------------------------------------------------------------------------------------

    def dial(self, request: Request, flow: Flow, sdp: bool | bytes) -> None:
        from_ = request.from_
        self.local_tag = from_.tag or self.local_tag
        self.local, self.remote = from_, request.to
        self.call_id, self.local_cseq = request.call_id, request.cseq[0]
        self.remote_target, self.flow, self.invite = request.uri, flow, request
        self.state = "calling"
        if sdp:
            request.add("Content-Type", SDP_TYPE)
            request.body = self.session.offer() if sdp is True else sdp
        self.peer.calls[(self.call_id, self.local_tag)] = self
        self.client = ClientTransaction(self.peer, request, flow, self._on_invite_response).start()

    def _on_invite_response(self, response: Response) -> None:
        assert self.client and self.invite and self.flow
        if response.status in (401, 407) and self.peer.credentials and not self.peer.challenged(self.invite):
            retry = Request("INVITE", self.invite.uri, list(self.invite.headers), self.invite.body)
            self.peer.authorize(retry, response)
            self.invite, self.local_cseq = retry, retry.cseq[0]
            self.client = ClientTransaction(self.peer, retry, self.flow, self._on_invite_response).start()
            return
        if response.status < 200:
            self._on_provisional(response)
        elif response.status < 300:
            self._on_success(response)
        elif self.final is None:
            self.final = response
            self._end(str(response.status))

    def _on_provisional(self, response: Response) -> None:
        if response.status == 100 or self.state not in ("calling", "ringing"):
            return
        self.state = "ringing"
        if response.to.tag:
            self._take_dialog(response)
        if response.has_sdp and self.invite and self.invite.body:
            self._take_answer(response.body)
        if "RSeq" in response and "100rel" in response.all("Require") and self.auto_prack:
            rseq = int(response["RSeq"])
            if rseq not in self._pracked:
                self._pracked.add(rseq)
                self.send("PRACK", [("RAck", f"{rseq} {response['CSeq']}")])

    def _on_success(self, response: Response) -> None:
        if self.final is not None and self.final.to.tag != response.to.tag:
            self._on_fork(response)
            return
        first = self.final is None
        if first:
            self.final = response
            self._take_dialog(response)
            self.state = "confirmed"
            if response.has_sdp and self.invite and self.invite.body:
                self._take_answer(response.body)
        if self.auto_ack:
            self.acknowledge(response)
        if self.cancelled and first:
            self.peer.spawn(self.hangup())  # The 200 crossed our CANCEL (RFC 3261, 9.1).

    def _on_fork(self, response: Response) -> None:
        """A second 2xx: acknowledged and ended (RFC 3261, 13.2.2.4)."""
        fork = Call(self.peer, outgoing=True)
        fork.call_id, fork.local_tag, fork.local, fork.flow = self.call_id, self.local_tag, self.local, self.flow
        fork.local_cseq, fork.invite, fork.final, fork.state = self.local_cseq, self.invite, response, "confirmed"
        fork._take_dialog(response)
        fork.acknowledge(response)
        self.forks.append(fork)
        self.peer.spawn(fork.hangup())

    def _take_dialog(self, response: Response) -> None:
        self.remote = response.to
        if response.all("Contact"):
            self.remote_target = response.contact.uri
        self.routes = list(reversed(response.all("Record-Route")))

    def acknowledge(self, response: Response) -> None:
        """ACK for a 2xx of an INVITE or re-INVITE; with the answer where the 2xx brought the offer."""
        number = response.cseq[0]
        key = (response.to.tag or "", number)
        if key not in self._ack_of:
            body = b""
            request = self.client.request if self.client else self.invite
            if response.has_sdp and request is not None and not request.body:
                body = self._answer(response.body)
            ack = self.request("ACK", body=body, cseq=number)
            for name in ("Authorization", "Proxy-Authorization"):
                if request is not None and name in request:
                    ack.add(name, request[name])
            self._ack_of[key] = ack
        self.peer.emit(self._ack_of[key], self._flow())

    async def cancel(self) -> None:
        """CANCEL of our INVITE, as soon as the protocol allows, i.e. after a provisional response."""
        assert self.client and self.invite
        client = self.client
        await self.peer.until(lambda: client.responses, "a provisional response before CANCEL")
        if client.final is not None:
            return
        self.cancelled = True
        cancel = Request("CANCEL", self.invite.uri)
        for name in ("Via", "Max-Forwards", "From", "To", "Call-ID"):
            cancel.add(name, self.invite[name])
        cancel.add("CSeq", f"{self.invite.cseq[0]} CANCEL")
        assert self.flow
        ClientTransaction(self.peer, cancel, self.flow).start()

    # --- An incoming call ---------------------------------------------------------------------------------------

    def arrive(self, request: Request, transaction: ServerTransaction) -> None:
        self.invite, self.invite_transaction, self.flow = request, transaction, transaction.flow
        self.call_id, self.remote_cseq = request.call_id, request.cseq[0]
        self.local, self.remote = request.to.tagged(self.local_tag), request.from_
        self.remote_target = request.contact.uri
        self.routes = request.all("Record-Route")
        self.state = "calling"
        self.peer.calls[(self.call_id, self.local_tag)] = self
        transaction.respond(Response.to_request(request, 100))

    def fork(self) -> Call:
        """Another phone behind the same INVITE: its responses carry another tag."""
        assert self.invite and self.invite_transaction
        other = Call(self.peer, outgoing=False)
        other.invite, other.invite_transaction, other.flow = self.invite, self.invite_transaction, self.flow
        other.call_id, other.remote_cseq = self.call_id, self.remote_cseq
        other.local, other.remote = self.invite.to.tagged(other.local_tag), self.remote
        other.remote_target, other.routes, other.state = self.remote_target, self.routes, "calling"
        self.peer.calls[(other.call_id, other.local_tag)] = other
        return other

    def _respond_to_invite(self, status: int, headers: list[tuple[str, str]], body: bytes,
                           reason: str | None = None) -> Response:
        assert self.invite and self.invite_transaction
        if status < 300:
            headers = [("Contact", str(self.peer.contact)), ("Allow", ", ".join(self.peer.allow))] + headers
        if body:
            headers = headers + [("Content-Type", SDP_TYPE)]
        response = Response.to_request(self.invite, status, self.local_tag, headers, body, reason)
        if response.to.tag != self.local_tag:
            response.set("To", self.invite.to.tagged(self.local_tag))
        self.invite_transaction.respond(response)
        return response

    async def ring(self, status: int = 180, *, sdp: bool = False, reliable: bool = False,
                   headers: list[tuple[str, str]] | None = None, wait: bool = True) -> Call:
        """Sends a provisional response; a reliable one (RFC 3262) waits for its PRACK unless told not to."""
        assert self.invite
        extra = list(headers or [])
        body = b""
        if sdp:
            body = self._answer(self.invite.body)
            self._answer_sent_reliably = reliable
        if reliable:
            self._rseq += 1
            extra += [("Require", "100rel"), ("RSeq", str(self._rseq))]
        self.state = "ringing"
        response = self._respond_to_invite(status, extra, body)
        if reliable:
            number = self._rseq
            self._repeat_until(lambda: number in self._pracked or self.state == "ended", response, self.peer.t1)
            if wait:
                await self.peer.until(lambda: number in self._pracked, "PRACK")
        return self

    async def answer(self, *, headers: list[tuple[str, str]] | None = None, wait: bool = True,
                     sdp: bytes | None = None) -> Call:
        """Sends 200 (again until the ACK); with `wait`, comes back when the ACK is in."""
        assert self.invite and self.invite_transaction
        if self.state == "ended":
            return self
        if sdp is not None:
            body = sdp
        elif self._answer_sent_reliably:
            body = b""
        elif self.invite.body:
            body = self._answer(self.invite.body)
        else:
            body, self._offer_is_ours = self.session.offer(), True
        response = self._respond_to_invite(200, list(headers or []), body)
        self.state = "answered"
        self._repeat_until(lambda: self.is_acked(self.invite.cseq[0]) or self.state == "ended", response,
                           self.peer.t1)
        if wait:
            await self.peer.until(lambda: self.state in ("confirmed", "ended"), "ACK")
        return self

    async def reject(self, status: int = 486, headers: list[tuple[str, str]] | None = None,
                     wait: bool = True, reason: str | None = None) -> None:
        transaction = self.invite_transaction
        assert transaction
        self._respond_to_invite(status, list(headers or []), b"", reason)
        self._end(str(status))
        if wait:
            await self.peer.until(lambda: transaction.acked, "the ACK of our refusal")

    def on_cancel(self) -> None:
        self.cancelled = True
        if self.state in ("calling", "ringing"):
            self._respond_to_invite(487, [], b"")
            self._end("them")

    def _repeat_until(self, done: Callable[[], bool], response: Response, interval: float) -> None:
        def fire() -> None:
            if done():
                return
            assert self.invite_transaction
            if self.peer.retransmits:
                self.peer.emit(response, self.invite_transaction.flow, "again")
            self._repeat_until(done, response, min(interval * 2, T2))
        self._timers.append(asyncio.get_running_loop().call_later(interval, fire))

    def is_acked(self, number: int) -> bool:
        return number in self._acked

    def on_ack(self, request: Request) -> None:
        number = request.cseq[0]
        if number in self._acked:
            return
        self._acked.add(number)
        if self._offer_is_ours:
            self._offer_is_ours = False
            if request.has_sdp:
                self._take_answer(request.body)
            else:
                self.peer.violations.append("an ACK without the answer to the offer in our 200 (RFC 3261, 13.2.1)")
        if self.invite and number == self.invite.cseq[0] and self.state == "answered":
            self.state = "confirmed"
        if self._open_reinvite and self._open_reinvite.request.cseq[0] == number:
            self._open_reinvite.acknowledged()
            self._open_reinvite = None

    # --- Inside the dialog --------------------------------------------------------------------------------------

    def _flow(self) -> Flow:
        assert self.flow and self.remote_target
        if self.peer.transport.reliable:
            return self.flow
        hop = Address.parse(self.routes[0]).uri if self.routes else self.remote_target
        return self.peer.transport.flow(hop.address)  # type: ignore[union-attr]

    def request(self, method: str, headers: list[tuple[str, str]] | None = None, body: bytes = b"",
                cseq: int | None = None) -> Request:
        """A request inside the dialog, not sent yet."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        assert self.local and self.remote and self.remote_target
        request = self.peer.new_request(method, self.remote_target, self.remote,
                                        from_=self.local.tagged(self.local_tag), call_id=self.call_id, cseq=cseq)
        for route in self.routes:
            request.add("Route", route)
        for name, value in headers or []:
            request.add(name, value)
        if body:
            if "Content-Type" not in request:
                request.add("Content-Type", SDP_TYPE)
            request.body = body
        return request

    def send(self, method: str, headers: list[tuple[str, str]] | None = None, body: bytes = b"",
             on_response: Callable[[Response], None] | None = None) -> ClientTransaction:
        return ClientTransaction(self.peer, self.request(method, headers, body), self._flow(), on_response).start()

    async def hangup(self, timeout: float = 20.0) -> Response | None:
        """Ends the call in the way its state needs."""
        if self.state == "ended":
            return None
        if self.state in ("calling", "ringing"):
            if self.outgoing:
                await self.cancel()
                await self.peer.until(lambda: self.state == "ended", "487", timeout)
            else:
                await self.reject(486)
            return None
        self._end("us")
        return await self.send("BYE").result(timeout)

    async def reinvite(self, direction: str | None = None, *, sdp: bool = True, timeout: float = 20.0) -> Response:
        """Sends a re-INVITE and waits for its final response; ACKs a success. 491 is the caller's to deal with."""
        if direction:
            before, self.session.direction = self.session.direction, direction
        else:
            before = self.session.direction
        body = self.session.offer() if sdp else b""
        request = self.request("INVITE", body=body)
        acked: list[Response] = []

        def on_response(response: Response) -> None:
            if response.status < 200 or response.status >= 300:
                return
            if acked:
                self.peer.emit(self._ack_of[(response.to.tag or "", response.cseq[0])], self._flow())
                return
            acked.append(response)
            if response.all("Contact"):
                self.remote_target = response.contact.uri
            if body:
                self._take_answer(response.body)
                ack = self.request("ACK", cseq=response.cseq[0])
            else:
                ack = self.request("ACK", body=self._answer(response.body), cseq=response.cseq[0])
            self._ack_of[(response.to.tag or "", response.cseq[0])] = ack
            if self.auto_ack:
                self.peer.emit(ack, self._flow())
        self._pending_offer = ClientTransaction(self.peer, request, self._flow(), on_response).start()
        pending = self._pending_offer
        try:
            response = await pending.result(timeout)
        finally:
            self._pending_offer = None
        if response.status >= 300:
            self.session.direction = before
        return response

    async def hold(self) -> Response:
        return await self.reinvite("sendonly")

    async def resume(self) -> Response:
        return await self.reinvite("sendrecv")

    async def update(self, direction: str | None = None, *, sdp: bool = True,
                     headers: list[tuple[str, str]] | None = None) -> Response:
        """UPDATE (RFC 3311), with an offer unless told not to."""
        if direction:
            self.session.direction = direction
        body = self.session.offer() if sdp else b""
        response = await self.send("UPDATE", headers, body).result()
        if response.status < 300 and body:
            self._take_answer(response.body)
        return response

    async def info(self, digit: str, headers: list[tuple[str, str]] | None = None) -> Response:
        return await self.send("INFO", [("Content-Type", "application/dtmf-relay"), *(headers or [])],
                               f"Signal={digit}\r\nDuration=160\r\n".encode()).result()

    async def refer(self, target: str, *, replaces: str | None = None,
                    headers: list[tuple[str, str]] | None = None) -> Response:
        """REFER (RFC 3515) to a user part at the server, or to a whole URI."""
        uri = target if target.startswith("sip:") else str(Uri(target, self.peer.server_name))
        if replaces:
            uri += f"?Replaces={replaces}"
        return await self.send("REFER", [("Refer-To", f"<{uri}>"),
                                         ("Referred-By", f"<{self.peer.aor()}>")] + list(headers or [])).result()

    async def told(self, status: int, timeout: float = 20.0) -> None:
        """Waits until a NOTIFY after our REFER told that status."""
        await self.peer.until(lambda: status in self.sipfrags, f"NOTIFY with {status}", timeout)

    def answer_notifies(self, status: int = 200) -> None:
        """Answers the NOTIFYs that wait (manual_notifies)."""
        for request, transaction in self.waiting_notifies:
            transaction.respond(Response.to_request(request, status))
        self.waiting_notifies.clear()

    async def answer_reinvite(self, status: int = 200) -> Request:
        """Answers the next re-INVITE that waits (manual_reinvites)."""
        await self.peer.until(lambda: self.waiting_reinvites, "a re-INVITE")
        request, transaction = self.waiting_reinvites.popleft()
        self._answer_reinvite(request, transaction, status)
        return request

    def on_request(self, request: Request, transaction: ServerTransaction) -> None:
        number = request.cseq[0]
        if number <= self.remote_cseq:
            self.peer.violations.append(f"CSeq does not rise: {request.summary()} {number} after {self.remote_cseq}")
            transaction.respond(Response.to_request(request, 500))
            return
        self.remote_cseq = number
        if request.from_.tag != (self.remote.tag if self.remote else None) and self.remote and self.remote.tag:
            transaction.respond(Response.to_request(request, 481))
            return
        if self.state == "ended" and request.method != "BYE":
            transaction.respond(Response.to_request(request, 481))
            return
        handler = getattr(self, f"_on_{request.method.lower()}", None)
        if handler is None or request.method not in self.peer.allow:
            transaction.respond(Response.to_request(request, 405, headers=[("Allow", ", ".join(self.peer.allow))]))
            return
        handler(request, transaction)

    def _on_bye(self, request: Request, transaction: ServerTransaction) -> None:
        transaction.respond(Response.to_request(request, 200))
        if self.state != "ended":
            if self.state in ("calling", "ringing") and self.invite_transaction:
                self._respond_to_invite(487, [], b"")
            self._end("them")

    def _on_invite(self, request: Request, transaction: ServerTransaction) -> None:
        if self._pending_offer is not None:
            self._refuse_offer(request)
            transaction.respond(Response.to_request(request, 491))
            return
        if self._open_reinvite is not None and not self._open_reinvite.acked and \
                (self._open_reinvite.last is None or self._open_reinvite.last.status < 200):
            transaction.respond(Response.to_request(request, 500, headers=[("Retry-After", "1")]))
            return
        self._open_reinvite = transaction
        if self.refuse_reinvites:
            self._answer_reinvite(request, transaction, self.refuse_reinvites.popleft())
        elif self.manual_reinvites:
            self.waiting_reinvites.append((request, transaction))
        else:
            self._answer_reinvite(request, transaction, 200)

    def _answer_reinvite(self, request: Request, transaction: ServerTransaction, status: int) -> None:
        headers, body = [("Contact", str(self.peer.contact)), ("Allow", ", ".join(self.peer.allow))], b""
        if status >= 300:
            self._refuse_offer(request)
        if status < 300:
            if request.all("Contact"):
                self.remote_target = request.contact.uri
            if request.has_sdp:
                try:
                    body = self._answer(request.body)
                except SdpError as error:
                    self.peer.violations.append(str(error))
                    status = 488
            else:
                body, self._offer_is_ours = self.session.offer(), True
        if body:
            headers.append(("Content-Type", SDP_TYPE))
        response = Response.to_request(request, status, headers=headers, body=body)
        transaction.respond(response)
        if status < 300:
            self._repeat_reinvite(response, transaction, self.peer.t1)

    def _repeat_reinvite(self, response: Response, transaction: ServerTransaction, interval: float) -> None:
        def fire() -> None:
            if self.is_acked(response.cseq[0]) or self.state == "ended":
                return
            if self.peer.retransmits:
                self.peer.emit(response, transaction.flow, "again")
            self._repeat_reinvite(response, transaction, min(interval * 2, T2))
        self._timers.append(asyncio.get_running_loop().call_later(interval, fire))

    def _on_update(self, request: Request, transaction: ServerTransaction) -> None:
        if self.refuse_updates:
            self._refuse_offer(request)
            transaction.respond(Response.to_request(request, self.refuse_updates.popleft()))
            return
        headers, body = [("Contact", str(self.peer.contact))], b""
        if request.has_sdp:
            if self._pending_offer is not None:
                self._refuse_offer(request)
                transaction.respond(Response.to_request(request, 491))
                return
            body = self._answer(request.body)
            headers.append(("Content-Type", SDP_TYPE))
        transaction.respond(Response.to_request(request, 200, headers=headers, body=body))

    def _on_prack(self, request: Request, transaction: ServerTransaction) -> None:
        number = int(request["RAck"].split()[0])
        known = number <= self._rseq and number not in self._pracked
        headers, body = [], b""
        if known and request.has_sdp:
            body = self._answer(request.body)
            headers.append(("Content-Type", SDP_TYPE))
        transaction.respond(Response.to_request(request, 200 if known else 481, headers=headers, body=body))
        if known:
            self._pracked.add(number)

    def _on_info(self, request: Request, transaction: ServerTransaction) -> None:
        for line in request.body.decode(errors="replace").splitlines():
            if line.lower().startswith("signal") and self.info_status < 300:
                self.digits += line.partition("=")[2].strip()
        transaction.respond(Response.to_request(request, self.info_status))

    def _on_options(self, request: Request, transaction: ServerTransaction) -> None:
        transaction.respond(Response.to_request(request, 200, headers=[("Allow", ", ".join(self.peer.allow))]))

    def _on_refer(self, request: Request, transaction: ServerTransaction) -> None:
        transaction.respond(Response.to_request(request, self.refer_status))

    def _on_notify(self, request: Request, transaction: ServerTransaction) -> None:
        event = (request.get("Event") or "").split(";")[0].strip().lower()
        if event == "talk":
            if not self.peer.understands_talk or self.state not in ("calling", "ringing"):
                transaction.respond(Response.to_request(request, 489))
                return
            transaction.respond(Response.to_request(request, 200))
            self.peer.spawn(self._pick_up())
        elif event == "refer":
            if self.manual_notifies:
                self.waiting_notifies.append((request, transaction))
            else:
                transaction.respond(Response.to_request(request, 200))
            first = request.body.decode(errors="replace").split()
            if len(first) < 2 or first[0] != "SIP/2.0" or not first[1].isdigit():
                self.peer.violations.append(f"not a sipfrag: {request.body!r}")
                return
            self.sipfrags.append(int(first[1]))
            state = (request.get("Subscription-State") or "").split(";")[0].strip().lower()
            if state not in ("active", "pending", "terminated"):
                self.peer.violations.append(f"NOTIFY without a Subscription-State: {state!r}")
            self.refer_over = state == "terminated"
        else:
            transaction.respond(Response.to_request(request, 489))

    async def _pick_up(self) -> None:
        await self.answer()

    # --- Descriptions -------------------------------------------------------------------------------------------

    def _refuse_offer(self, request: Request) -> None:
        if request.has_sdp:
            self.session.refuse(request.body)

    def _answer(self, offer: bytes) -> bytes:
        answer = self.session.answer(offer)
        self._connect()
        return answer

    def _take_answer(self, answer: bytes) -> None:
        try:
            self.session.take_answer(answer)
        except (SdpError, ValueError) as error:
            self.peer.violations.append(f"{error}\n{answer.decode(errors='replace')}")
            return
        self._connect()

    def _connect(self) -> None:
        self.media.direct(self.peers_media, self.session.sends)

    # --- The end ------------------------------------------------------------------------------------------------

    def forget_dialog(self) -> None:
        """The party hung up and its BYE was lost: it answers 481 from now on."""
        self._end("us")

    def _end(self, by: str) -> None:
        if self.state != "ended":
            self.state, self.ended_by = "ended", by
        self.media.direct(None, False)

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        if self.client:
            self.client.stop()
        self.media.close()
        for fork in self.forks:
            fork.close()


async def talk(one: Call, other: Call, timeout: float = 20.0) -> None:
    """Both hear each other, and each one's audio goes straight to the other."""
    await asyncio.gather(one.hears(other, timeout), other.hears(one, timeout))
