"""The documents say what is true: their commands run, their JSON and TOML is good, their links lead somewhere."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.config import EXAMPLE, SOURCE, merge, print_toml
from harness.schema import check, events
from harness.server import binary, die_with_parent, run
from peer.ports import PORTS

PAGES = sorted([*SOURCE.glob("*.md"), *(SOURCE / "docs").rglob("*.md"), *(SOURCE / "examples").rglob("*.md")])
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```\s*$", re.MULTILINE | re.DOTALL)


@dataclass
class Block:
    page: Path
    line: int
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(SOURCE)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(page, text.count("\n", 0, m.start()) + 1, m["info"].strip(),
                  re.sub(rf"^{m['indent']}", "", m["body"], flags=re.MULTILINE)) for m in FENCE.finditer(text)]


def of_kind(*infos: str) -> list[Block]:
    return [b for page in PAGES for b in blocks(page) if b.info in infos]


def label(value: object) -> str:
    return str(value.relative_to(SOURCE)) if isinstance(value, Path) else str(value)


def test_there_are_documents():
    names = {p.name for p in PAGES}
    assert {"README.md", "testing.md"} <= names


def test_every_block_says_what_it_is():
    """So that nothing escapes by a misspelt word after the fence."""
    known = {"", "sh", "sh run", "json", "jsonc", "toml", "text", "c++", "cpp", "python", "javascript", "js", "ts", "html",
             "sql", "xml", "ini", "http", "console", "yaml", "diff", "dot", "mermaid", "cmake", "make", "sip", "nginx",
             "systemd", "promql"}
    odd = [f"{b}: {b.info!r}" for page in PAGES for b in blocks(page) if b.info not in known]
    assert not odd


@pytest.mark.parametrize("block", of_kind("sh", "sh run"), ids=label)
def test_shell_is_shell(block: Block):
    done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{block}: {done.stderr}"


@pytest.mark.parametrize("page", [p for p in PAGES if any(b.info == "sh run" for b in blocks(p))], ids=label)
@pytest.mark.seconds(120)
async def test_what_is_marked_runs(page: Path, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "baton").symlink_to(binary())
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "BATON_HTTP_LISTEN": f"127.0.0.1:{PORTS.take()}",
           "BATON_HTTP_METRICS_LISTEN": "127.0.0.1:0", "BATON_SIP_LISTEN": "udp:127.0.0.1:0",
           "BATON_STORE_PATH": str(tmp_path / "baton.db"), "BATON_AUTH_JWT_SECRET_FILE": str(tmp_path / "jwt-secret"),
           "TMPDIR": str(tmp_path)}
    for block in blocks(page):
        if block.info != "sh run":
            continue
        process = await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", block.text, cwd=SOURCE, env=env, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, preexec_fn=die_with_parent)
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, f"{block}:\n{out.decode()}"


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
