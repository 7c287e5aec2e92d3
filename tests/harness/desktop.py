"""An agent's desktop: publishes messages, and checks every one it gets."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from typing import Any

import websockets

from harness.schema import check_event

Event = dict[str, Any]


class Desktop:
    """One WebSocket. All methods belong to the event loop's thread."""

    def __init__(self, address: tuple[str, int], login: str, token: str, query: str = "",
                 headers: dict[str, str] | None = None, protocols: list[str] | None = None,
                 tls: ssl.SSLContext | None = None):
        self.tls = tls
        self.url = f"{'wss' if tls else 'ws'}://{address[0]}:{address[1]}/v1/ws{query}"
        self.login, self.token = login, token
        self.headers = {"Authorization": f"Bearer {token}"} if headers is None else headers
        self.protocols = protocols or ["baton.v1"]
        self.events: list[Event] = []
        self.taken: set[int] = set()
        self.sequences: dict[str, int] = {}  # The last one, by agent.
        self.epoch: str | None = None
        self.faults: list[str] = []
        self.connections = 0
        self.comes_back = False  # Whoever waits goes on waiting while the socket is closed, for reopen().
        self.socket: Any = None
        self._reader: asyncio.Task | None = None
        self._changed: asyncio.Future | None = None

    async def open(self) -> Desktop:
        self.socket = await websockets.connect(self.url, subprotocols=self.protocols, max_size=None,
                                               extra_headers=self.headers, ping_interval=None,
                                               compression=None, ssl=self.tls)
        assert self.socket.subprotocol == "baton.v1", f"the subprotocol is {self.socket.subprotocol}"
        self._reader = asyncio.create_task(self._read())
        self.connections += 1
        self._notify()
        return self

    async def reopen(self) -> Desktop:
        """Connects again, as a desktop does by itself, and gets what came after the last event that it has seen."""
        await self.close()
        after = self.sequences.get(self.login, 0)
        self.url = f"{self.url.partition('?')[0]}?epoch={self.epoch}&after={after}"
        return await self.open()

    async def close(self) -> None:
        if self.socket:
            await self.socket.close()
        if self._reader:
            await self._reader

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                self._take(text)
        except websockets.ConnectionClosed:
            pass
        self._notify()

    def _take(self, text: str | bytes) -> None:
        try:
            assert isinstance(text, str), "a binary frame"
            event = json.loads(text)
            assert event.get("channel") == "Amazon", f"channel is {event.get('channel')!r}"
            check_event(event)
            self._check_sequence(event)
        except (AssertionError, ValueError) as error:
            self.faults.append(str(error))
            event = {"topic": "?", "subtopic": "?", "text": text} if not isinstance(text, str) else json.loads(text)
        self.events.append(event)
        self._notify()

    def _check_sequence(self, event: Event) -> None:
        """Changes are numbered without a gap; state syncs say where they stand."""
        sequence, agent = event.get("sequence"), event.get("agent")
        if event.get("epoch"):
            assert self.epoch in (None, event["epoch"]), f"the epoch changed from {self.epoch} to {event['epoch']}"
            self.epoch = event["epoch"]
        if sequence is None or agent is None:
            return
        last = self.sequences.get(agent)
        if event["subtopic"] in ("StateSync", "GetStates"):
            assert last is None or sequence >= last, f"a state sync at {sequence} after {last}"
            self.sequences[agent] = sequence
            return
        assert last is None or sequence == last + 1, f"sequence went from {last} to {sequence}: {json.dumps(event)}"
        self.sequences[agent] = sequence

    def _notify(self) -> None:
        if self._changed and not self._changed.done():
            self._changed.set_result(None)
        self._changed = None

    @property
    def close_code(self) -> int | None:
        return self.socket.close_code if self.socket and self.socket.closed else None

    async def closed(self, timeout: float = 20.0) -> int:
        """Waits until the server has closed the socket; gives back the WebSocket status."""
        await asyncio.wait_for(self.socket.wait_closed(), timeout)
        return self.socket.close_code

    # --- Sending ------------------------------------------------------------------------------------------------

    async def send_text(self, text: str | bytes) -> None:
        await self.socket.send(text)

    async def publish(self, topic: str, subtopic: str, data: Any = None, **envelope: Any) -> None:
        message = {"channel": "Amazon", "topic": topic, "subtopic": subtopic, "source": "ui", **envelope}
        if data is not None:
            message["data"] = data
        await self.send_text(json.dumps(message))

    # --- Waiting ------------------------------------------------------------------------------------------------

    def story(self) -> str:
        """What came in, a line an event."""
        lines = []
        for event in self.events:
            message = event.get("message") or event.get("data") or {}
            short = {key: message[key] for key in ("state", "custody", "reason", "event", "errorType", "msg")
                     if isinstance(message, dict) and key in message}
            if isinstance(message, dict) and "call" in message:
                call = message["call"]
                short = {"event": call.get("event"), "type": call.get("CallType"),
                         "status": (call.get("ResponseActual") or {}).get("status")}
            lines.append(f"  {event.get('sequence', '-'):>4} {event['topic']}/{event['subtopic']} {short}")
        return f"{self.login}'s desktop:\n" + "\n".join(lines) + "".join(f"\n  FAULT {f}" for f in self.faults)

    async def until(self, condition: Callable[[], Any], what: str, timeout: float = 20.0) -> Any:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (value := condition()):
            left = deadline - loop.time()
            closed = self._reader is not None and self._reader.done() and not self.comes_back
            if left <= 0 or closed:
                why = "the socket was closed" if left > 0 else f"waited {timeout:g} s"
                raise AssertionError(f"{self.login}: {why}, wanted {what}\n{self.story()}")
            if self._changed is None:
                self._changed = loop.create_future()
            await asyncio.wait([self._changed], timeout=left)
        return value

    async def expect(self, key: str, condition: Callable[[Any], bool] | None = None, timeout: float = 20.0,
                     what: str = "") -> Event:
        """The first event "Topic/Subtopic" that no earlier expect() took and whose body (message or data) fits."""
        def find() -> Event | None:
            for number, event in enumerate(self.events):
                if number in self.taken or f"{event['topic']}/{event['subtopic']}" != key:
                    continue
                if condition is None or condition(event.get("message", event.get("data"))):
                    self.taken.add(number)
                    return event
            return None
        event = await self.until(find, what or key, timeout)
        return event

    def forget(self) -> None:
        """What came in so far no longer counts for expect()."""
        self.taken.update(range(len(self.events)))

    def seen(self, key: str) -> list[Event]:
        return [e for e in self.events if f"{e['topic']}/{e['subtopic']}" == key]

    def check(self) -> None:
        assert not self.faults, f"{self.login}'s desktop got what it must not: {self.faults[0]}"

    # --- The words of the trade ---------------------------------------------------------------------------------

    async def agent_state(self, name: str, timeout: float = 20.0) -> Event:
        """Waits for Agent/SetAgentState with that state."""
        return await self.expect("Agent/SetAgentState",
                                 lambda m: m["rules"]["ResponseActual"]["name"] == name, timeout, f"state {name}")

    async def login_agent(self, state: str | None = "Available") -> Desktop:
        await self.publish("Agent", "Login")
        await self.expect("Agent/LoginSuccess")
        if state:
            await self.go(state)
        return self

    async def go(self, state: str) -> None:
        kinds = {"Available": "routable", "Offline": "offline"}
        await self.publish("Agent", "UpdateState",
                           {"label": state, "code": state, "type": kinds.get(state, "not_routable")})
        await self.agent_state(state)

    async def call_event(self, event: str, leg: str | None = None, timeout: float = 20.0) -> dict[str, Any]:
        """Waits for InboundCallStateChange with that event (and type of leg); gives back the `call`."""
        found = await self.expect(
            "InboundCall/InboundCallStateChange",
            lambda m: m["call"]["event"].lower() == event.lower() and leg in (None, m["call"]["CallType"]),
            timeout, f"call event {event} of the {leg or 'any'} leg")
        return found["message"]["call"]

    async def offered(self, timeout: float = 20.0) -> dict[str, Any]:
        """The offer of a call, on the agent's own leg."""
        return await self.call_event("connecting", "agent", timeout)

    async def answer(self) -> None:
        await self.publish("InboundCall", "Answer")

    async def blind_transfer(self, data: Any, **envelope: Any) -> None:
        await self.publish("InboundCall", "BlindTransfer", data, **envelope)

    async def transfer(self, state: str, timeout: float = 20.0) -> dict[str, Any]:
        """Waits for TransferStateChange with that state; gives back its message."""
        return (await self.expect("InboundCall/TransferStateChange", lambda m: m["state"] == state, timeout,
                                  f"transfer state {state}"))["message"]

    async def error(self, error_type: str, timeout: float = 20.0) -> dict[str, Any]:
        """Waits for Error/ApiError; gives back its data."""
        return (await self.expect("Error/ApiError", lambda d: d["errorType"] == error_type, timeout,
                                  error_type))["data"]

    async def sync(self) -> dict[str, Any]:
        """InboundCall/StateSync, asked for now."""
        number = f"sync-{len(self.events)}"
        await self.publish("InboundCall", "StateSync", id=number)
        found = await self.until(lambda: next((e for e in self.events if e.get("id") == number), None), "StateSync")
        return found["message"]

    def transfers(self) -> list[str]:
        """The states of all transfers, in order."""
        return [e["message"]["state"] for e in self.seen("InboundCall/TransferStateChange")]
