"""Every request of the API, with every role and with none, about one's own call and about another's."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import websockets

from harness.config import SOURCE
from harness.desktop import Desktop
from harness.rest import Answer, Rest
from harness.samples import DIAL_PAD, quick_connect
from harness.world import World

#: Who asks, in this order: "own" is agent1, whose call it is; "other" is agent2, who has none. Who must get nowhere tries first.
CALLERS = ("nobody", "other", "own", "supervisor", "service")


@dataclass
class Scene:
    world: World
    callers: dict[str, Rest]
    contact: str  # Whom agent1 gave away, with this transfer.
    transfer: str
    live: str  # To whom agent1 speaks.
    directory: dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One request, and the status that each caller gets; a set where the call's state may decide."""

    #: The request as the schemas spell it, "GET /v1/agents" or "Agent / Mute", and after a colon what is special.
    name: str
    ask: Callable[[Scene, Rest], Awaitable[Answer]]
    nobody: int
    own: int | set[int]
    other: int | set[int]
    supervisor: int | set[int]
    service: int | set[int]
    #: Looks at a good answer: (scene, caller's name, its JSON).
    look: Callable[[Scene, str, Any], None] | None = field(default=None)


def get(path: str) -> Callable[[Scene, Rest], Awaitable[Answer]]:
    return lambda scene, rest: rest.get(path.format(contact=scene.contact, transfer=scene.transfer))


def send(topic: str, subtopic: str, data: Any = None, *, agent: str | None = "agent1",
         contact: bool = False) -> Callable[[Scene, Rest], Awaitable[Answer]]:
    """A message about agent1. An agent who leaves `agent` out speaks for himself, so it is given."""
    async def ask(scene: Scene, rest: Rest) -> Answer:
        more = {"agent": agent} if agent else {}
        if contact:
            more["contactId"] = scene.live
        return await rest.message(topic, subtopic, data, **more)
    return ask


def only_agent1(scene: Scene, who: str, body: Any) -> None:
    """A list holds nothing of another's."""
    logins = {one["login"] for one in body["items"]}
    assert logins == {"agent1"} if who == "own" else {"agent2"} if who == "other" else len(logins) >= 4, (who, logins)


def own_transfers(scene: Scene, who: str, body: Any) -> None:
    ids = {one["transferId"] for one in body["items"]}
    assert (scene.transfer in ids) == (who != "other"), (who, ids)


def move_contact(destination: Any, agent: str | None = None) -> Callable[[Scene, Rest], Awaitable[Answer]]:
    """Of the customer who talks to agent1, so that nobody gets further than to the verdict on his call."""
    more = {"agent": agent} if agent else {}
    return lambda scene, rest: rest.message("InboundCall", "MoveContact",
                                            {"contactId": scene.live, "destination": destination}, **more)


async def preflight(scene: Scene, rest: Rest) -> Answer:
    return await rest.post("/v1/transfers/preflight", {"destination": "+12082097345", "agent": "agent1"})


async def put_preferences(scene: Scene, rest: Rest) -> Answer:
    who = next(name for name, caller in scene.callers.items() if caller is rest)
    return await rest.request("PUT", "/v1/me/preferences", {"who": who})


def own_preferences(scene: Scene, who: str, body: Any) -> None:
    assert body == {"who": who}


async def put_directory(scene: Scene, rest: Rest) -> Answer:
    return await rest.request("PUT", "/v1/directory", scene.directory)


async def bad_login(scene: Scene, rest: Rest) -> Answer:
    return await Rest(rest.address).post("/v1/login", {"login": "agent1", "password": "wrong"})


#: Published requests that Baton recognises and refuses.
NOT_BUILT = {
    "InboundCall": ("Consult", "Swap", "Conference", "Transfer"),
    "OutboundCall": ("MakeCall", "Skip", "Disconnect", "SetHold", "Resume", "SendDTMF", "GetAgentList", "Consult",
                     "ExternalConsult", "ConsultDrop", "Swap", "Conference", "Transfer", "QueueTransfer",
                     "AcceptWarmTransfer", "RejectWarmTransfer", "ClearContact", "DropNailedCall"),
}

