"""SIP messages as values: parsed strictly enough to notice a server that sends something wrong.

The rules are those of RFC 3261 sections 7, 19 and 20. A message that breaks one raises SipSyntaxError; the peer
records it, and the test that received it fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

COMPACT = {
    "i": "Call-ID", "m": "Contact", "e": "Content-Encoding", "l": "Content-Length", "c": "Content-Type",
    "f": "From", "s": "Subject", "k": "Supported", "t": "To", "v": "Via", "r": "Refer-To",
    "b": "Referred-By", "o": "Event", "x": "Session-Expires",
}
CANONICAL = {name.lower(): name for name in COMPACT.values()}
CANONICAL.update({name.lower(): name for name in (
    "Accept", "Alert-Info", "Allow", "Allow-Events", "Authorization", "Call-Info", "CSeq", "Expires",
    "Max-Forwards", "Min-Expires", "Min-SE", "P-Asserted-Identity", "Proxy-Authenticate", "Proxy-Authorization",
    "RAck", "Reason", "Record-Route", "Replaces", "Require", "Retry-After", "Route", "RSeq", "Server",
    "Subscription-State", "Unsupported", "User-Agent", "User-to-User", "Warning", "WWW-Authenticate")})
TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
REASONS = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
    200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist", 486: "Busy Here", 487: "Request Terminated",
    488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending", 500: "Server Internal Error",
    501: "Not Implemented", 503: "Service Unavailable", 600: "Busy Everywhere", 603: "Decline",
}


class SipSyntaxError(ValueError):
    """The message breaks a rule of RFC 3261."""


def canonical_name(name: str) -> str:
    if len(name) == 1 and name.lower() in COMPACT:
        return COMPACT[name.lower()]
    return CANONICAL.get(name.lower(), name)


def split_outside_quotes(text: str, separator: str) -> list[str]:
    """Splits at the separator, but not inside quotes or angle brackets (RFC 3261, 7.3.1)."""
    parts, current, quoted, angle, escaped = [], "", False, 0, False
    for char in text:
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif not quoted and char == "<":
            angle += 1
        elif not quoted and char == ">":
            angle -= 1
        elif char == separator and not quoted and angle == 0:
            parts.append(current.strip())
            current = ""
            continue
        current += char
    parts.append(current.strip())
    return parts


def parse_params(parts: list[str]) -> dict[str, str | None]:
    params: dict[str, str | None] = {}
    for part in parts:
        if not part:
            continue
        name, _, value = part.partition("=")
        params[name.strip().lower()] = value.strip() if "=" in part else None
    return params


def print_params(params: dict[str, str | None]) -> str:
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in params.items())


@dataclass
class Uri:
    """A SIP or SIPS URI (RFC 3261, 19.1)."""

    user: str = ""
    host: str = ""
    port: int | None = None
    params: dict[str, str | None] = field(default_factory=dict)
    headers: str = ""
    scheme: str = "sip"

    @classmethod
    def parse(cls, text: str) -> Uri:
        match = re.fullmatch(r"(sips?):(?:([^@]*)@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.\-]+)(?::(\d+))?"
                             r"((?:;[^?]*)?)((?:\?.*)?)", text.strip(), re.IGNORECASE)
        if not match:
            raise SipSyntaxError(f"not a SIP URI: {text!r}")
        scheme, user, host, port, params, headers = match.groups()
        return cls(user or "", host, int(port) if port else None, parse_params(params.split(";")),
                   headers[1:], scheme.lower())

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{self.host}{port}{print_params(self.params)}{headers}"

    @property
    def address(self) -> tuple[str, int]:
        default = 5061 if self.params.get("transport") == "tls" else 5060
        return self.host.strip("[]"), self.port or default


@dataclass
class Address:
    """A name-addr or addr-spec with header parameters: From, To, Contact, Refer-To."""

    uri: Uri
    params: dict[str, str | None] = field(default_factory=dict)
    display: str = ""

    @classmethod
    def parse(cls, text: str) -> Address:
        match = re.fullmatch(r'\s*("(?:[^"\\]|\\.)*"|[^<"]*?)\s*<([^>]+)>\s*(.*)', text, re.DOTALL)
        if match:
            display, uri, rest = match.groups()
            return cls(Uri.parse(uri), parse_params(rest.split(";")), display.strip('"'))
        uri, *rest = text.strip().split(";")
        return cls(Uri.parse(uri), parse_params(rest))

    def __str__(self) -> str:
        display = f'"{self.display}" ' if self.display else ""
        return f"{display}<{self.uri}>{print_params(self.params)}"

    @property
    def tag(self) -> str | None:
        return self.params.get("tag")

    def tagged(self, tag: str | None) -> Address:
        params = {key: value for key, value in self.params.items() if key != "tag"}
        if tag:
            params["tag"] = tag
        return Address(self.uri, params, self.display)


@dataclass
class Via:
    transport: str
    host: str
    port: int | None
    params: dict[str, str | None]

    @classmethod
    def parse(cls, text: str) -> Via:
        match = re.fullmatch(r"SIP\s*/\s*2\.0\s*/\s*(\w+)\s+(\[[^\]]+\]|[^\s:;]+)\s*(?::\s*(\d+))?\s*((?:;.*)?)",
                             text.strip(), re.IGNORECASE | re.DOTALL)
        if not match:
            raise SipSyntaxError(f"not a Via: {text!r}")
        transport, host, port, params = match.groups()
        return cls(transport.upper(), host, int(port) if port else None, parse_params(params.split(";")))

    @property
    def branch(self) -> str | None:
        return self.params.get("branch")


class Message:
    """What requests and responses share: an ordered list of headers and a body."""

    def __init__(self, headers: list[tuple[str, str]] | None = None, body: bytes | str = b""):
        self.headers: list[tuple[str, str]] = []
        for name, value in headers or []:
            self.add(name, value)
        self.body = body.encode() if isinstance(body, str) else body

    def add(self, name: str, value: object) -> None:
        self.headers.append((canonical_name(name), str(value)))

    def set(self, name: str, value: object) -> None:
        """Replaces the first header of that name, keeping its place, and drops the others."""
        name = canonical_name(name)
        for index, (present, _) in enumerate(self.headers):
            if present == name:
                self.headers[index] = (name, str(value))
                self.headers[index + 1:] = [h for h in self.headers[index + 1:] if h[0] != name]
                return
        self.headers.append((name, str(value)))

    def remove(self, name: str) -> None:
        name = canonical_name(name)
        self.headers = [header for header in self.headers if header[0] != name]

    def get(self, name: str, default: str | None = None) -> str | None:
        name = canonical_name(name)
        return next((value for present, value in self.headers if present == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of that header; lists in one line are taken apart."""
        name = canonical_name(name)
        return [part for present, value in self.headers if present == name
                for part in split_outside_quotes(value, ",") if part]

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(f"{self.summary()} has no {name} header")
        return value

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    @property
    def call_id(self) -> str:
        return self["Call-ID"]

    @property
    def cseq(self) -> tuple[int, str]:
        number, method = self["CSeq"].split()
        return int(number), method

    @property
    def from_(self) -> Address:
        return Address.parse(self["From"])

    @property
    def to(self) -> Address:
        return Address.parse(self["To"])

    @property
    def contact(self) -> Address:
        return Address.parse(self.all("Contact")[0])

    @property
    def via(self) -> Via:
        return Via.parse(self.all("Via")[0])

    @property
    def has_sdp(self) -> bool:
        return bool(self.body) and (self.get("Content-Type") or "").lower().startswith("application/sdp")

    def start_line(self) -> str:
        raise NotImplementedError

    def summary(self) -> str:
        raise NotImplementedError

    def encode(self) -> bytes:
        headers = [header for header in self.headers if header[0] != "Content-Length"]
        headers.append(("Content-Length", str(len(self.body))))
        lines = [self.start_line()] + [f"{name}: {value}" for name, value in headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body

    def __str__(self) -> str:
        return self.encode().decode(errors="replace")


class Request(Message):
    def __init__(self, method: str, uri: Uri | str, headers: list[tuple[str, str]] | None = None,
                 body: bytes | str = b""):
        super().__init__(headers, body)
        self.method = method
        self.uri = Uri.parse(uri) if isinstance(uri, str) else uri

    def start_line(self) -> str:
        return f"{self.method} {self.uri} SIP/2.0"

    def summary(self) -> str:
        return f"{self.method} {self.uri}"


class Response(Message):
    def __init__(self, status: int, reason: str | None = None, headers: list[tuple[str, str]] | None = None,
                 body: bytes | str = b""):
        super().__init__(headers, body)
        self.status = status
        self.reason = reason if reason is not None else REASONS.get(status, "Status")

    def start_line(self) -> str:
        return f"SIP/2.0 {self.status} {self.reason}"

    def summary(self) -> str:
        cseq = self.get("CSeq") or ""
        return f"{self.status} {self.reason} ({cseq})"

    @classmethod
    def to_request(cls, request: Request, status: int, tag: str | None = None,
                   headers: list[tuple[str, str]] | None = None, body: bytes | str = b"",
                   reason: str | None = None) -> Response:
        """A response with the headers that RFC 3261, 8.2.6.2, has copied from the request."""
        response = cls(status, reason)
        for name in ("Via", "Record-Route"):
            for value in request.all(name):
                response.add(name, value)
        response.add("From", request["From"])
        to = request.to
        response.add("To", to if to.tag or not tag else to.tagged(tag))
        response.add("Call-ID", request.call_id)
        response.add("CSeq", request["CSeq"])
        for name, value in headers or []:
            response.add(name, value)
        response.body = body.encode() if isinstance(body, str) else body
        return response


def split_stream(buffer: bytearray) -> bytes | None:
    """Takes one complete message off the front of a TCP buffer (RFC 3261, 18.3), or nothing yet."""
    while buffer[:2] == b"\r\n":
        del buffer[:2]
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    match = re.search(rb"\r\n(?:Content-Length|l)\s*:\s*(\d+)", buffer[:end], re.IGNORECASE)
    length = int(match.group(1)) if match else 0
    if len(buffer) < end + 4 + length:
        return None
    data = bytes(buffer[:end + 4 + length])
    del buffer[:end + 4 + length]
    return data


def parse(data: bytes) -> Request | Response:
    """Reads one message; raises SipSyntaxError where it breaks a rule."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise SipSyntaxError(f"no empty line after the headers: {data[:80]!r}")
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SipSyntaxError(f"headers are not UTF-8: {error}") from error
    text = re.sub(r"\r\n[ \t]+", " ", text)
    start, *lines = text.split("\r\n")
    if "\n" in text.replace("\r\n", ""):
        raise SipSyntaxError("a line ends without CR")
    headers: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not TOKEN.fullmatch(name.rstrip()):
            raise SipSyntaxError(f"not a header: {line!r}")
        headers.append((name.rstrip(), value.strip()))
    message: Request | Response
    if start.startswith("SIP/2.0 "):
        match = re.fullmatch(r"SIP/2\.0 ([1-6]\d\d) (.*)", start)
        if not match:
            raise SipSyntaxError(f"not a status line: {start!r}")
        message = Response(int(match.group(1)), match.group(2), headers)
    else:
        match = re.fullmatch(r"([A-Za-z0-9\-.!%*_+`'~]+) (\S+) SIP/2\.0", start)
        if not match:
            raise SipSyntaxError(f"not a request line: {start!r}")
        message = Request(match.group(1), Uri.parse(match.group(2)), headers)
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        if name not in message:
            raise SipSyntaxError(f"{start!r} has no {name}")
        if name in ("From", "To", "Call-ID", "CSeq") and sum(h[0] == name for h in message.headers) > 1:
            raise SipSyntaxError(f"{start!r} has {name} more than once")
    if not re.fullmatch(r"\d+ \S+", message["CSeq"]):
        raise SipSyntaxError(f"not a CSeq: {message['CSeq']!r}")
    if int(message["CSeq"].split()[0]) >= 2**31:
        raise SipSyntaxError(f"CSeq out of range: {message['CSeq']!r}")
    if isinstance(message, Request):
        if "Max-Forwards" not in message:
            raise SipSyntaxError(f"{start!r} has no Max-Forwards")
        if message.cseq[1] != message.method:
            raise SipSyntaxError(f"CSeq method differs: {start!r}, {message['CSeq']!r}")
    if not (message.via.branch or "").startswith("z9hG4bK"):
        raise SipSyntaxError(f"Via branch without the cookie: {message['Via']!r}")
    if message.from_.tag is None:
        raise SipSyntaxError(f"From without a tag: {message['From']!r}")
    length = message.get("Content-Length")
    if length is not None:
        if not length.isdigit() or int(length) > len(body):
            raise SipSyntaxError(f"Content-Length {length!r} but {len(body)} bytes of body")
        body = body[:int(length)]
    if body and "Content-Type" not in message:
        raise SipSyntaxError(f"{start!r} has a body without Content-Type")
    message.body = body
    return message
