"""What is kept of people, how long, and how a number is erased. Each test ends its server itself."""

from __future__ import annotations

import asyncio
import re
import signal
import sqlite3

import pytest

from harness.rest import Rest
from harness.samples import DIAL_PAD
from harness.server import Server, run
from harness.world import World

CALLER = "+12025550177"


async def a_transfer(world: World) -> tuple[str, str]:
    """The caller was transferred, and all is over: the transfer's and the contact's id."""
    talking = await world.talking("agent1", await world.customer(CALLER))
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.answer()
    told = await talking.desktop.transfer("connected")
    await talking.customer.hangup()
    await target.ended(by="them")
    await talking.desktop.transfer("completed")
    return told["transferId"], talking.contact_id


async def boss_of(world: World) -> Rest:
    return await world.rest("supervisor1", "supervisor")


async def stop(world: World) -> None:
    world.expect_exit = None
    assert await world.server.stop() == 0


@pytest.mark.config({"retention.records_days": 30})
async def test_old_records_are_deleted_and_young_ones_stay(world: World):
    """Copies stand in for old records: those of a young journal are written again at a start."""
    await a_transfer(world)
    await stop(world)
    with sqlite3.connect(world.folder / "baton.db") as store:
        for name, days in (("old", 31), ("young", 29)):
            ago = f"- {days} * 86400000"
            store.execute(f"INSERT INTO transfers SELECT '{name}', contact_id, agent, state, accepted_at {ago}, "
                          f"updated_at {ago}, json, timeline FROM transfers WHERE length(id) = 36")
            store.execute(f"INSERT INTO contacts SELECT '{name}', direction, customer, queue_name, state, "
                          f"started_at {ago}, updated_at {ago}, json FROM contacts WHERE length(id) = 36")
    store.close()
    await world.server.start()
    boss = await boss_of(world)
    for _ in range(300):
        if (await boss.get("/v1/transfers/old")).status == 404:
            break
        await asyncio.sleep(0.1)
    assert (await boss.get("/v1/transfers/old")).status == 404
    assert (await boss.get("/v1/contacts/old")).status == 404
    assert (await boss.get("/v1/transfers/young")).status == 200
    assert (await boss.get("/v1/contacts/young")).status == 200
    await stop(world)


def bytes_of(world: World) -> bytes:
    """All files of the store."""
    return b"".join(path.read_bytes() for path in world.folder.glob("baton.db*"))


def tables_with(world: World, number: str) -> set[str]:
    """What a start would go on with, and has the number. Kept events are compressed: where there are any, they may have it."""
    with sqlite3.connect(world.folder / "baton.db") as store:
        found = {table for table, column in (("journal", "body"), ("snapshot_parts", "body"), ("leg_log", "body"))
                 if store.execute(f"SELECT count(*) FROM {table} WHERE instr({column}, ?)",
                                  (number.encode(),)).fetchone()[0]}
        if store.execute("SELECT count(*) FROM kept_events").fetchone()[0]:
            found.add("kept_events")
    store.close()
    return found


async def erase(world: World, number: str) -> tuple[int, str, str]:
    return await run("contacts", "erase", "--config", str(world.config_path), "--number", number)


async def test_a_number_is_erased_from_records_and_journal(world: World):
    transfer, contact = await a_transfer(world)
    boss = await boss_of(world)
    assert (await boss.get(f"/v1/contacts/{contact}")).json()["customer"] == CALLER
    code, out, err = await erase(world, CALLER)
    assert code == 1 and "another" in err, f"a server has the store: {out}{err}"
    await stop(world)
    for number in (CALLER, DIAL_PAD):
        assert tables_with(world, number) == {"kept_events", "leg_log", "snapshot_parts"}, \
            "a snapshot at the stop has it, and the log of legs until it is gone through"
    code, out, err = await erase(world, "12025550177")
    assert code == 2 and "E.164" in err
    for number in (CALLER, DIAL_PAD):
        code, out, err = await erase(world, number)
        assert code == 0 and number in out and "left up" not in out, out + err
    code, out, err = await erase(world, CALLER)
    assert code == 0 and "0 records" in out, "it is gone"
    kept = bytes_of(world)
    assert CALLER[1:].encode() not in kept
    assert not tables_with(world, DIAL_PAD)
    await world.server.start()
    boss = await boss_of(world)
    record = (await boss.get(f"/v1/contacts/{contact}")).json()
    assert record["customer"] == "erased" and {"erased"} <= {leg["party"] for leg in record["legs"]}
    assert (await boss.get(f"/v1/transfers/{transfer}")).json()["destination"]["phoneNumber"] == "erased"
    await stop(world)


#: One number, as people and systems write it.
WRITTEN = ["+12025550177", "12025550177", "2025550177", "(202) 555-0177", "202-555-0177", "202.555.0177", "202 555 0177",
           "+1 (202) 555-0177", "1 202 555 0177", "tel:+1-202-555-0177", "sip:2025550177@example.com",
           "sip:+12025550177@example.com;user=phone", "0012025550177", "01112025550177", "011 1 202 555 0177"]


@pytest.mark.parametrize("written", WRITTEN)
async def test_a_number_is_erased_however_it_was_written(world: World, written: str):
    """In a note, an attribute and a request's id; beside it stands another number, which stays."""
    talking = await world.talking("agent1", await world.customer("2025550177"))
    await talking.desktop.blind_transfer(DIAL_PAD, id=f"to {written}",
                                         options={"note": f"He said: call {written}\nor +12025550178",
                                                  "attributes": {"callback": written}})
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talking.customer.hangup()
    await target.ended(by="them")
    await stop(world)
    assert written.encode() in bytes_of(world)
    code, out, err = await erase(world, CALLER)
    assert code == 0 and "2 records" in out and " 0 line" not in out, out + err
    kept = bytes_of(world)
    assert not [form for form in WRITTEN if form.encode() in kept]
    digits = re.sub(rb"[^0-9A-Za-z+,\"]", b"", kept)
    assert b"2025550177" not in digits, "nor with something else between the digits"
    assert b"12025550178" in kept


async def test_a_number_is_erased_from_calls_that_were_left_up(world: World):
    """A killed server leaves inputs and legs; one that hands over, a snapshot of the call."""
    talking = await world.talking("agent1", await world.customer(CALLER))
    await world.kill()
    assert tables_with(world, CALLER) == {"journal", "leg_log"}
    await world.start_again()
    world.expect_exit = None
    world.server.process.send_signal(signal.SIGUSR1)
    assert await asyncio.wait_for(world.server.process.wait(), 20) == 75
    assert tables_with(world, CALLER) == {"kept_events", "leg_log", "snapshot_parts"}
    for peer in world.peers:
        peer.silent = True
    epoch = talking.desktop.epoch
    await talking.desktop.close()
    world.desktops.remove(talking.desktop)
    code, out, err = await erase(world, CALLER)
    assert code == 0 and "1 record and" in out and "2 legs of calls" in out, out + err
    assert CALLER[1:].encode() not in bytes_of(world)
    await world.server._close()
    world.server = await Server(world.config_path, world.folder / "baton.log").start()
    assert (await world.metrics())["baton_sip_legs_open"] == 0
    again = await world.desktop("agent1", state=None)
    assert again.epoch != epoch, "its sequences begin anew"
    await stop(world)