# What an agent must not do for another is 403; 400 is a message that lacks what it needs; 409 the state of the call.
FORBIDDEN = 403
TABLE = [
    Row("GET /v1/transfers/{id}", get("/v1/transfers/{transfer}"), 401, 200, 404, 200, 200),
    Row("GET /v1/transfers/{id}/timeline", get("/v1/transfers/{transfer}/timeline"), 401, 200, 404, 200, 200),
    Row("GET /v1/transfers", get("/v1/transfers"), 401, 200, 200, 200, 200, own_transfers),
    Row("GET /v1/transfers: of agent1", get("/v1/transfers?agent=agent1"), 401, 200, {200, 403}, 200, 200),
    Row("GET /v1/transfers: of the contact", get("/v1/transfers?contactId={contact}"), 401, 200, 200, 200, 200),
    Row("GET /v1/contacts/{id}", get("/v1/contacts/{contact}"), 401, 200, 404, 200, 200),
    Row("GET /v1/agents", get("/v1/agents"), 401, 200, 200, 200, 200),
    Row("GET /v1/queues", get("/v1/queues"), 401, 200, 200, 200, 200),
    Row("GET /v1/queues/waiting", get("/v1/queues/waiting"), 401, FORBIDDEN, FORBIDDEN, 200, 200),
    Row("GET /v1/quick-connects", get("/v1/quick-connects"), 401, 200, 200, 200, 200),
    Row("GET /v1/statistics", get("/v1/statistics"), 401, FORBIDDEN, FORBIDDEN, 200, 200),
    Row("GET /v1/me/preferences", get("/v1/me/preferences"), 401, 200, 200, 200, 200),
    Row("PUT /v1/me/preferences", put_preferences, 401, 200, 200, 200, 200),
    Row("GET /v1/me/preferences: his own", get("/v1/me/preferences"), 401, 200, 200, 200, 200, own_preferences),
    Row("POST /v1/transfers/preflight", preflight, 401, 200, FORBIDDEN, 200, 200),
    Row("POST /v1/ws-tickets", lambda scene, rest: rest.post("/v1/ws-tickets"), 401, 200, 200, 200, 200),
    Row("POST /v1/logout: a token has no session", lambda scene, rest: rest.post("/v1/logout"), 401, 400, 400, 400, 400),
    Row("POST /v1/login: a wrong password", bad_login, 401, 401, 401, 401, 401),
    Row("GET /v1/nothing", get("/v1/nothing"), 404, 404, 404, 404, 404),
    Row("App / StateSync", send("App", "StateSync"), 401, 200, FORBIDDEN, 200, 200),
    Row("App / StateSync: of nobody", send("App", "StateSync", agent=None), 401, 200, 200, 200, 200),
    Row("Agent / StateSync", send("Agent", "StateSync"), 401, 200, FORBIDDEN, 200, 200),
    Row("Agent / GetStates", send("Agent", "GetStates"), 401, 200, FORBIDDEN, 200, 200),
    Row("Agent / GetStates: of nobody", send("Agent", "GetStates", agent=None), 401, 200, 200, 200, 200),
    Row("InboundCall / StateSync", send("InboundCall", "StateSync"), 401, 200, FORBIDDEN, 200, 200),
    Row("Agent / Login", send("Agent", "Login"), 401, 202, FORBIDDEN, 202, 202),
    Row("Agent / Mute", send("Agent", "Mute"), 401, 202, FORBIDDEN, {202, 409}, {202, 409}),
    Row("Agent / Unmute", send("Agent", "Unmute"), 401, 202, FORBIDDEN, {202, 409}, {202, 409}),
    Row("Agent / SetNotReady", send("Agent", "SetNotReady", {"ReasonCodeId": "nothing"}), 401, {400, 404, 409, 422},
        FORBIDDEN, {400, 404, 409, 422}, {400, 404, 409, 422}),
    Row("Agent / UpdateState", send("Agent", "UpdateState", {"label": "Break", "code": "Break", "type": "not_routable"}),
        401, {202, 409}, FORBIDDEN, {202, 409}, {202, 409}),
    Row("Agent / Logout", send("Agent", "Logout"), 401, 400, FORBIDDEN, 400, 400),
    Row("InboundCall / Answer", send("InboundCall", "Answer", contact=True), 401, 409, FORBIDDEN, 409, 409),
    Row("InboundCall / Reject", send("InboundCall", "Reject", contact=True), 401, 409, FORBIDDEN, 409, 409),
    Row("InboundCall / Hold", send("InboundCall", "Hold", contact=True), 401, 202, FORBIDDEN, {202, 409},
        {202, 409}),
    Row("InboundCall / Resume", send("InboundCall", "Resume", contact=True), 401, 202, FORBIDDEN, {202, 409},
        {202, 409}),
    Row("InboundCall / SendDTMF", send("InboundCall", "SendDTMF", "5", contact=True), 401, {202, 409, 422, 503}, FORBIDDEN,
        {202, 409, 422, 503}, {202, 409, 422, 503}),
    Row("InboundCall / SetMakeCall", send("InboundCall", "SetMakeCall", "+12082097345"), 401, {409, 422}, FORBIDDEN,
        {409, 422}, {409, 422}),
    Row("InboundCall / ClearContact", send("InboundCall", "ClearContact"), 401, 409, FORBIDDEN, 409, 409),
    Row("InboundCall / CancelTransfer", send("InboundCall", "CancelTransfer"), 401, 409, FORBIDDEN, 409, 409),
    Row("InboundCall / MoveContact", move_contact(quick_connect("CallSummary-HVOC-Queue")), 401, FORBIDDEN, FORBIDDEN, 422, 422),
    Row("InboundCall / MoveContact: for agent1", move_contact(DIAL_PAD, "agent1"), 401, FORBIDDEN, FORBIDDEN, 422, 422),
    # A bridge speaks on a WebSocket, and only of the agent who has signed in.
    *(Row(f"Bridge / {subtopic}", send("Bridge", subtopic, {"tab": "t", "epoch": 1, "command": 1, "agent": {"state": "x"}}),
          401, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN) for subtopic in ("Hello", "Snapshot", "Endpoints", "Result")),
    *(Row(f"{topic} / {subtopic}", send(topic, subtopic), 401, 422, FORBIDDEN, 422, 422)
      for topic, subtopics in NOT_BUILT.items() for subtopic in subtopics),
    Row("InboundCall / BlindTransfer", send("InboundCall", "BlindTransfer", "+12082097345", contact=True), 401, 202,
        FORBIDDEN, 202, 202),  # The same again is a repeat.
    Row("InboundCall / Disconnect", send("InboundCall", "Disconnect", contact=True), 401, 202, FORBIDDEN, {202, 403, 409},
        {202, 403, 409}),  # He has released the call, so it is his no more.
    Row("GET /v1/ws: without an upgrade", get("/v1/ws"), 426, 426, 426, 426, 426),
    Row("PUT /v1/directory", put_directory, 401, 403, 403, 200, 200),
]


