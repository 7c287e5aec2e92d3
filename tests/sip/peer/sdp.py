"""The little of SDP (RFC 8866) and offer/answer (RFC 3264) that a voice peer needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
MIRROR = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
CODEC_NAMES = {0: "PCMU/8000", 8: "PCMA/8000", 101: "telephone-event/8000"}


class SdpError(ValueError):
    """The description breaks a rule, or the offer and its answer do not fit."""


@dataclass
class MLine:
    """One media description."""

    kind: str
    port: int
    protocol: str
    formats: list[str]
    attributes: list[str] = field(default_factory=list)
    host: str | None = None

    @property
    def direction(self) -> str:
        return next((a for a in self.attributes if a in DIRECTIONS), "sendrecv")


@dataclass
class Sdp:
    """A session description."""

    user: str
    session_id: str
    version: int
    host: str
    media: list[MLine]
    direction_of_session: str = "sendrecv"

    @classmethod
    def parse(cls, body: bytes) -> Sdp:
        text = body.decode()
        lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
        if not lines or lines[0] != "v=0":
            raise SdpError(f"SDP does not begin with v=0: {text!r}")
        origin, host, media, direction = None, None, [], "sendrecv"
        kinds = ""
        for line in lines:
            if not re.fullmatch(r"[a-z]=.*", line):
                raise SdpError(f"not an SDP line: {line!r}")
            kind, value = line[0], line[2:]
            kinds += kind
            if kind == "o":
                origin = value.split()
                if len(origin) != 6:
                    raise SdpError(f"not an origin: {line!r}")
            elif kind == "c":
                address = value.split()[-1]
                if media:
                    media[-1].host = address
                else:
                    host = address
            elif kind == "m":
                parts = value.split()
                if len(parts) < 4:
                    raise SdpError(f"not a media line: {line!r}")
                media.append(MLine(parts[0], int(parts[1].split("/")[0]), parts[2], parts[3:]))
            elif kind == "a":
                if media:
                    media[-1].attributes.append(value)
                elif value in DIRECTIONS:
                    direction = value
        if origin is None or "s" not in kinds or "t" not in kinds:
            raise SdpError(f"o=, s= or t= is missing: {text!r}")
        for line in media:
            if direction != "sendrecv" and not any(a in DIRECTIONS for a in line.attributes):
                line.attributes.append(direction)
        return cls(origin[0], origin[1], int(origin[2]), host or "0.0.0.0", media, direction)

    @property
    def audio(self) -> MLine:
        for line in self.media:
            if line.kind == "audio":
                return line
        raise SdpError("no audio line")

    @property
    def audio_address(self) -> tuple[str, int]:
        return self.audio.host or self.host, self.audio.port

    @property
    def direction(self) -> str:
        """The audio direction; the old form of hold, c=0.0.0.0, counts as sendonly at most (RFC 3264, 8.4)."""
        return self.audio.direction

    def encode(self) -> bytes:
        lines = ["v=0", f"o={self.user} {self.session_id} {self.version} IN IP4 {self.host}", "s=-",
                 f"c=IN IP4 {self.host}", "t=0 0"]
        for media in self.media:
            lines.append(f"m={media.kind} {media.port} {media.protocol} {' '.join(media.formats)}")
            if media.host:
                lines.append(f"c=IN IP4 {media.host}")
            lines += [f"a={attribute}" for attribute in media.attributes]
        return ("\r\n".join(lines) + "\r\n").encode()


class Session:
    """One party's side of offer/answer: keeps the session id, and raises the version by one a change."""

    def __init__(self, host: str, port: int, user: str = "peer", formats: tuple[int, ...] = (0, 101),
                 session_id: int = 1):
        self.host, self.port, self.user = host, port, user
        self.formats = formats
        self.session_id = session_id
        self.version = 0
        self.direction = "sendrecv"  # What this party wants.
        self.last: Sdp | None = None
        self.remote: Sdp | None = None
        self.refused: set[int] = set()  # Versions of offers that we refused since the last that we took.
        self.agreed = "inactive"  # What holds after the last exchange.

    def _audio(self, direction: str, formats: list[str]) -> MLine:
        attributes = [f"rtpmap:{f} {CODEC_NAMES[int(f)]}" for f in formats if int(f) in CODEC_NAMES]
        if "101" in formats:
            attributes.append("fmtp:101 0-15")
        return MLine("audio", self.port, "RTP/AVP", formats, attributes + [direction])

    def _issue(self, media: list[MLine]) -> Sdp:
        sdp = Sdp(self.user, str(self.session_id), self.version, self.host, media)
        if self.last is not None and replace(sdp, version=self.last.version) != self.last:
            self.version += 1
            sdp.version = self.version
        self.last = sdp
        return sdp

    def offer(self) -> bytes:
        media = [self._audio(self.direction, [str(f) for f in self.formats])]
        if self.last is not None:  # The number of m-lines never shrinks (RFC 3264, 8).
            media += [replace(line, port=0) for line in self.last.media[1:]]
        return self._issue(media).encode()

    def answer(self, offer: bytes) -> bytes:
        remote = Sdp.parse(offer)
        self._take(remote)
        media = []
        for line in remote.media:
            if line.kind != "audio" or line.port == 0 or line is not remote.audio:
                media.append(MLine(line.kind, 0, line.protocol, line.formats))
                continue
            common = [f for f in line.formats if f.isdigit() and int(f) in self.formats]
            if not [f for f in common if f != "101"]:
                raise SdpError(f"no common codec in {line.formats}")
            wanted = MIRROR[line.direction]
            if self.direction in ("sendonly", "inactive") and wanted in ("sendrecv", "sendonly"):
                wanted = "sendonly" if wanted == "sendrecv" and self.direction == "sendonly" else "inactive"
            self.agreed = wanted
            media.append(self._audio(wanted, common))
        return self._issue(media).encode()

    def take_answer(self, answer: bytes) -> None:
        remote = Sdp.parse(answer)
        if self.last is not None and len(remote.media) != len(self.last.media):
            raise SdpError(f"the answer has {len(remote.media)} m-lines, the offer had {len(self.last.media)}")
        allowed = {"sendrecv": DIRECTIONS, "sendonly": ("recvonly", "inactive"),
                   "recvonly": ("sendonly", "inactive"), "inactive": ("inactive",)}[self.direction]
        if remote.audio.port and remote.direction not in allowed:
            raise SdpError(f"the answer to {self.direction} is {remote.direction}")
        offered = set(self.last.audio.formats) if self.last else set()
        if remote.audio.port and not offered & set(remote.audio.formats):
            raise SdpError(f"the answer's formats {remote.audio.formats} were not offered ({sorted(offered)})")
        self._take(remote)
        self.agreed = MIRROR[remote.direction]

    def _take(self, remote: Sdp) -> None:
        if self.remote is not None:
            if remote.session_id != self.remote.session_id:
                raise SdpError(f"o= session id went from {self.remote.session_id} to {remote.session_id} "
                               "(RFC 3264, 8)")
            same = replace(remote, version=self.remote.version) == self.remote
            expected = {self.remote.version + 1} | self.refused | {version + 1 for version in self.refused}
            if not same and remote.version not in expected:
                raise SdpError(f"o= version went from {self.remote.version} to {remote.version} with a change; "
                               "RFC 3264, 8 has it raised by one")
            if len(remote.media) < len(self.remote.media):
                raise SdpError("the number of m-lines shrank (RFC 3264, 8)")
        self.remote = remote
        self.refused.clear()

    def refuse(self, offer: bytes) -> None:
        """An offer was refused: its version is used up, all the same."""
        self.refused.add(Sdp.parse(offer).version)

    @property
    def sends(self) -> bool:
        return self.agreed in ("sendrecv", "sendonly")
