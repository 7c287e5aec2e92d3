"""The ports that tests get are nobody else's."""

from __future__ import annotations

import socket

from peer.media import Media
from peer.ports import SIZE, Ports


def test_two_takers_share_no_block():
    one, other = Ports(), Ports()
    assert one.take() // SIZE != other.take() // SIZE


def test_what_is_taken_is_passed_over_until_it_is_given_back():
    ports = Ports()
    first = ports.take()
    others = [ports.take() for _ in range(SIZE)]  # All of its block, and the next one.
    assert first not in others and len(set(others)) == SIZE
    ports.give_back(first)
    assert first in [ports.take() for _ in range(SIZE)]


def test_what_somebody_listens_on_is_passed_over():
    ports = Ports()
    busy = ports.take() + 1
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", busy))
        assert ports.take() == busy + 1


def test_a_run_is_in_a_row_and_begins_as_asked():
    ports = Ports()
    ports.take()
    first = ports.take(4, even=True)
    assert first % 2 == 0
    assert ports.take() >= first + 4  # The next one that nobody on the machine listens on.


async def test_a_party_has_the_port_after_its_rtp_too():
    """A real phone sends RTCP there: it once came in on the SIP port of another test's peer."""
    media = Media("127.0.0.1", None)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.connect((media.host, media.port + 1))
            phone.send(b"\x81\xc9\x00\x07")
            phone.send(b"\x81\xc9\x00\x07")  # Would fail: "connection refused".
    finally:
        media.close()
