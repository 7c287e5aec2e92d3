"""The messages of RFC 4475, broken headers of our own, and floods: what ran goes on, and the server stays well."""

from __future__ import annotations

import asyncio
import random
import socket
from pathlib import Path

import pytest

from harness.world import INBOUND, World
from peer import QUEUE, talk

MESSAGES = sorted((Path(__file__).parent / "rfc4475").glob("*.dat"))

BROKEN = {
    "empty": b"", "noise": bytes(range(256)), "only a start line": b"INVITE sip:a@b SIP/2.0\r\n",
    "no Via": b"INVITE sip:a@127.0.0.1 SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: 1\r\n"
              b"CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
    "huge header": b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nX: "
                   + b"x" * 60000 + b"\r\n\r\n",
    "many headers": b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n" + b"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n" * 900
                    + b"\r\n",
    "length lies": b"INVITE sip:+18005550100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK2\r\n"
                   b"From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: 2\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
                   b"Contact: <sip:a@127.0.0.1>\r\nContent-Length: 99999999\r\n\r\nv=0\r\n",
    "negative length": b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK3\r\n"
                       b"From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: 3\r\nCSeq: 1 OPTIONS\r\n"
                       b"Content-Length: -1\r\n\r\n",
    "a response to nothing": b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK4\r\nFrom: <sip:a@b>;tag=1\r\n"
                             b"To: <sip:b@b>;tag=2\r\nCall-ID: 4\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    "an ACK for nothing": b"ACK sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK5\r\n"
                          b"From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>;tag=2\r\nCall-ID: 5\r\nCSeq: 1 ACK\r\n"
                          b"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
}


def throw(world: World, data: bytes, source: str = "127.0.0.1") -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
        raw.bind((source, 0))
        raw.sendto(data, world.server.sip["udp"])


async def is_well(world: World) -> None:
    probe = await world.peer("probe", "+15550000001")
    assert (await probe.options()).status == 200


def test_all_messages_are_there():
    assert len(MESSAGES) == 49


async def test_the_messages_of_rfc_4475(world: World):
    """Each from a trusted and from a strange address, while a call is up."""
    talking = await world.talking("agent1")
    for path in MESSAGES:
        for source in ("127.0.0.1", "127.0.0.5"):
            throw(world, path.read_bytes(), source)
        assert world.server.alive, f"{path.name} killed the server: {world.server.log()}"
        await is_well(world)
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_broken_headers(world: World):
    talking = await world.talking("agent1")
    for name, data in BROKEN.items():
        throw(world, data)
        assert world.server.alive, f"{name} killed the server: {world.server.log()}"
        await is_well(world)
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_broken_messages_on_a_stream(world: World):
    for data in [*BROKEN.values(), *(p.read_bytes() for p in MESSAGES)]:
        reader, writer = await asyncio.open_connection(*world.server.sip["tcp"])
        writer.write(data + b"\r\n\r\n")
        writer.close()
    customer = await world.customer(transport="tcp")
    call = await customer.call(INBOUND, wait=True)
    await call.hears(QUEUE)
    await call.hangup()


@pytest.mark.seconds(120)
async def test_mutated_messages(world: World):
    """A few thousand messages with random faults; the seed is fixed, so that a fault can be found again."""
    talking = await world.talking("agent1")
    chance = random.Random(4475)
    corpus = [p.read_bytes() for p in MESSAGES] + [bytes(str(talking.agent.invite), "utf-8")]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
        raw.bind(("127.0.0.6", 0))
        for number in range(4000):
            data = bytearray(chance.choice(corpus))
            for _ in range(chance.randint(1, 8)):
                place = chance.randrange(len(data))
                match chance.randrange(4):
                    case 0:
                        data[place] = chance.randrange(256)
                    case 1:
                        del data[place:place + chance.randint(1, 20)]
                    case 2:
                        data[place:place] = chance.choice([b"\r\n", b"\0", b";", b"<", b'"', b"%00", b"9" * 40])
                    case _:
                        data[place:place] = data[chance.randrange(len(data)):][:chance.randint(1, 60)]
                if not data:
                    data = bytearray(b"x")
            raw.sendto(bytes(data[:60000]), world.server.sip["udp"])
            if number % 200 == 0:
                assert world.server.alive, f"message {number} of seed 4475 killed the server: {world.server.log()}"
                await is_well(world)
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


@pytest.mark.seconds(120)
async def test_an_invite_flood_of_a_stranger(world: World):
    talking = await world.talking("agent1")
    stranger = await world.stranger("127.0.0.7")
    stranger.takes_strays = True
    uri = f"sip:{INBOUND}@127.0.0.1"
    for burst in range(20):
        for _ in range(100):
            request = stranger.new_request("INVITE", uri, talking.customer.invite.to)
            stranger.transport.flow(world.server.sip["udp"]).send(request.encode())
        await is_well(world)
    await talk(talking.customer, talking.agent)
    figures = await world.metrics()
    assert figures["baton_sip_unknown_peer_total"] >= 1, "the refused INVITEs are counted"
    await talking.customer.hangup()


@pytest.mark.config({"sip.max_dialogs": 8, "sip.retry_after_seconds": 7})
async def test_overload_refuses_new_calls_and_what_runs_goes_on(world: World):
    talking = await world.talking("agent1")
    customer = await world.customer()
    calls = [await customer.call(INBOUND) for _ in range(12)]
    await customer.until(lambda: all(c.final for c in calls), "the answers")
    refused = [c for c in calls if c.final.status == 503]
    assert len(refused) == 6, [c.final.status for c in calls]
    assert all(c.final["Retry-After"].startswith("7") for c in refused)
    await talk(talking.customer, talking.agent)
    for call in calls:
        await call.hangup()
    again = await customer.call(INBOUND, wait=True)
    await again.hears(QUEUE)
    await again.hangup()
    await talking.customer.hangup()
