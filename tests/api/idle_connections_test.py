"""HTTP connections whose client is silent, half gone, or does not read. Dead WebSockets: gateway_websocket_test.cpp."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from harness.world import World


@pytest.mark.config({"http.idle_timeout_seconds": 1, "http.body_timeout_seconds": 1})
async def test_a_half_sent_request_is_ended(world: World):
    half = [b"", b"GET /v1/queues HTTP/1.1\r\nHost: x\r\n",
            b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{"]
    for bytes_sent in half:
        reader, writer = await asyncio.open_connection(*world.server.http)
        writer.write(bytes_sent)
        assert b"200" not in await asyncio.wait_for(reader.read(), 20)
        writer.close()


@pytest.mark.config({"http.idle_timeout_seconds": 1})
async def test_a_connection_that_is_kept_open_ends_when_nothing_follows(world: World):
    for address in (world.server.http, world.metrics_address):
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(2):  # It is kept from one request to the next.
            writer.write(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"404" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        await asyncio.wait_for(reader.read(), 20)  # Comes back when the server has closed.
        writer.close()


@pytest.mark.config({"http.send_timeout_seconds": 1, "limits.requests_per_second": 0})
async def test_who_does_not_read_his_answers_is_ended(world: World):
    request = (f"GET /v1/quick-connects HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {await world.token('agent1')}\r\n\r\n").encode()

    def send_until_refused() -> None:
        with socket.create_connection(world.server.http, timeout=20) as client:
            # Answers fill the buffers of both sides; then the server waits for us, and we for it.
            with contextlib.suppress(ConnectionError):
                while True:
                    client.sendall(request * 100)

    await asyncio.to_thread(send_until_refused)  # A time-out fails: nobody ended it.