def test_the_table_has_every_request():
    """All paths of the OpenAPI document, and all messages that the server recognises."""
    paths = json.loads((SOURCE / "schema" / "openapi.json").read_text())["paths"]
    # The table's messages are POST /v1/messages; health and metrics have a listener without sign-in.
    elsewhere = {"POST /v1/messages", "GET /healthz", "GET /readyz", "GET /metrics"}
    wanted = {f"{method.upper()} {path}" for path, item in paths.items() for method in item
              if method in ("get", "put", "post", "delete", "patch")} - elsewhere
    table = (SOURCE / "src" / "message" / "request_table.cpp").read_text()
    messages = re.findall(r'^    \{\w+, "(\w+)", "(\w+)", "\w*", ', table, re.MULTILINE)
    assert len(messages) > 30
    wanted |= {f"{topic} / {subtopic}" for topic, subtopic in messages}
    assert wanted - {row.name.partition(": ")[0] for row in TABLE} == set()


async def make_scene(world: World) -> Scene:
    """agent1 has given one call away and is in another; agent2 is at work beside him."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer("+12082097345")
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    connected = await talking.desktop.transfer("connected")
    await talking.desktop.publish("InboundCall", "ClearContact")
    await talking.desktop.agent_state("Available")
    live = await world.talking("agent1", at_work=(talking.desktop, talking.agent.peer))
    await world.agent("agent2")
    callers = {"nobody": await world.rest(), "own": await world.rest("agent1"), "other": await world.rest("agent2"),
               "supervisor": await world.rest("boss", "supervisor"), "service": await world.rest("crm", "service")}
    directory = json.loads((world.folder / "directory.json").read_text())
    return Scene(world, callers, talking.contact_id, connected["transferId"], live.contact_id, directory)


async def test_each_caller_gets_what_his_role_allows(world: World):
    scene = await make_scene(world)
    world.carrier.untaken_calls = True  # Who may hand on, does; what comes of it is looked at elsewhere.
    wrong = []
    for row in TABLE:
        for who in CALLERS:
            answer = await row.ask(scene, scene.callers[who])
            wanted = getattr(row, who)
            if answer.status not in (wanted if isinstance(wanted, set) else {wanted}):
                wrong.append(f"{row.name} by {who}: {answer.status}, not {wanted}: {answer.body[:200]!r}")
            elif row.look and answer.status == 200:
                row.look(scene, who, answer.json())
            if who == "other" and answer.status < 300:
                told = answer.body.decode()
                for secret in (scene.contact, scene.transfer, scene.live, "+12082097345"):
                    if secret in told:
                        wrong.append(f"{row.name} tells agent2 of agent1's call: {secret} in {told[:300]}")
    assert not wrong, "\n".join(wrong)
    assert len(TABLE) * len(CALLERS) >= 150


async def test_an_agent_who_names_anothers_contact_gets_nowhere(world: World):
    talking = await world.talking("agent1")
    await world.agent("agent2")
    rest = await world.rest("agent2")
    for subtopic, data in (("Hold", None), ("Resume", None), ("Disconnect", None), ("SendDTMF", "5"), ("Answer", None),
                           ("Reject", None), ("BlindTransfer", "+12082097345"), ("CancelTransfer", None)):
        answer = await rest.message("InboundCall", subtopic, data, contactId=talking.contact_id)
        assert answer.status in (403, 409), f"{subtopic}: {answer.status} {answer.body!r}"
        reason = answer.json()["data"]["reason"]
        assert reason in ("callNotOwned", "noActiveCall"), f"{subtopic}: {reason}"
    await talking.desktop.publish("InboundCall", "Hold")  # And the call is as it was.
    await talking.desktop.call_event("hold", "inbound")


async def test_every_caller_follows_whom_he_may(world: World):
    async def opens(login: str, role: str | None, query: str) -> int:
        desktop = Desktop(world.server.http, login, await world.token(login, role), query)
        try:
            await desktop.open()
        except websockets.InvalidStatusCode as refused:
            return refused.status_code
        await desktop.close()
        return 101

    assert await opens("agent1", None, "") == 101
    assert await opens("agent1", None, "?agents=agent1") == 101
    for query in ("?agents=agent2", "?agents=agent1,agent2", "?agents=*"):
        assert await opens("agent1", None, query) == 403, query
        assert await opens("boss", "supervisor", query) == 101, query
        assert await opens("crm", "service", query) == 101, query


async def test_a_supervisor_acts_on_anothers_call(world: World):
    talking = await world.talking("agent1")
    rest = await world.rest("boss", "supervisor")
    answer = await rest.message("InboundCall", "BlindTransfer", quick_connect("Sasi_Chime"), agent="agent1")
    assert answer.status == 202, answer.body
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    await talking.desktop.transfer("connected")
