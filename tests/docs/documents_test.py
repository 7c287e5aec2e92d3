"""The documents say what is true: their JSON and TOML is good, their links lead somewhere."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

from harness.config import EXAMPLE, SOURCE, merge, print_toml
from harness.documents import FENCE, PAGES, Block, blocks, label, of_kind
from harness.schema import check, events
from harness.server import run
from harness.world import World


def test_there_are_documents():
    names = {p.name for p in PAGES}
    assert {"README.md", "testing.md"} <= names


def test_every_block_says_what_it_is():
    """So that nothing escapes by a misspelt or missing word after the fence."""
    known = {"sh", "sh run", "json", "jsonc", "toml", "text", "c++", "cpp", "python", "javascript", "js", "ts", "html",
             "sql", "xml", "ini", "http", "console", "yaml", "diff", "dot", "mermaid", "cmake", "make", "sip", "nginx",
             "systemd", "promql"}
    odd = [f"{b}: {b.info!r}" for page in PAGES for b in blocks(page) if b.info not in known]
    assert not odd


@pytest.mark.parametrize("block", of_kind("sh", "sh run"), ids=label)
def test_shell_is_shell(block: Block):
    done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{block}: {done.stderr}"


@pytest.mark.parametrize("block", of_kind("json"), ids=label)
def test_json_is_json_and_messages_fit_their_schemas(block: Block):
    value = json.loads(block.text)
    for message in value if isinstance(value, list) else [value]:
        if not isinstance(message, dict) or "topic" not in message or "subtopic" not in message:
            continue
        key = f"{message['topic']}/{message['subtopic']}"
        if "source" in message:
            check("request.json", message)
        elif key in events():
            check(events()[key], message)


@pytest.mark.parametrize("page", PAGES, ids=label)
async def test_toml_is_accepted(page: Path, tmp_path):
    """A fragment is laid over the example."""
    for block in blocks(page):
        if block.info != "toml":
            continue
        fragment = tomllib.loads(block.text)
        file = tmp_path / "baton.toml"
        base = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
        file.write_text(print_toml(merge(base, fragment)), encoding="utf-8")
        code, out, err = await run("check-config", str(file))
        assert code == 0, f"{block}: {out}{err}"


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_links_lead_somewhere(page: Path):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, _ = target.partition("#")
        if path and not re.match(r"[a-z]+:", path) and not (page.parent / path).exists():
            dead.append(target)
    assert not dead, f"{page.relative_to(SOURCE)}: {dead}"


@pytest.mark.parametrize("block", of_kind("sql"), ids=label)
async def test_tables_are_the_stores(block: Block, world: World):
    """What a page says of a table's columns is what the store has."""
    with closing(sqlite3.connect(world.folder / "baton.db")) as store, closing(sqlite3.connect(":memory:")) as told:
        told.executescript(block.text)
        tables = [name for (name,) in told.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        assert tables, "no table"
        for table in tables:
            assert columns(told, table) == columns(store, table), table


def columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [name for (name,) in database.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", (table,))]
