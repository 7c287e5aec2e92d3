"""Queue / QueueStateChange: what those who follow everybody are told of the queues."""

from __future__ import annotations

import json
from typing import Any

from harness.desktop import Desktop
from harness.marks import with_directory
from harness.world import INBOUND, World

NAME = "CallSummary-HVOC-Queue"
EVENT = "Queue/QueueStateChange"


async def wall(world: World, login: str = "supervisor1", role: str = "supervisor") -> Desktop:
    return await world.desktop(login, state=None, query="?agents=*", role=role)


async def told(desktop: Desktop, holds: Any, what: str) -> dict[str, Any]:
    """The next of the events that tells of the queue what is wanted; gives back what it tells of it."""
    event = await desktop.expect(
        EVENT, lambda m: any(queue["name"] == NAME and holds(queue) for queue in m["queues"]), what=what)
    assert not {"agent", "sequence", "id"} & set(event), "it is of no agent, and not numbered"
    return next(queue for queue in event["message"]["queues"] if queue["name"] == NAME)


def a_second_queue(directory: dict[str, Any]) -> None:
    first = directory["queues"][0]
    directory["queues"].append({**first, "arn": first["arn"][:-4] + "beef", "name": "Nobody calls it"})


@with_directory(a_second_queue)
async def test_all_queues_and_then_those_that_changed(world: World):
    boss = await wall(world)
    service = await wall(world, "service1", "service")
    agent = await world.desktop("agent1", state=None)
    rest = await world.rest("supervisor1", "supervisor")
    for one in (boss, service):
        first = await one.expect(EVENT)
        names = [queue["name"] for queue in first["message"]["queues"]]
        assert names == [queue["name"] for queue in (await rest.get("/v1/queues")).json()["items"]] and len(names) == 2

    call = await (await world.customer()).call(INBOUND, wait=True)  # Nobody is at work, so he waits.
    waits = await told(boss, lambda queue: queue["waiting"] == 1, "somebody who waits")
    assert waits["longestWaitingSince"] is not None and waits["agentsStaffed"] == 0
    await told(service, lambda queue: queue["waiting"] == 1, "somebody who waits")
    items = (await rest.get("/v1/queues")).json()["items"]
    assert waits == next(item for item in items if item["name"] == NAME), "an item as GET /v1/queues has it"

    await world.phone("agent1")
    await agent.login_agent("Available")
    served = await told(boss, lambda queue: queue["agentsStaffed"] == 1, "an agent at work")
    assert served["agentsAvailable"] == 0, "the customer is offered to him"
    await call.hangup()
    gone = await told(boss, lambda queue: queue["waiting"] == 0, "nobody who waits")
    assert gone["longestWaitingSince"] is None

    assert not agent.seen(EVENT), "an agent is never told"
    changes = [event["message"] for event in boss.seen(EVENT)[1:]]
    assert changes and all(queue["name"] == NAME for each in changes for queue in each["queues"]), "only what changed"


async def test_who_follows_some_agents_is_not_told(world: World):
    some = await world.desktop("supervisor1", state=None, query="?agents=agent1,agent2", role="supervisor")
    boss = await wall(world, "boss")
    call = await (await world.customer()).call(INBOUND, wait=True)
    await told(boss, lambda queue: queue["waiting"] == 1, "somebody who waits")
    await some.publish("App", "StateSync", id="after", agent="agent1")
    await some.expect("App/StateSync")
    assert not some.seen(EVENT)
    await call.hangup()


async def test_who_comes_later_gets_the_whole_list(world: World):
    first = await wall(world)
    await first.expect(EVENT)
    call = await (await world.customer()).call(INBOUND, wait=True)
    await told(first, lambda queue: queue["waiting"] == 1, "somebody who waits")
    second = await wall(world, "boss")
    assert (await told(second, lambda queue: True, "the list"))["waiting"] == 1
    await first.close()
    third = await wall(world, "service1", "service")
    assert (await told(third, lambda queue: True, "the list"))["waiting"] == 1
    await call.hangup()


async def test_a_queue_that_is_no_more(world: World):
    boss = await wall(world)
    await boss.expect(EVENT)
    rest = await world.rest("supervisor1", "supervisor")
    directory = json.loads((world.folder / "directory.json").read_text())
    a_second_queue(directory)
    arn = directory["queues"][-1]["arn"]
    assert (await rest.request("PUT", "/v1/directory", directory)).status == 200
    await boss.expect(EVENT, lambda m: [queue["arn"] for queue in m["queues"]] == [arn], what="the new queue")
    directory["queues"].pop()
    assert (await rest.request("PUT", "/v1/directory", directory)).status == 200
    await boss.expect(EVENT, lambda m: m.get("removed") == [arn], what="the queue that is gone")
