"""GET /v1/statistics, after real transfers, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from harness.planted import plant_transfers
from harness.rest import Answer, Rest
from harness.samples import DIAL_PAD, quick_connect
from harness.schema import check
from harness.world import INBOUND, World

COUNTS = ("accepted", "connected", "returned", "canceled", "failed", "abandoned", "handedOver", "open")
QUEUE = "CallSummary-HVOC-Queue"


def counts(**some: int) -> dict[str, int]:
    return {name: some.get(name, 0) for name in COUNTS}


def of(found: dict[str, Any]) -> dict[str, int]:
    return {name: found[name] for name in COUNTS}


async def ask(boss: Rest, query: str = "") -> dict[str, Any]:
    answer = await boss.get(f"/v1/statistics{query}")
    assert answer.status == 200, answer.body
    found = answer.json()
    check("rest-statistics.json", found)
    for each in (found["total"], *found["buckets"], *found.get("groups", [])):
        assert each["accepted"] == sum(each[name] for name in COUNTS[1:])
    assert of(found["total"]) == {name: sum(each[name] for each in found["buckets"]) for name in COUNTS}
    return found


async def test_the_figures_are_those_of_the_transfers(world: World):
    boss = await world.rest("supervisor1", "supervisor")
    nothing = await ask(boss)
    assert nothing["total"] == counts() and nothing["buckets"] == [] and nothing["flows"] == []
    assert nothing["timeToHuman"]["medianSeconds"] is None
    at_work = await world.agent("agent1")
    desktop = at_work[0]

    talking = await world.talking("agent1", at_work=at_work, heard=False)  # Connected.
    await desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.answer()
    await desktop.transfer("connected")
    await talking.customer.hangup()
    await desktop.transfer("completed")
    await desktop.publish("InboundCall", "ClearContact")
    await desktop.agent_state("Available")

    talking = await world.talking("agent1", at_work=at_work, heard=False)  # Twice failed, and once canceled.
    for code in (486, 486):
        await desktop.blind_transfer(quick_connect("Sasi_Chime"))
        await (await world.carrier.incoming()).reject(code)
        await desktop.transfer("failed")
    await desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await desktop.call_event("ACW", "agent")
    await desktop.publish("InboundCall", "CancelTransfer")
    await (await talking.agent.peer.incoming()).answered()
    await desktop.transfer("canceled")

    desktop.forget()
    await desktop.blind_transfer(DIAL_PAD)  # And now one is open.
    target = await world.carrier.incoming()
    await target.ring()
    await desktop.transfer("alerting")

    found = await ask(boss, "?by=kind")
    assert of(found["total"]) == counts(accepted=5, connected=1, failed=2, canceled=1, open=1)
    assert found["reasons"][0] == {"outcome": "failed", "reason": "busy", "count": 2}
    assert {each["outcome"] for each in found["reasons"]} == {"failed", "canceled"}
    assert found["bounceBacks"] == 0
    assert found["flows"] == [{"from": QUEUE, "to": DIAL_PAD, "toKind": "dial_pad", "count": 3},
                              {"from": QUEUE, "to": "Sasi_Chime", "toKind": "phone_number", "count": 2}]
    times = found["timeToHuman"]
    assert times["count"] == 1 and sum(times["counts"]) == 1
    record = (await boss.get("/v1/transfers?state=completed")).json()["items"][0]
    assert record["calledQueue"] == QUEUE
    assert 0 <= times["medianSeconds"] == times["p90Seconds"] < 20
    groups = {each["name"]: of(each) for each in found["groups"]}
    assert groups == {"dial_pad": counts(accepted=3, connected=1, canceled=1, open=1),
                      "phone_number": counts(accepted=2, failed=2)}
    assert [(g["name"], g["accepted"]) for g in (await ask(boss, "?by=agent"))["groups"]] == [("agent1", 5)]
    assert [(g["name"], g["accepted"]) for g in (await ask(boss, "?by=queue"))["groups"]] == [(QUEUE, 5)]
    assert "groups" not in await ask(boss)

    waiting = (await boss.get("/v1/transfers?state=open")).json()["items"]
    assert [each["state"] for each in waiting] == ["alerting"]
    before = await ask(boss, f"?to={record['acceptedAt']}")
    assert before["total"]["accepted"] == 0 and before["to"] == record["acceptedAt"], "`to` is not in it"
    since = await ask(boss, f"?from={record['acceptedAt']}&bucket=60")
    assert since["total"]["accepted"] == 5 and since["bucketSeconds"] == 60
    assert since["buckets"][0]["at"] == since["from"] == record["acceptedAt"]
    await target.answer()
    await desktop.transfer("connected")
    found = await ask(boss)
    assert of(found["total"]) == counts(accepted=5, connected=2, failed=2, canceled=1)


async def test_a_customer_who_bounces_back(world: World):
    boss = await world.rest("supervisor1", "supervisor")
    talking = await world.talking("agent1", heard=False)
    await talking.desktop.blind_transfer(DIAL_PAD, options={"ringTimeoutSeconds": 5})
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.transfer("returning")
    await talking.desktop.offered()
    await talking.desktop.answer()
    await (await talking.agent.peer.incoming()).answered()
    await talking.desktop.transfer("returned")
    found = await ask(boss)
    assert of(found["total"]) == counts(accepted=1, returned=1) and found["bounceBacks"] == 1
    assert found["reasons"] == [{"outcome": "returned", "reason": "noAnswer", "count": 1}]
    await talking.customer.hangup()


@pytest.mark.parametrize(("query", "said"), [
    ("from=yesterday", ("from:", "'yesterday'", "2020-04-09T08:37:12.701Z")),
    ("to=2020-04-09", ("to:", "'2020-04-09'")),
    ("from=2020-04-09T00:00:00Z&to=2020-04-09T00:00:00Z", ("from:", "earlier")),
    ("from=2020-04-01T00:00:00Z&to=2020-05-02T00:00:00.001Z", ("from:", "31", "later")),
    ("bucket=59", ("bucket:", "'59'", "60", "86400")), ("bucket=86401", ("bucket:", "'86401'")),
    ("bucket=x", ("bucket:", "'x'")), ("bucket=60.5", ("bucket:", "'60.5'")),
    ("from=2020-04-01T00:00:00Z&to=2020-04-02T09:20:01Z&bucket=60", ("bucket:", "2001", "2000", "61")),
    ("by=team", ("by:", "'team'", "agent, queue, kind")), ("by=agent&by=kind", ("by",)),
])
async def test_a_refusal_says_what_is_wrong(world: World, query: str, said: tuple[str, ...]):
    boss = await world.rest("supervisor1", "supervisor")
    refused = await boss.get(f"/v1/statistics?{query}")
    assert refused.status == 400
    check("rest-error.json", refused.json())
    for part in said:
        assert part in refused.json()["msg"], refused.json()["msg"]


@pytest.mark.config({"limits.statistics_transfers": 1000})
async def test_as_many_transfers_as_the_limit_and_no_more(world: World):
    await plant_transfers(world, 1000)
    boss = await world.rest("supervisor1", "supervisor")
    assert of((await ask(boss))["total"]) == counts(accepted=1000, failed=1000)
    await one_transfer_more(world)
    refused = await boss.get("/v1/statistics")
    assert refused.status == 400 and "more than 1000 transfers" in refused.json()["msg"]
    check("rest-error.json", refused.json())
    assert (await boss.get("/v1/statistics?to=2020-04-09T00:00:00Z")).status == 200, "a time with fewer is counted"


@pytest.mark.config({"limits.csv_transfers": 2500})
async def test_a_csv_has_more_than_a_page_up_to_the_limit(world: World):
    await plant_transfers(world, 2400)
    boss = await world.rest("supervisor1", "supervisor")

    async def rows(query: str = "", total: int | None = None) -> list[str]:
        answer = await boss.get(f"/v1/transfers?format=csv{query}")
        assert answer.status == 200, answer.body
        header, *found = answer.body.decode().splitlines()
        assert header.startswith("transferId,")
        ids = [row.partition(",")[0] for row in found]
        assert len(set(ids)) == len(ids), "none twice"
        assert told(answer) == (len(ids), len(ids) if total is None else total)
        return ids

    all_of_them = await rows()
    assert len(all_of_them) == 2400
    assert await rows("&limit=2500") == all_of_them
    assert await rows("&limit=1001", total=2400) == all_of_them[:1001]
    assert await rows("&limit=1000&agent=agent1&state=failed", total=2400) == all_of_them[:1000]
    assert await rows("&state=connected") == []
    refused = await boss.get("/v1/transfers?format=csv&limit=2501")
    assert refused.status == 400 and "from 1 to 2500" in refused.json()["msg"]
    refused = await boss.get("/v1/transfers?limit=1001")
    assert refused.status == 400 and "from 1 to 1000" in refused.json()["msg"], "a page of JSON is no longer than it was"
    refused = await boss.get("/v1/transfers?format=csv&cursor=nonsense")
    assert refused.status == 400 and "cursor:" in refused.json()["msg"]


def told(answer: Answer) -> tuple[int, int]:
    """What a CSV says that it has, of how many."""
    return int(answer.headers["baton-rows"]), int(answer.headers["baton-total"])


@pytest.mark.config({"limits.csv_transfers": 2})
async def test_the_newest_are_in_a_csv_that_is_full_and_says_so(world: World):
    await plant_transfers(world, 2)
    boss = await world.rest("supervisor1", "supervisor")
    assert told(await boss.get("/v1/transfers?format=csv")) == (2, 2), "just full is whole"
    await one_transfer_more(world)
    newest = [each["transferId"] for each in (await boss.get("/v1/transfers?limit=2")).json()["items"]]
    full = await boss.get("/v1/transfers?format=csv")
    assert [row.partition(",")[0] for row in full.body.decode().splitlines()[1:]] == newest
    assert told(full) == (2, 3)
    assert told(await boss.get("/v1/transfers?format=csv&state=failed&limit=1")) == (1, 3)
    assert "baton-rows" not in (await boss.get("/v1/transfers")).headers


async def one_transfer_more(world: World) -> None:
    talking = await world.talking("agent1", heard=False)
    await talking.desktop.blind_transfer(DIAL_PAD)
    await (await world.carrier.incoming()).reject(486)
    await talking.desktop.transfer("failed")
    await talking.customer.hangup()


@pytest.mark.config({"limits.waiting_listed": 1})
async def test_those_who_waited_longest_are_listed_up_to_the_limit(world: World):
    boss = await world.rest("supervisor1", "supervisor")
    first = await (await world.customer("+12025550101")).call(INBOUND, wait=True)
    await world.until(lambda: boss.get("/v1/queues"), lambda answer: answer.json()["items"][0]["waiting"] == 1, "one")
    second = await (await world.customer("+12025550102")).call(INBOUND, wait=True)
    await world.until(lambda: boss.get("/v1/queues"), lambda answer: answer.json()["items"][0]["waiting"] == 2, "two")
    listed = (await boss.get("/v1/queues/waiting")).json()["items"]
    assert [each["customer"] for each in listed] == ["+12025550101"]
    await first.hangup()
    await world.until(lambda: boss.get("/v1/queues/waiting"),
                      lambda answer: [each["customer"] for each in answer.json()["items"]] == ["+12025550102"], "the next")
    await second.hangup()


async def test_what_is_just_allowed(world: World):
    boss = await world.rest("supervisor1", "supervisor")
    month = await ask(boss, "?from=2020-04-01T00:00:00Z&to=2020-05-02T00:00:00Z")
    assert month["bucketSeconds"] == 1500, "the multiple of 300 that 2,000 buckets need"
    assert (await ask(boss, "?from=2020-04-01T00:00:00Z&to=2020-04-02T09:20:00Z&bucket=60"))["bucketSeconds"] == 60
    assert (await ask(boss, "?bucket=86400"))["bucketSeconds"] == 86400
    assert (await ask(boss))["bucketSeconds"] == 300


async def test_a_link_downloads_the_list(world: World):
    boss = await world.rest("supervisor1", "supervisor")
    csv = await boss.get("/v1/transfers?format=csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.headers["content-disposition"] == 'attachment; filename="transfers.csv"'
    assert csv.body.startswith(b"transferId,")
    plain = await boss.get("/v1/transfers?format=json", Accept="text/html")
    assert plain.json() == {"items": [], "nextCursor": None} and "content-disposition" not in plain.headers
    refused = await boss.get("/v1/transfers?format=xml")
    assert refused.status == 400 and "'xml'" in refused.json()["msg"]
