"""A double of Amazon Connect's REST interface: what there is no account for here. It answers as the API reference says
(pages, throttling, errors), and refuses each request whose signature is not that of AWS Signature Version 4, which it
works out by itself. What only the real service can show is listed in docs/amazon-connect.md."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import re
import threading
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REGION = "eu-central-1"
INSTANCE = "a5c2a3f6-3c5d-4b0e-9c8e-6a1f0d6b7e11"
KEY, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a+session/token=="


def identifier(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def arn(kind: str, name: str) -> str:
    return f"arn:aws:connect:{REGION}:000000000000:instance/{INSTANCE}/{kind}/{identifier(name)}"


def signature(method: str, target: str, headers: dict[str, str], body: bytes, secret: str) -> str:
    """The Authorization header that the request must have ("Create a signed AWS API request", AWS's IAM user guide)."""
    path, _, query = target.partition("?")
    names = re.search(r"SignedHeaders=([^,]+)", headers["authorization"]).group(1)
    scope = re.search(r"Credential=[^/]+/([^,]+)", headers["authorization"]).group(1)
    pairs = sorted(tuple(map(urllib.parse.unquote, pair.split("=", 1))) for pair in query.split("&") if pair)
    canonical = "&".join(f"{urllib.parse.quote(name, safe='-_.~')}={urllib.parse.quote(value, safe='-_.~')}"
                         for name, value in pairs)
    signed = "".join(f"{name}:{headers[name].strip()}\n" for name in names.split(";"))
    request = "\n".join((method, path, canonical, signed, names, hashlib.sha256(body).hexdigest()))
    text = "\n".join(("AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(request.encode()).hexdigest()))
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class AmazonConnect:
    """Use as `with`. `queues`: names. `users`: logins. `quick_connects`: name to QuickConnectConfig, `shown_by`: queue
    to names. `page`: entries of a page. `refusals`: (status, error type, headers) of the next replies."""

    def __init__(self) -> None:
        self.queues: list[str] = ["Sales", "Service"]
        self.users: list[str] = ["agent1"]
        self.quick_connects: dict[str, dict[str, Any]] = {}
        self.shown_by: dict[str, list[str]] = {}
        self.page = 2
        self.refusals: list[tuple[int, str, dict[str, str]]] = []
        self.requests: list[tuple[str, str]] = []
        self.problems: list[str] = []
        self._tokens: dict[str, int] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                self.answer(b"")

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers["Content-Length"])))

            def answer(self, body: bytes) -> None:
                status, headers, reply = service.handle(self.command, self.path,
                                                        {name.lower(): value for name, value in self.headers.items()}, body)
                text = json.dumps(reply).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> AmazonConnect:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        assert not self.problems, self.problems

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def phone(self, name: str, number: str, *queues: str) -> None:
        self.put(name, {"QuickConnectType": "PHONE_NUMBER", "PhoneConfig": {"PhoneNumber": number}}, *queues)

    def put(self, name: str, config: dict[str, Any], *queues: str) -> None:
        self.quick_connects[name] = config
        for queue in queues:
            self.shown_by.setdefault(queue, []).append(name)

    # --- The requests -------------------------------------------------------------------------------------------

    def handle(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict, dict]:
        self.requests.append((method, target))
        if self.refusals:
            status, kind, more = self.refusals.pop(0)
            return status, {"x-amzn-ErrorType": f"{kind}:http://internal.amazon.com/", **more}, {"Message": f"said by {kind}"}
        match = re.search(r"Signature=([0-9a-f]+)", headers.get("authorization", ""))
        scope = f"{datetime.datetime.now(datetime.UTC):%Y%m%d}/{REGION}/connect/aws4_request"
        if not match or match.group(1) != signature(method, target, headers, body, SECRET) \
                or headers.get("x-amz-security-token") != TOKEN or f"Credential={KEY}/{scope}," not in headers["authorization"]:
            return 403, {"x-amzn-ErrorType": "InvalidSignatureException"}, {"message": "The signature does not match."}
        path, _, text = target.partition("?")
        query = dict(urllib.parse.parse_qsl(text, strict_parsing=True)) if text else {}
        wanted = json.loads(body) if body else {}
        for key, value in query.items():
            wanted[key[0].upper() + key[1:]] = value
        if INSTANCE not in path and wanted.get("InstanceId") != INSTANCE:
            return 404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, {"Message": "Instance not found"}
        return self.list(method, path, wanted)

    def list(self, method: str, path: str, wanted: dict[str, Any]) -> tuple[int, dict, dict]:
        shows = re.fullmatch(f"/queues/{INSTANCE}/([^/]+)/quick-connects", path)
        if (method, path) == ("GET", f"/queues-summary/{INSTANCE}"):
            key, rows = "QueueSummaryList", [{"Id": identifier(name), "Arn": arn("queue", name), "Name": name,
                                              "QueueType": "STANDARD"} for name in self.queues]
        elif (method, path) == ("POST", "/search-quick-connects"):
            key, rows = "QuickConnects", [{"QuickConnectARN": arn("transfer-destination", name),
                                           "QuickConnectId": identifier(name), "Name": name, "QuickConnectConfig": config}
                                          for name, config in self.quick_connects.items()]
        elif (method, path) == ("GET", f"/users-summary/{INSTANCE}"):
            key, rows = "UserSummaryList", [{"Id": identifier(name), "Arn": arn("agent", name), "Username": name}
                                            for name in self.users]
        elif method == "GET" and shows:
            queue = next(name for name in self.queues if identifier(name) == shows.group(1))
            key, rows = "QuickConnectSummaryList", [{"Id": identifier(name), "Name": name}
                                                    for name in self.shown_by.get(queue, [])]
        else:
            self.problems.append(f"unexpected {method} {path}")
            return 404, {}, {}
        token = wanted.get("NextToken", "")
        first = self._tokens.pop(token) if token else 0
        reply: dict[str, Any] = {key: rows[first:first + self.page]}
        if first + self.page < len(rows):
            # With every character of base64, as Amazon's are.
            reply["NextToken"] = f"{uuid.uuid4().hex}+/a b=="
            self._tokens[reply["NextToken"]] = first + self.page
        return 200, {}, reply
