"""Serves the STAND-IN of the Contact Control Panel's frame (tests/browser/ccp-frame) and answers it out of an AgentSession."""

from __future__ import annotations

import asyncio
import http
import json
from typing import Any

import websockets

from harness.amazon_world import AgentSession, Refused
from harness.ccp_view import configuration, snapshot
from harness.config import SOURCE

FRAME = SOURCE / "tests" / "browser" / "ccp-frame"


class CcpFrame:
    """Use as `async with`."""

    def __init__(self, session: AgentSession) -> None:
        self.session = session
        self.sockets: set[Any] = set()
        #: Frames that hear of no change.
        self.behind: set[Any] = set()
        #: Operations that are never answered, as after a 401 or 403.
        self.unanswered: set[str] = set()
        #: True: the callback comes before the snapshot.
        self.callback_first = False
        #: The frame opens the SDK's channel.
        self.sdk = False
        self.url = ""

    async def __aenter__(self) -> CcpFrame:
        self.server = await websockets.serve(self._serve, "127.0.0.1", 0, process_request=self._page)
        port = self.server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/ccp-v2/"
        self.session.watchers.append(self.update)
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.session.watchers.remove(self.update)
        self.server.close()
        await self.server.wait_closed()

    async def _page(self, path: str, _headers: Any) -> tuple[http.HTTPStatus, list[tuple[str, str]], bytes] | None:
        if path == "/session":
            return None
        name, kind = {"/ccp-v2/": ("index.html", "text/html"), "/ccp-v2/frame.js": ("frame.js", "text/javascript")}.get(path, ("", ""))
        if not name:
            return http.HTTPStatus.NOT_FOUND, [], b""
        return http.HTTPStatus.OK, [("Content-Type", f"{kind}; charset=utf-8")], (FRAME / name).read_bytes()

    async def _serve(self, socket: Any) -> None:
        self.sockets.add(socket)
        try:
            await socket.send(json.dumps({"sdk": self.sdk, "update": self._update()}))
            async for text in socket:
                # Each on its own: one that is not answered holds nobody up.
                asyncio.create_task(self._answer(socket, json.loads(text)))
        except websockets.ConnectionClosed:
            pass
        finally:
            self.sockets.discard(socket)

    async def say(self, message: dict[str, Any], but: frozenset[Any] | set[Any] = frozenset()) -> None:
        for socket in self.sockets - but:
            try:
                await socket.send(json.dumps(message))
            except websockets.ConnectionClosed:
                pass

    async def silence(self, silent: bool) -> None:
        """The frame says nothing any more, or speaks again."""
        await self.say({"silent": silent})

    async def update(self) -> None:
        await self.say({"update": self._update()}, self.behind)

    async def _answer_sdk(self, socket: Any, asked: dict[str, Any]) -> None:
        """A request of the SDK's; its errors are an errorKey and a reason. It is over before the snapshot shows it, or after."""
        response: dict[str, Any] = {"requestId": asked["requestId"], "namespace": asked["namespace"], "isError": False, "data": None}
        if asked["command"] != "contact/transfer":
            response |= {"isError": True, "errorKey": "handlerNotFound", "reason": "No handler for command"}
        else:
            params = asked["data"]
            if "contactTransfer" in self.unanswered:
                self.session.asked.append(("contactTransfer", params))
                return
            if self.callback_first:
                await self._send(socket, response, "sdkResponse")
                await asyncio.sleep(0)
            try:
                await self.session.do("contactTransfer", params)
            except Refused as refused:
                response |= {"isError": True, "errorKey": refused.name, "reason": refused.message,
                             "details": {"url": "https://secret.example"}}
            if self.callback_first:
                return
        await self._send(socket, response, "sdkResponse")

    async def _answer(self, socket: Any, asked: dict[str, Any]) -> None:
        if "namespace" in asked:
            await self._answer_sdk(socket, asked)
            return
        method, params = asked["method"], asked["params"]
        response: dict[str, Any] = {"requestId": asked["requestId"], "data": {}, "err": None}
        if method == "getEndpoints":
            response["data"] = {"endpoints": self.session.endpoints(), "nextToken": None}
        elif hasattr(self.session, f"_{method}"):
            if method in self.unanswered:
                self.session.asked.append((method, params))
                return
            if self.callback_first:
                await self._send(socket, response)
                await asyncio.sleep(0)
            try:
                await self.session.do(method, params)
            except Refused as refused:
                # The library's form: a JSON text, with a stack that nobody may be shown.
                told = {"type": refused.name, "message": refused.message, "stack": ["https://secret.example"],
                        "retryStatus": "none", "statusCode": refused.status}
                response |= {"data": None, "err": json.dumps(told if refused.name else {})}
            if self.callback_first and response["err"] is None:
                return
        await self._send(socket, response)

    async def _send(self, socket: Any, response: dict[str, Any], kind: str = "response") -> None:
        try:
            await socket.send(json.dumps({kind: response}))
        except websockets.ConnectionClosed:
            pass

    def _update(self) -> dict[str, Any]:
        return {"snapshot": snapshot(self.session), "configuration": configuration()}
