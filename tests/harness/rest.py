"""HTTP, as a server that integrates with Baton speaks it."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Rest:
    """One caller. Each request is a connection of its own."""

    def __init__(self, address: tuple[str, int], token: str | None = None, tls: ssl.SSLContext | None = None):
        self.address, self.token, self.tls = address, token, tls
        self.cookie: str | None = None

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = (http.client.HTTPSConnection(*self.address, timeout=10, context=self.tls) if self.tls
                      else http.client.HTTPConnection(*self.address, timeout=10))
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    async def request(self, method: str, path: str, body: Any = None,
                      headers: dict[str, str] | None = None) -> Answer:
        """`body` is sent as it is if it is bytes, else as JSON."""
        all_headers: dict[str, str] = {}
        if self.token:
            all_headers["Authorization"] = f"Bearer {self.token}"
        if self.cookie:
            all_headers["Cookie"] = self.cookie
        data = body
        if body is not None and not isinstance(body, bytes):
            data = json.dumps(body).encode()
        if data is not None:
            all_headers["Content-Type"] = "application/json"
        all_headers.update(headers or {})
        return await asyncio.to_thread(self._send, method, path, data, all_headers)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.request("GET", path, headers=headers)

    async def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        return await self.request("POST", path, body, headers)

    async def message(self, topic: str, subtopic: str, data: Any = None, **envelope: Any) -> Answer:
        """POST /v1/messages with one request envelope."""
        body = {"channel": "Amazon", "topic": topic, "subtopic": subtopic, "source": "test", **envelope}
        if data is not None:
            body["data"] = data
        return await self.post("/v1/messages", body)
