"""How messages get in and out: UDP, TCP and TLS on loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from peer.message import split_stream
from peer.ports import PORTS

Receiver = Callable[[bytes, "Flow"], None]


class Flow:
    """Where a message came from; an answer goes back the same way (RFC 3261, 18.2.2)."""

    def __init__(self, transport: str, remote: tuple[str, int], send: Callable[[bytes], None]):
        self.transport, self.remote, self._send = transport, remote, send

    def send(self, data: bytes) -> None:
        self._send(data)


class UdpTransport(asyncio.DatagramProtocol):
    name = "udp"
    reliable = False

    def __init__(self, receive: Receiver):
        self.receive = receive
        self.host, self.port = "", 0
        self.given = 0  # To give back.
        self.transport: asyncio.DatagramTransport | None = None

    async def open(self, host: str, port: int) -> None:
        """On that port; 0: one that is free."""
        loop = asyncio.get_running_loop()
        self.host, self.port = host, port or PORTS.take()
        self.given = 0 if port else self.port
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, self.port))

    async def flow_to(self, remote: tuple[str, int]) -> Flow:
        return self.flow(remote)

    def flow(self, remote: tuple[str, int]) -> Flow:
        def send(data: bytes) -> None:
            if self.transport and not self.transport.is_closing():
                self.transport.sendto(data, remote)
        return Flow("udp", remote, send)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.strip(b"\r\n\0"):  # Keep-alives of RFC 5626 are no messages.
            self.receive(data, self.flow(addr))

    def error_received(self, exc: Exception) -> None:
        """An ICMP error: the retransmission timers deal with it."""

    async def close(self) -> None:
        """Returns when the port is free again: asyncio closes a socket in a later turn of its loop."""
        if self.transport:
            bound = self.transport.get_extra_info("socket")
            self.transport.close()
            while bound.fileno() != -1:
                await asyncio.sleep(0)
            PORTS.give_back(self.given)


class TcpTransport:
    reliable = True

    def __init__(self, receive: Receiver, server_tls: ssl.SSLContext | None = None,
                 client_tls: ssl.SSLContext | None = None):
        self.receive = receive
        self.server_tls, self.client_tls = server_tls, client_tls
        self.name = "tls" if client_tls else "tcp"
        self.host, self.port = "", 0
        self.given = 0  # To give back.
        self.server: asyncio.Server | None = None
        self.flows: dict[tuple[str, int], Flow] = {}
        self.writers: set[asyncio.StreamWriter] = set()
        self.tasks: set[asyncio.Task] = set()

    async def open(self, host: str, port: int) -> None:
        self.host, self.port = host, port or PORTS.take()
        self.given = 0 if port else self.port
        self.server = await asyncio.start_server(self._accepted, host, self.port, ssl=self.server_tls)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._read(reader, writer)

    async def flow_to(self, remote: tuple[str, int]) -> Flow:
        flow = self.flows.get(remote)
        if flow is None:
            reader, writer = await asyncio.open_connection(*remote, ssl=self.client_tls,
                                                           local_addr=(self.host, 0))
            flow = self._add(writer)
            task = asyncio.create_task(self._read(reader, writer, flow))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return flow

    def _add(self, writer: asyncio.StreamWriter) -> Flow:
        remote = writer.get_extra_info("peername")[:2]
        self.writers.add(writer)

        def send(data: bytes) -> None:
            if not writer.is_closing():
                writer.write(data)
        self.flows[remote] = Flow(self.name, remote, send)
        return self.flows[remote]

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                    flow: Flow | None = None) -> None:
        flow = flow or self._add(writer)
        buffer = bytearray()
        try:
            while data := await reader.read(65536):
                buffer += data
                while message := split_stream(buffer):
                    self.receive(message, flow)
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass
        finally:
            self.flows = {remote: f for remote, f in self.flows.items() if f is not flow}
            self.writers.discard(writer)
            writer.close()

    def cut(self) -> None:
        """Breaks every connection, as a phone does that loses its network."""
        for writer in list(self.writers):
            writer.transport.abort()
        self.flows.clear()

    async def close(self) -> None:
        if self.server:
            self.server.close()
            PORTS.give_back(self.given)
        self.cut()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
