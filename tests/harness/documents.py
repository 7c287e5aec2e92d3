"""The pages of documentation, and the fenced blocks in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from harness.config import SOURCE

PAGES = sorted([*SOURCE.glob("*.md"), *(SOURCE / "docs").rglob("*.md"), *(SOURCE / "examples").rglob("*.md")])
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```\s*$", re.MULTILINE | re.DOTALL)


@dataclass
class Block:
    page: Path
    line: int
    info: str  # What stands behind the fence's ticks.
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
    """A test's name for a page or a block."""
    return str(value.relative_to(SOURCE)) if isinstance(value, Path) else str(value)
