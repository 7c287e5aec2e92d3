"""A SIP party of a test: it reacts to messages, keeps a log, and can be made to fail in every way the tests need."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from peer.call import Call
from peer.digest import Credentials
from peer.faults import Faults, Spec, matches
from peer.log import Entry, Log
from peer.message import Address, Message, Request, Response, SipSyntaxError, Uri, parse
from peer.transaction import ClientTransaction, ServerTransaction
from peer.transport import Flow, TcpTransport, UdpTransport

ALLOW = ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "PRACK", "UPDATE", "REFER", "NOTIFY"]
_tones = itertools.cycle(range(750, 3000, 150))  # Apart from each other and from the server's own sounds.


class Peer:
    """A phone, a customer or a carrier. All methods belong to the event loop's thread."""

    def __init__(self, name: str, user: str, server: tuple[str, int], *, transport: str = "udp",
                 host: str = "127.0.0.1", credentials: Credentials | None = None, tone: int | None = None,
                 tls: tuple[ssl.SSLContext, ssl.SSLContext] | None = None):
        self.name, self.user, self.server, self.host = name, user, server, host
        self.credentials = credentials
        self.tone = tone or next(_tones)
        self.log = Log(name)
        self.faults = Faults()
        self.began = time.monotonic()
        self.t1 = 0.5
        self.retransmits = True
        self.allow = list(ALLOW)
        self.supported: list[str] = []
        self.server_name = server[0]  # The host part of the addresses of record.
        self.calls: dict[tuple[str, str], Call] = {}  # By Call-ID and our tag.
        self.arrived: deque[Call] = deque()  # Incoming calls that nobody has looked at.
        #: True: calls may come in that the test never takes by incoming(); else World fails it at its end.
        self.untaken_calls = False
        self.client_transactions: dict[tuple[str, str], ClientTransaction] = {}
        self.server_transactions: dict[tuple[str, str, str], ServerTransaction] = {}
        self.violations: list[str] = []  # What the other side did against the rules.
        self.errors: list[BaseException] = []  # Exceptions in our own handlers.
        #: What happens by itself with a new call: a coroutine function of the Call, or nothing (the test acts).
        self.on_call: Callable[[Call], Awaitable[None]] | None = None
        #: Phones pick up by themselves where the INVITE says so (Call-Info: answer-after=0).
        self.answers_when_told = True
        #: Answers NOTIFY with "Event: talk" by picking up; else 489.
        self.understands_talk = False
        #: Status with which the next INVITEs are refused before a call comes to be.
        self.refuse_invites: deque[int] = deque()
        #: Requests outside dialogs that get this status instead of the usual answer, by method.
        self.replies: dict[str, int] = {}
        #: Functions that answer requests outside dialogs themselves, by method.
        self.handlers: dict[str, Callable[[Request, ServerTransaction], None]] = {}
        self.contact_host = ""  # A name that the Contact shows instead of the address.
        #: Takes answers to messages that were sent past the transactions.
        self.takes_strays = False
        self.silent = False  # True: reads everything and answers nothing, like a phone that crashed.
        self.tasks: set[asyncio.Task] = set()
        self._changed: asyncio.Future | None = None
        self.transport: UdpTransport | TcpTransport
        if transport == "udp":
            self.transport = UdpTransport(self._receive)
        elif transport == "tcp":
            self.transport = TcpTransport(self._receive)
        else:
            assert tls, "TLS needs its two contexts"
            self.transport = TcpTransport(self._receive, *tls)

    # --- Life ---------------------------------------------------------------------------------------------------

    async def open(self, port: int = 0) -> Peer:
        await self.transport.open(self.host, port)
        return self

    async def close(self) -> None:
        for call in self.calls.values():
            call.close()
        for client in self.client_transactions.values():
            client.stop()
        for server in self.server_transactions.values():
            server.stop()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.transport.close()

    def spawn(self, work: Awaitable[None]) -> None:
        """Runs a handler beside the test; what it throws fails the test at its end."""
        async def run() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001: reported by check().
                self.errors.append(error)
                self.notify()
        task = asyncio.create_task(run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def check(self) -> None:
        """Fails if the other side broke a rule, or a handler of ours threw."""
        if self.errors:
            raise self.errors[0]
        assert not self.violations, f"{self.name} received what no one may send: {self.violations}"

    # --- Waiting and asserting ----------------------------------------------------------------------------------

    def notify(self) -> None:
        """Something happened: everybody who waits looks again."""
        if self._changed and not self._changed.done():
            self._changed.set_result(None)
        self._changed = None

    async def until(self, condition: Callable[[], Any], what: str, timeout: float = 20.0) -> Any:
        """Waits until the condition holds, which is looked at after each message; gives back its value."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (value := condition()):
            if self.errors:
                raise self.errors[0]
            left = deadline - loop.time()
            if left <= 0:
                raise AssertionError(f"{self.name} waited {timeout:g} s for {what}\n{self.log.text(self.began)}")
            if self._changed is None:
                self._changed = loop.create_future()
            await asyncio.wait([self._changed], timeout=left)
        return value

    def _find(self, spec: Spec) -> Entry | None:
        return next((e for e in self.log if e.incoming and not e.consumed and not e.note and
                     matches(spec, e.message)), None)

    async def expect(self, spec: Spec, timeout: float = 20.0) -> Any:
        """The first message received that matches and that no earlier expect() has taken; waits for it."""
        entry = await self.until(lambda: self._find(spec), f"{spec}", timeout)
        entry.consumed = True
        return entry.message

    async def expect_no(self, spec: Spec, until: Awaitable[Any]) -> Any:
        """Asserts that nothing matching comes in before `until` is done; gives back its result.

        `until` is a later event of the same flow, so that no time needs to be guessed.
        """
        start = len(self.log)
        result = await until
        found = [e for e in self.log[start:] if e.incoming and e.note != "lost" and matches(spec, e.message)]
        assert not found, f"{self.name} got {found[0].message.summary()}\n{self.log.text(self.began)}"
        return result

    def received(self, spec: Spec, retransmissions: bool = False) -> list[Any]:
        return [e.message for e in self.log if e.incoming and matches(spec, e.message) and
                (not e.note or (retransmissions and e.note == "again"))]

    def sent(self, spec: Spec) -> list[Any]:
        return [e.message for e in self.log if not e.incoming and matches(spec, e.message) and not e.note]

    # --- Sending ------------------------------------------------------------------------------------------------

    def emit(self, message: Message, flow: Flow, note: str = "") -> None:
        """Puts a message on the wire, as the faults have it."""
        entry = self.log.add(False, message, note)
        became = self.faults.outgoing(message, lambda: flow.send(message.encode()))
        if became != "sent":
            entry.note = f"{note} {became}".strip()
        self.notify()

    @property
    def contact(self) -> Address:
        params: dict[str, str | None] = {} if self.transport.name == "udp" else {"transport": self.transport.name}
        if self.contact_host:
            return Address(Uri(self.user, self.contact_host, None, params))
        return Address(Uri(self.user, self.transport.host, self.transport.port, params))

    @property
    def address(self) -> tuple[str, int]:
        return self.transport.host, self.transport.port

    def aor(self, user: str | None = None) -> Uri:
        """The address of record at the server."""
        return Uri(user or self.user, self.server_name)

    def new_via(self) -> str:
        return (f"SIP/2.0/{self.transport.name.upper()} {self.transport.host}:{self.transport.port}"
                f";rport;branch=z9hG4bK{secrets.token_hex(8)}")

    def new_request(self, method: str, uri: Uri | str, to: Address, *, from_: Address | None = None,
                    call_id: str | None = None, cseq: int = 1,
                    headers: list[tuple[str, str]] | None = None, body: bytes | str = b"") -> Request:
        request = Request(method, uri)
        request.add("Via", self.new_via())
        request.add("Max-Forwards", 70)
        request.add("From", from_ or Address(self.aor()).tagged(secrets.token_hex(4)))
        request.add("To", to)
        request.add("Call-ID", call_id or secrets.token_hex(12))
        request.add("CSeq", f"{cseq} {method}")
        if method in ("INVITE", "REGISTER", "UPDATE", "REFER", "OPTIONS", "SUBSCRIBE"):
            request.add("Contact", self.contact)
        if method in ("INVITE", "OPTIONS", "REGISTER", "UPDATE"):
            request.add("Allow", ", ".join(self.allow))
            if self.supported:
                request.add("Supported", ", ".join(self.supported))
        request.add("User-Agent", f"scripted-peer {self.name}")
        for name, value in headers or []:
            request.add(name, value)
        request.body = body.encode() if isinstance(body, str) else body
        return request

    async def send_request(self, request: Request, flow: Flow | None = None, timeout: float = 20.0) -> Response:
        """Sends a request outside any dialog and waits for its final response; answers one challenge."""
        flow = flow or await self.transport.flow_to(self.server)
        response = await ClientTransaction(self, request, flow).start().result(timeout)
        if response.status in (401, 407) and self.credentials and not self.challenged(request):
            self.authorize(request, response)
            response = await ClientTransaction(self, request, flow).start().result(timeout)
        return response

    @staticmethod
    def challenged(request: Request) -> bool:
        return "Authorization" in request or "Proxy-Authorization" in request

    def authorize(self, request: Request, challenge: Response) -> None:
        """Turns the request into its next try: with credentials, one CSeq higher, on a new branch."""
        assert self.credentials
        name, answer = (("WWW-Authenticate", "Authorization") if challenge.status == 401 else
                        ("Proxy-Authenticate", "Proxy-Authorization"))
        request.set(answer, self.credentials.authorize(challenge[name], request.method, str(request.uri)))
        request.set("CSeq", f"{request.cseq[0] + 1} {request.method}")
        request.set("Via", self.new_via())

    async def options(self, user: str = "") -> Response:
        uri = Uri(user, *self.server)
        return await self.send_request(self.new_request("OPTIONS", uri, Address(uri)))

    async def register(self, expires: int = 600, contact: str | None = None) -> Response:
        """REGISTER, with the answer to the challenge; raises unless it was accepted."""
        response = await self.try_register(expires, contact)
        assert response.status == 200, f"{self.name} could not register: {response.summary()}"
        return response

    async def try_register(self, expires: int = 600, contact: str | None = None) -> Response:
        if not hasattr(self, "_register_id"):
            self.forget_registration()
        self._register_cseq += 1
        uri = Uri("", self.server_name)
        request = self.new_request("REGISTER", uri, Address(self.aor()), call_id=self._register_id,
                                   cseq=self._register_cseq)
        request.set("Contact", contact or f"{self.contact}")
        request.add("Expires", expires)
        if self.understands_talk:
            request.add("Allow-Events", "talk")
        response = await self.send_request(request)
        self._register_cseq = request.cseq[0]
        return response

    def forget_registration(self) -> None:
        """The next REGISTER is as of one that has just started: by another Call-ID."""
        self._register_id, self._register_cseq = secrets.token_hex(12), 0

    # --- Calls --------------------------------------------------------------------------------------------------

    async def call(self, number: str, *, sdp: bool | bytes = True, headers: list[tuple[str, str]] | None = None,
                   wait: bool = False, from_: Address | None = None) -> Call:
        """Sends an INVITE to the server. With `wait`, comes back when it was answered."""
        uri = Uri(number, *self.server)
        if self.transport.name != "udp":
            uri.params["transport"] = self.transport.name
        call = Call(self, outgoing=True)
        request = self.new_request("INVITE", uri, Address(Uri(number, self.server_name)), from_=from_,
                                   headers=headers)
        call.dial(request, await self.transport.flow_to(self.server), sdp)
        if wait:
            await call.answered()
        return call

    async def incoming(self, timeout: float = 20.0) -> Call:
        """The next incoming call."""
        await self.until(lambda: self.arrived, "an incoming call", timeout)
        return self.arrived.popleft()

    # --- Receiving ----------------------------------------------------------------------------------------------

    def _receive(self, data: bytes, flow: Flow) -> None:
        try:
            message = parse(data)
        except (SipSyntaxError, ValueError) as error:
            self.violations.append(f"{error}\n{data.decode(errors='replace')}")
            self.notify()
            return
        if self.faults.incoming_is_lost(message):
            self.log.add(True, message, "lost")
            self.notify()
            return
        try:
            if isinstance(message, Response):
                self._receive_response(message)
            else:
                self._receive_request(message, flow)
        except Exception as error:  # noqa: BLE001: reported by check().
            self.errors.append(error)
        self.notify()

    def _receive_response(self, response: Response) -> None:
        transaction = self.client_transactions.get((response.via.branch or "", response.cseq[1]))
        if transaction is None:
            self.log.add(True, response, "stray")
            if not self.takes_strays:
                self.violations.append(f"a response to nothing: {response.summary()}")
            return
        again = response.status >= 200 and transaction.final is not None and \
            transaction.final.to.tag == response.to.tag
        self.log.add(True, response, "again" if again else "")
        if response.via.params.get("branch") and len(response.all("Via")) != 1:
            self.violations.append(f"a response with {len(response.all('Via'))} Vias: {response.summary()}")
        transaction.receive(response)

    def _receive_request(self, request: Request, flow: Flow) -> None:
        via = request.via
        sent_by = f"{via.host}:{via.port}"
        key = (via.branch or "", sent_by, "INVITE" if request.method == "ACK" else request.method)
        known = self.server_transactions.get(key)
        if known is not None:
            again = request.method != "ACK" or known.acked
            self.log.add(True, request, "again" if again else "")
            if request.method == "ACK":
                known.acknowledged()
            elif not self.silent:
                known.repeat()
            return
        call = self._call_of(request)
        if request.method == "ACK":
            again = call is not None and call.is_acked(request.cseq[0])
            self.log.add(True, request, "again" if again else "")
            if call is None:
                self.violations.append(f"an ACK for no call: {request['To']}")
            else:
                call.on_ack(request)
            return
        self.log.add(True, request)
        if self.silent:
            return
        transaction = ServerTransaction(self, request, flow)
        self.server_transactions[key] = transaction
        if request.method == "CANCEL":
            self._on_cancel(request, transaction, sent_by)
        elif call is not None:
            call.on_request(request, transaction)
        elif request.to.tag:
            transaction.respond(Response.to_request(request, 481))
        elif request.method in self.handlers:
            self.handlers[request.method](request, transaction)
        elif request.method in self.replies:
            transaction.respond(Response.to_request(request, self.replies[request.method], secrets.token_hex(4)))
        elif request.method == "INVITE":
            self._on_invite(request, transaction)
        elif request.method == "OPTIONS":
            transaction.respond(Response.to_request(request, 200, secrets.token_hex(4),
                                                    [("Allow", ", ".join(self.allow))]))
        else:
            transaction.respond(Response.to_request(request, 405, secrets.token_hex(4),
                                                    [("Allow", ", ".join(self.allow))]))

    def _call_of(self, request: Request) -> Call | None:
        tag = request.to.tag
        return self.calls.get((request.call_id, tag)) if tag else None

    def _on_invite(self, request: Request, transaction: ServerTransaction) -> None:
        if self.refuse_invites:
            status = self.refuse_invites.popleft()
            transaction.respond(Response.to_request(request, status, secrets.token_hex(4)))
            return
        call = Call(self, outgoing=False)
        call.arrive(request, transaction)
        self.arrived.append(call)
        told = any("answer-after=0" in value for value in request.all("Call-Info"))
        if told and self.answers_when_told:
            self.spawn(call.answer())
        elif self.on_call:
            self.spawn(self.on_call(call))

    def _on_cancel(self, request: Request, transaction: ServerTransaction, sent_by: str) -> None:
        invite = self.server_transactions.get((request.via.branch or "", sent_by, "INVITE"))
        if invite is None:
            transaction.respond(Response.to_request(request, 481, secrets.token_hex(4)))
            return
        if request.cseq[0] != invite.request.cseq[0] or request.uri != invite.request.uri:
            self.violations.append("a CANCEL whose CSeq or Request-URI is not its INVITE's (RFC 3261, 9.1)")
        if invite.last is None:
            self.violations.append("a CANCEL before any provisional response (RFC 3261, 9.1)")
        for call in list(self.calls.values()):
            if call.invite_transaction is invite:
                transaction.respond(Response.to_request(request, 200, call.local_tag))
                call.on_cancel()
                return
        transaction.respond(Response.to_request(request, 200, secrets.token_hex(4)))
