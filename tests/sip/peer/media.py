"""Audio as proof of who hears whom: every party sends a tone of its own and listens for the others'.

RTP (RFC 3550) with PCMU (G.711) in packets of 20 ms. Tones are multiples of 50 Hz, so that a packet holds whole
periods. The listener runs Goertzel's algorithm over the last 160 ms that it received.
"""

from __future__ import annotations

import asyncio
import math
import random
import socket
import struct
from collections import deque

from peer.ports import PORTS

RATE = 8000
FRAME = 160
WINDOW = 8 * FRAME

#: A sound is what may be heard of it in one moment: alternatives, each of some frequencies at once, in Hz.
Sound = tuple[tuple[float, ...], ...]

# What the server's built-in source plays (src/telephony/sip/tone_source.hpp).
RINGBACK: Sound = ((440, 480),)
HOLD: Sound = ((523.25,), (659.25,))
QUEUE: Sound = ((392,), (587.33,))


def linear_to_ulaw(sample: int) -> int:
    """G.711 mu-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = max(magnitude.bit_length() - 8, 0)
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | (exponent << 4) | mantissa) & 0xFF


def ulaw_to_linear(byte: int) -> int:
    byte = ~byte & 0xFF
    magnitude = (((byte & 0x0F) << 3) + 132) << ((byte & 0x70) >> 4)
    return 132 - magnitude if byte & 0x80 else magnitude - 132


def alaw_to_linear(byte: int) -> int:
    """G.711 A-law."""
    byte ^= 0x55
    exponent = (byte & 0x70) >> 4
    magnitude = ((byte & 0x0F) << 4) + 8
    if exponent:
        magnitude = (magnitude + 0x100) << (exponent - 1)
    return magnitude if byte & 0x80 else -magnitude


ULAW = [ulaw_to_linear(byte) for byte in range(256)]
ALAW = [alaw_to_linear(byte) for byte in range(256)]


def tone_frame(frequency: int) -> bytes:
    """20 ms of a tone; whole periods, so it can be repeated without a click."""
    if frequency % 50:
        raise ValueError(f"{frequency} Hz is no multiple of 50 Hz")
    return bytes(linear_to_ulaw(int(8000 * math.sin(2 * math.pi * frequency * n / RATE))) for n in range(FRAME))


def power_share(samples: list[int], frequencies: tuple[float, ...]) -> float:
    """Which part (0 to 1) of the samples' power is at these frequencies (Goertzel)."""
    count = len(samples)
    mean = sum(samples) / count
    energy = sum((s - mean) ** 2 for s in samples)
    if energy < count * 100:  # Below about -70 dBm0: silence.
        return 0.0
    found = 0.0
    for frequency in frequencies:
        coefficient = 2 * math.cos(2 * math.pi * frequency / RATE)
        before, last = 0.0, 0.0
        for sample in samples:
            before, last = last, sample - mean + coefficient * last - before
        found += 2 * (last * last + before * before - coefficient * last * before) / count
    return min(found / energy, 1.0)


