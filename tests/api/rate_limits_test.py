"""How much one caller may ask, over all of his connections and over either carrier."""

from __future__ import annotations

import asyncio

import pytest

from harness.samples import DIAL_PAD
from harness.schema import check, events
from harness.world import World
from peer import talk


@pytest.mark.config({"limits.service_requests_per_second": 1})  # Two at once.
async def test_who_asks_too_much_is_told_when_to_try_again(world: World):
    """A service asks for nothing in particular, ten times, and then for a transfer; the agent is not held up by it."""
    talking = await world.talking("agent1")
    service = await world.desktop("crm", state=None, role="service")
    for number in range(10):
        await service.publish("App", "StateSync", id=f"read-{number}")
    await service.publish("InboundCall", "BlindTransfer", DIAL_PAD, agent="agent1", id="one-too-many")
    error = await service.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "rateLimited" and error["errorMessage"] == "Blind transfer failed."
    assert error["retryable"] is True and error["retryAfterSeconds"] >= 1
    assert "limits.service_requests_per_second" in error["msg"] and "transferId" not in error

    # The other carrier has no limit of its own.
    rest = await world.rest("crm", "service")
    answer = await rest.message("App", "StateSync")
    assert answer.status == 429 and int(answer.headers["retry-after"]) >= 1, answer
    check(events()["Error/ApiError"], answer.json())
    answer = await rest.get("/v1/agents")
    assert answer.status == 429 and answer.json()["reason"] == "rateLimited"
    assert int(answer.headers["retry-after"]) == answer.json()["retryAfterSeconds"] >= 1

    # Who is somebody else is not held up, and nothing was dialled.
    assert not world.carrier.received("INVITE")
    await talk(talking.customer, talking.agent)
    assert (await (await world.rest("erp", "service")).get("/v1/agents")).status == 200
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.transfer("connected")

    await asyncio.sleep(int(answer.headers["retry-after"]))  # It said when.
    assert (await rest.get("/v1/agents")).status == 200
    await talking.customer.hangup()


@pytest.mark.config({"limits.requests_per_second": 1, "limits.service_requests_per_second": 0})
async def test_an_agents_limit_is_not_a_services(world: World):
    async def statuses(login: str, role: str | None) -> list[int]:
        rest = await world.rest(login, role)
        answers = await asyncio.gather(*(rest.get("/v1/queues") for _ in range(12)))
        return [answer.status for answer in answers]

    for login, role in (("agent1", None), ("boss", "supervisor")):
        answers = await statuses(login, role)
        assert 429 in answers and answers.count(200) >= 2, answers
    assert await statuses("crm", "service") == [200] * 12, "0 is no limit"
