"""A Baton whose calls are at Amazon Connect, and a double of the service behind the agents' sessions.

AgentSession is a STAND-IN for Amazon Connect: it does what the library's sources and AWS's pages say of adding a party, leaving and
clearing a contact, and nothing else. What only a live instance can show is listed in docs/amazon-connect.md.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from harness.config import example_directory
from harness.desktop import Desktop
from harness.rest import Rest
from harness.server import Server
from harness.world import World

AMAZON = {"telephony": {"backend": "amazon-connect"}}
CUSTOMER = "+16175550123"


def new_id() -> str:
    return str(uuid.uuid4())


class Refused(Exception):
    """The service answers with an error."""

    def __init__(self, name: str, message: str = "The service says no.", status: int = 400):
        super().__init__(message)
        self.name, self.message, self.status = name, message, status


class AgentSession:
    """An agent's session: his state, his contacts, and what was asked of it. `changed` is called after every change."""

    def __init__(self) -> None:
        self.state = {"name": "Available", "type": "routable"}
        self.contacts: list[dict[str, Any]] = []
        #: What its queues show: the quick connects of the example directory, as an instance that it was imported from has them.
        self.quick_connects: list[dict[str, Any]] = copy.deepcopy(example_directory()["quickConnects"])
        self.asked: list[tuple[str, dict[str, Any]]] = []  # Operation and parameters, as they came on the wire.
        self.watchers: list[Callable[[], Awaitable[None]]] = []
        #: What an operation does instead of the usual, by its name: takes its parameters; raises Refused.
        self.instead: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {}

    async def changed(self) -> None:
        for watcher in self.watchers:
            await watcher()

    def endpoints(self) -> list[dict[str, Any]]:
        """As the library's getEndpoints tells them: agentLogin is null even for agents."""
        return [{"endpointARN": one["arn"], "type": one["type"], "name": one["name"], "phoneNumber": one.get("phoneNumber"),
                 "agentLogin": None, "queue": None} for one in self.quick_connects]

    def count(self, operation: str) -> int:
        return sum(1 for name, _ in self.asked if name == operation)

    # --- What happens in the world -------------------------------------------------------------------------------

    def contact(self, contact_id: str) -> dict[str, Any]:
        return next(one for one in self.contacts if one["contactId"] == contact_id)

    async def talk(self) -> str:
        """A customer and the agent talk. Gives back the contact's id."""
        contact_id = self._call()
        await self.changed()
        return contact_id

    async def offer(self) -> str:
        contact_id = self._call()
        contact = self.contact(contact_id)
        contact["state"] = "connecting"
        contact["connections"][1]["state"] = "connecting"
        self.state = {"name": "PendingBusy", "type": "system"}
        await self.changed()
        return contact_id

    def _call(self) -> str:
        contact = {
            "contactId": new_id(), "type": "voice", "state": "connected",
            "connections": [
                {"connectionId": new_id(), "type": "inbound", "state": "connected", "initial": True, "number": CUSTOMER},
                {"connectionId": new_id(), "type": "agent", "state": "connected", "initial": False, "number": None},
            ],
        }
        self.contacts.append(contact)
        self.state = {"name": "Busy", "type": "system"}
        return contact["contactId"]

    async def answered(self) -> None:
        """Who was called out answers."""
        self.contacts[-1]["state"] = self.contacts[-1]["connections"][0]["state"] = "connected"
        await self.changed()

    def third_party(self, contact_id: str) -> dict[str, Any]:
        return next(one for one in self.contact(contact_id)["connections"] if not one["initial"] and one["type"] == "outbound")

    async def third_party_is(self, contact_id: str, state: str) -> None:
        self.third_party(contact_id)["state"] = state
        await self.changed()

    async def customer_hangs_up(self, contact_id: str) -> None:
        contact = self.contact(contact_id)
        contact["connections"][0]["state"] = "disconnected"
        if not any(c["state"] in ("connecting", "connected") and c["type"] == "outbound" for c in contact["connections"]):
            self._end(contact)
        await self.changed()

    def _end(self, contact: dict[str, Any]) -> None:
        contact["state"] = "ended"
        self.state = {"name": "AfterCallWork", "type": "system"}

    # --- What is asked of it -------------------------------------------------------------------------------------

    async def do(self, operation: str, params: dict[str, Any]) -> None:
        """Raises Refused. The change is told to the watchers before this returns."""
        self.asked.append((operation, copy.deepcopy(params)))
        await self.instead.get(operation, getattr(self, f"_{operation}"))(params)

    async def _createAdditionalConnection(self, params: dict[str, Any]) -> None:
        contact = self.contact(params["contactId"])
        if contact["state"] != "connected":
            raise Refused("InvalidStateException", "The contact is not connected.")
        endpoint = params["endpoint"]
        contact["connections"].append({
            "connectionId": new_id(), "type": "outbound", "state": "connecting", "initial": False,
            "number": endpoint["phoneNumber"] if endpoint["type"] == "phone_number" else "INTERNAL-TRANSFER"})
        contact["connections"][0]["state"] = "hold"
        await self.changed()

    async def _contactTransfer(self, params: dict[str, Any]) -> None:
        """The SDK's contact/transfer: the destination has the customer, and the agent's contact ends, in one step."""
        contact = self.contact(params["contactId"])
        if contact["state"] != "connected":
            raise Refused("invalidState", "The contact is not connected.")
        self._end(contact)
        await self.changed()

    async def _createOutboundContact(self, params: dict[str, Any]) -> None:
        contact = self.contact(self._call())
        customer, agent = contact["connections"]
        customer |= {"type": "outbound", "state": "connecting", "number": params["endpoint"]["phoneNumber"]}
        contact["state"] = "connecting"
        await self.changed()

    async def _destroyConnection(self, params: dict[str, Any]) -> None:
        contact = self.contact(params["contactId"])
        one = next(c for c in contact["connections"] if c["connectionId"] == params["connectionId"])
        assert one["type"] == "agent", "somebody else's connection was destroyed"
        # The connections stay as they were in what is shown after the end, as agents have seen it.
        self._end(contact)
        await self.changed()

    async def _resumeConnection(self, params: dict[str, Any]) -> None:
        self._set(params, "connected")
        await self.changed()

    async def _holdConnection(self, params: dict[str, Any]) -> None:
        self._set(params, "hold")
        await self.changed()

    def _set(self, params: dict[str, Any], state: str) -> None:
        contact = self.contact(params["contactId"])
        next(c for c in contact["connections"] if c["connectionId"] == params["connectionId"])["state"] = state

    async def _clearContact(self, params: dict[str, Any]) -> None:
        self.contacts = [one for one in self.contacts if one["contactId"] != params["contactId"]]
        self.state = {"name": "Available", "type": "routable"}
        await self.changed()

    async def _acceptContact(self, params: dict[str, Any]) -> None:
        contact = self.contact(params["contactId"])
        contact["state"] = "connected"
        contact["connections"][1]["state"] = "connected"
        self.state = {"name": "Busy", "type": "system"}
        await self.changed()

    async def _rejectContact(self, params: dict[str, Any]) -> None:
        self.contact(params["contactId"])["state"] = "rejected"
        self.state = {"name": "FailedConnectAgent", "type": "error"}
        await self.changed()

    async def _putAgentState(self, params: dict[str, Any]) -> None:
        self.state = {"name": params["state"]["name"], "type": params["state"]["type"]}
        await self.changed()

    async def _sendDigits(self, params: dict[str, Any]) -> None:
        pass