class Media:
    """One party's RTP socket. Made and used on the event loop's thread."""

    def __init__(self, host: str, tone: int | None):
        self.host = host
        self.tone = tone
        self.remote: tuple[str, int] | None = None
        self.sends = False
        self.frame = tone_frame(tone) if tone else bytes([0xFF]) * FRAME
        self.received: deque[tuple[float, tuple[str, int], bytes, int]] = deque(maxlen=4 * WINDOW // FRAME)
        self.packets = 0
        self.packets_sent = 0
        self.waiters: list[asyncio.Future] = []
        self.digits: list[int] = []  # RFC 4733 events received.
        # RFC 3550, section 11: RTP on an even port, RTCP on the next, which real phones send to unasked. Nobody reads it.
        self.port = PORTS.take(2, even=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, self.port))
        self.socket.setblocking(False)
        self.rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtcp.bind((host, self.port + 1))
        self.loop = asyncio.get_running_loop()
        self.loop.add_reader(self.socket, self._readable)
        self.task = asyncio.create_task(self._send())

    def close(self) -> None:
        self.task.cancel()
        if self.socket.fileno() >= 0:
            self.loop.remove_reader(self.socket)
            self.socket.close()
            self.rtcp.close()
            PORTS.give_back(self.port, 2)

    def _transmit(self, data: bytes) -> None:
        assert self.remote
        try:
            self.socket.sendto(data, self.remote)
            self.packets_sent += 1
        except OSError:
            """Nobody listens there (any more): what a real phone would not notice either."""

    def direct(self, remote: tuple[str, int] | None, sends: bool) -> None:
        """From now on sends to `remote`, or to nobody."""
        self.remote = remote if remote and remote[1] and remote[0] != "0.0.0.0" else None
        self.sends = sends and self.remote is not None

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        sequence, stamp, source = random.randrange(65536), random.randrange(2**32), random.randrange(2**32)
        next_at = loop.time()
        while True:
            if self.sends and self.remote:
                self._transmit(struct.pack("!BBHII", 0x80, 0, sequence, stamp, source) + self.frame)
            sequence = (sequence + 1) % 65536
            stamp = (stamp + FRAME) % 2**32
            next_at = max(next_at + FRAME / RATE, loop.time() - 0.1)
            await asyncio.sleep(max(0.0, next_at - loop.time()))

    def send_digit(self, digit: int) -> None:
        """One telephone event (RFC 4733), whose end is sent three times."""
        for count in range(3):
            payload = struct.pack("!BBH", digit, 0x8A, 800)
            self._transmit(struct.pack("!BBHII", 0x80, 101, 50000 + count, 0, 1) + payload)

    def _readable(self) -> None:
        while True:
            try:
                data, addr = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            except OSError:
                continue  # An ICMP error of an earlier packet.
            self._received(data, addr)

    def _received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) < 12 or data[0] >> 6 != 2:
            return
        kind = data[1] & 0x7F
        payload = data[12 + 4 * (data[0] & 0x0F):]
        if kind == 101 and len(payload) >= 4:
            if payload[1] & 0x80:
                self.digits.append(payload[0])
        elif kind in (0, 8):
            self.packets += 1
            self.received.append((asyncio.get_running_loop().time(), addr, payload, kind))
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)
        self.waiters.clear()

    def samples(self) -> list[int]:
        found: list[int] = []
        for _, _, payload, kind in reversed(self.received):
            table = ULAW if kind == 0 else ALAW
            found[:0] = [table[byte] for byte in payload]
            if len(found) >= WINDOW:
                break
        return found[-WINDOW:]

    def forget(self) -> None:
        """What was heard so far no longer counts."""
        self.received.clear()

    def hears_now(self, sound: int | Sound) -> bool:
        samples = self.samples()
        alternatives = ((sound,),) if isinstance(sound, int) else sound
        return len(samples) >= WINDOW and any(power_share(samples, one) > 0.8 for one in alternatives)

    async def hears(self, sound: int | Sound, timeout: float = 20.0) -> None:
        """Waits until 160 ms that come in from now on were that sound: a tone in Hz, or one of the server's."""
        self.forget()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        checked = 0
        while True:
            if self.packets != checked:
                checked = self.packets
                if self.hears_now(sound):
                    return
            if loop.time() > deadline:
                raise AssertionError(f"port {self.port} did not hear {sound} Hz within {timeout} s; {self.describe()}")
            waiter = loop.create_future()
            self.waiters.append(waiter)
            await asyncio.wait([waiter], timeout=max(0.0, deadline - loop.time()))

    def describe(self) -> str:
        """What it hears, for a failure's message."""
        samples = self.samples()
        if len(samples) < FRAME:
            return f"it hears nothing ({self.packets} packets in all)"
        strength = {f: power_share(samples, (f,)) for f in range(300, 2050, 5)}
        best = sorted(strength, key=lambda f: -strength[f])[:3]
        return f"it hears {', '.join(f'{f} Hz ({strength[f]:.0%})' for f in best)} from {self.received[-1][1]}"
