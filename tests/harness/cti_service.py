"""A STAND-IN of the service that amazon-connect-streams' own shared worker asks, answered out of an AgentSession.

The frame (tests/browser/ccp-worker) is the unmodified library: its worker, its retries, its texts of errors. What stands in is the
service behind it, as the model inside the library describes it (AWS JSON 1.0, times in seconds since 1970, long polling for snapshots).
"""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.amazon_world import AgentSession, Refused
from harness.ccp_view import COUNTRIES, PERMISSIONS, QUEUE, STATES, configuration, snapshot
from harness.config import SOURCE

FRAME = SOURCE / "tests" / "browser" / "ccp-worker"
LIBRARY = SOURCE / "web" / "node_modules" / "amazon-connect-streams" / "release" / "connect-streams.js"
#: The longest that a request for a snapshot waits for a change: shorter than the library's 30 s, so that a test ends soon.
LONG_POLL_SECONDS = 5.0


def in_seconds(value: Any, name: str = "") -> Any:
    """Texts of times become what AWS JSON has."""
    if isinstance(value, dict):
        return {key: in_seconds(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [in_seconds(each) for each in value]
    if isinstance(value, str) and name.lower().endswith("timestamp"):
        return datetime.fromisoformat(value).timestamp()
    return value


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        files: dict[str, tuple[Path, str]] = {
            "/ccp-v2/": (FRAME / "index.html", "text/html; charset=utf-8"),
            "/ccp-v2/ccp.js": (FRAME / "ccp.js", "text/javascript"),
            "/ccp-v2/worker.js": (FRAME / "worker.js", "text/javascript"),
            "/ccp-v2/connect-streams.js": (LIBRARY, "text/javascript"),
        }
        if path in files:
            name, kind = files[path]
            self._reply(200, name.read_bytes(), kind)
        elif path == "/auth/authorize":
            self._reply(200, json.dumps({"accessToken": "token-2", "expiration": 4102444800000}).encode(), "application/json")
        else:
            self._reply(404, b"", "text/plain")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        asked = asyncio.run_coroutine_threadsafe(self.server.service.answer(operation, body), self.server.loop)
        try:
            status, answer = asked.result()
        except asyncio.CancelledError:
            return
        self._reply(status, json.dumps(in_seconds(answer)).encode(), "application/x-amz-json-1.0")

    def _reply(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    service: CtiService
    loop: asyncio.AbstractEventLoop

    def handle_error(self, *_: Any) -> None:
        """A page that is closed leaves its long poll."""


class CtiService:
    """Use as `async with`."""

    def __init__(self, session: AgentSession) -> None:
        self.session = session
        self.url = ""
        self._version = 1
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> CtiService:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.service, self._server.loop = self, asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/ccp-v2/"
        self.session.watchers.append(self._update)
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.session.watchers.remove(self._update)
        await self._update()
        await asyncio.to_thread(self._server.shutdown)
        self._server.server_close()
        self._thread.join()

    async def _update(self) -> None:
        async with self._changed:
            self._version += 1
            self._changed.notify_all()

    async def answer(self, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body."""
        if operation == "GetAgentSnapshot":
            await self._wait_for_change(body.get("nextToken"))
            return 200, {"snapshot": snapshot(self.session), "nextToken": str(self._version)}
        told: dict[str, Any] | None = {
            # Nobody listens there: the library polls all the same.
            "CreateTransport": {"webSocketTransport": {"url": f"wss://127.0.0.1:{self._server.server_address[1]}/",
                                                       "transportLifeTimeInSeconds": 3600}},
            "GetAgentConfiguration": {"configuration": configuration()},
            "GetAgentPermissions": {"permissions": PERMISSIONS},
            "GetAgentStates": {"states": STATES},
            "GetDialableCountryCodes": {"countryCodes": COUNTRIES},
            "GetRoutingProfileQueues": {"queues": [QUEUE]},
            "GetEndpoints": self._endpoints(body),
            "SendClientLogs": {},
        }.get(operation)
        if told is not None:
            return 200, told
        name = operation[:1].lower() + operation[1:]
        if not hasattr(self.session, f"_{name}"):
            return 400, {"__type": "x#UnknownOperationException", "message": f"{operation} is not played by the stand-in"}
        try:
            await self.session.do(name, body)
        except Refused as refused:
            return refused.status, {"__type": f"com.amazonaws.cti#{refused.name}", "message": refused.message}
        return 200, {}

    def _endpoints(self, body: dict[str, Any]) -> dict[str, Any]:
        """In pages of two, which the library gathers."""
        first = int(body.get("nextToken") or 0)
        every = self.session.endpoints()
        page: dict[str, Any] = {"endpoints": every[first:first + 2]}
        if first + 2 < len(every):
            page["nextToken"] = str(first + 2)
        return page

    async def _wait_for_change(self, token: str | None) -> None:
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(lambda: str(self._version) != token), LONG_POLL_SECONDS)
            except asyncio.TimeoutError:
                pass