@dataclass
class Bridge:
    """A bridge that is no browser: it speaks the protocol itself, for tests of the server alone."""

    desktop: Desktop
    session: AgentSession
    epoch: int = 0
    alive: bool = True
    deaf: bool = False  # Takes commands and does nothing.
    lists: bool = True  # Tells which destinations the session lists.
    listed: str = ""  # The digest of the list that Baton has.
    has_sdk: bool = False  # It has a client of the SDK.
    commands: list[dict[str, Any]] = field(default_factory=list)
    _task: asyncio.Task | None = None

    async def start(self, tab: str = "tab-1") -> Bridge:
        self.session.watchers.append(self.report)
        self._task = asyncio.create_task(self._obey())
        await self.say("Hello", {"tab": tab, "instance": "https://x.my.connect.aws/ccp-v2/", "agentArn": None,
                                 "username": self.desktop.login, "library": "2.28.2", "coldTransfer": self.has_sdk})
        return self

    async def stop(self) -> None:
        if self.report in self.session.watchers:
            self.session.watchers.remove(self.report)
        if self._task:
            self._task.cancel()
        await self.desktop.close()

    async def say(self, subtopic: str, data: dict[str, Any]) -> None:
        await self.desktop.publish("Bridge", subtopic, data)

    async def list_endpoints(self) -> None:
        """In parts of two."""
        arns = sorted(one["endpointARN"] for one in self.session.endpoints())
        digest = hashlib.sha256("\n".join(arns).encode()).hexdigest()
        if digest == self.listed:
            return
        for part in range(0, len(arns) or 1, 2):
            await self.say("Endpoints", {"epoch": self.epoch, "digest": digest, "part": part // 2, "more": part + 2 < len(arns),
                                         "arns": arns[part:part + 2]})
        self.listed = digest

    async def report(self) -> None:
        if not self.epoch:
            return
        contacts = [{
            "contactId": contact["contactId"], "type": contact["type"], "state": contact["state"], "queueARN": None, "queueName": None,
            "connections": [{"connectionId": one["connectionId"], "type": one["type"], "state": one["state"],
                             "initial": one["initial"], "phoneNumber": one["number"], "quickConnect": None}
                            for one in contact["connections"]],
        } for contact in self.session.contacts]
        await self.say("Snapshot", {"epoch": self.epoch, "alive": self.alive, "contacts": contacts,
                                    "agent": {"state": self.session.state["name"], "type": self.session.state["type"], "muted": False}})

    async def _obey(self) -> None:
        while True:
            command = (await self.desktop.expect("Bridge/Command", timeout=3600))["message"]
            self.commands.append(command)
            if command["action"] == "lease":
                self.epoch = command["epoch"]
                await self.report()
                self.listed = command.get("endpoints", "")
                if self.lists:
                    await self.list_endpoints()
            elif command["epoch"] == self.epoch and not self.deaf:
                await self._carry_out(command)

    async def _carry_out(self, command: dict[str, Any]) -> None:
        if command["action"] == "report":
            await self.report()
            return
        if command["action"] == "endpoints":
            if self.lists:
                await self.list_endpoints()
            return
        contact_id = command.get("contactId")
        legs = self.session.contact(contact_id)["connections"] if contact_id else []
        operation, params = {
            "addConnection": ("createAdditionalConnection", {"endpoint": command.get("endpoint")}),
            "coldTransfer": ("contactTransfer", {"endpoint": command.get("endpoint")}),
            "leaveContact": ("destroyConnection", {"connectionId": legs[1]["connectionId"]} if legs else {}),
            "disconnect": ("destroyConnection", {"connectionId": legs[1]["connectionId"]} if legs else {}),
            "resumeCustomer": ("resumeConnection", {"connectionId": legs[0]["connectionId"]} if legs else {}),
            "resume": ("resumeConnection", {"connectionId": legs[0]["connectionId"]} if legs else {}),
            "hold": ("holdConnection", {"connectionId": legs[0]["connectionId"]} if legs else {}),
            "accept": ("acceptContact", {}), "reject": ("rejectContact", {}), "clear": ("clearContact", {}),
            "sendDigits": ("sendDigits", {"digits": command.get("digits")}),
            "setState": ("putAgentState", {"state": command.get("state")}),
        }[command["action"]]
        result: dict[str, Any] = {"command": command["command"], "epoch": command["epoch"], "ok": True}
        try:
            await self.session.do(operation, {"contactId": contact_id, **params})
        except Refused as refused:
            result |= {"ok": False, "error": {"name": refused.name, "message": refused.message, "status": refused.status}}
        await self.say("Result", result)


