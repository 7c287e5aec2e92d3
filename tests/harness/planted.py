"""Records that would take long to make by real calls."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

from harness.world import World


async def plant_transfers(world: World, count: int) -> None:
    """So many transfers that failed, all a minute ago, are in the store; the server is started anew with them."""
    await world.kill()
    at = int(time.time() * 1000) - 60_000
    with closing(sqlite3.connect(world.folder / "baton.db")) as store, store:
        store.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO transfers"
            "(id, contact_id, agent, state, accepted_at, updated_at, json, timeline)"
            " SELECT printf('00000000-0000-4000-8000-%012d', i),"
            " '00000000-0000-4000-8000-000000000000', 'agent1', 'failed', ?, ?,"
            " json_object('transferId', printf('00000000-0000-4000-8000-%012d', i), 'reason', 'busy',"
            " 'destination', json_object('name', 'Billing', 'type', 'queue')), '[]' FROM n",
            (count, at, at))
    await world.start_again()