class AmazonWorld(World):
    """Use as `async with`. A Baton with telephony.backend = "amazon-connect"; there is nothing of SIP."""

    def __init__(self, folder: Any, overrides: dict[str, Any] | None = None):
        super().__init__(folder, {**AMAZON, **(overrides or {})})
        self.bridges: list[Bridge] = []

    async def __aenter__(self) -> AmazonWorld:
        self.write_config()
        self.server = Server(self.config_path, self.folder / "baton.log", self.environment)
        await self.server.start()
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        for bridge in self.bridges:
            await bridge.stop()
        await super().__aexit__(kind, error, trace)

    async def _farewell(self) -> None:
        for desktop in self.desktops:
            desktop.check()
        for bridge in self.bridges:
            bridge.desktop.check()
        if self.expect_exit is None:
            return
        assert self.server.alive, f"the server died: {self.server.log()}"
        health = await Rest(self.metrics_address).get("/healthz")
        assert health.status == 200, f"healthz says {health.status} {health.body!r}"
        # What the library never answers is given up after its deadline and three seconds.
        await self.until(self.metrics, lambda found: found["baton_commands_open"] == 0, "no command open", within=20)
        await self.sums_add_up()

    async def asks(self, session: AgentSession, name: str) -> list[str]:
        """What the session was asked for, once that is among it."""
        async def asked() -> list[str]:
            return [each for each, _ in session.asked]

        return await self.until(asked, lambda names: name in names, f"{name} asked for")

    async def bridge(self, login: str, session: AgentSession, tab: str = "tab-1", lists: bool = True,
                     has_sdk: bool = False) -> Bridge:
        desktop = Desktop(self.server.http, login, await self.token(login))
        await desktop.open()
        bridge = await Bridge(desktop, session, lists=lists, has_sdk=has_sdk).start(tab)
        self.bridges.append(bridge)
        return bridge
