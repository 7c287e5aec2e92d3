"""The configuration of a test's server: the shipped example, with what must differ."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[2]
EXAMPLE = SOURCE / "examples" / "baton.toml"
EXAMPLE_DIRECTORY = SOURCE / "examples" / "directory.json"


def merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A new table with the changes in it; None removes a key, and "a.b" names the key b of the table a."""
    result = {key: merge(value, {}) if isinstance(value, dict) else value for key, value in base.items()}
    for key, value in changes.items():
        head, dot, tail = key.partition(".")
        if dot:
            result[head] = merge(result.get(head, {}), {tail: value})
        elif value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merge(result.get(key, {}), value)
        else:
            result[key] = value
    return result


def print_toml(table: dict[str, Any], path: str = "") -> str:
    """TOML of what JSON and TOML have in common."""
    lines = [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.items()
             if not isinstance(value, dict)]
    for key, value in table.items():
        if isinstance(value, dict):
            name = f"{path}.{json.dumps(key)}" if path else json.dumps(key)
            lines += [f"\n[{name}]", print_toml(value, name)]
    return "\n".join(lines)


def example() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))


def example_directory() -> dict[str, Any]:
    return json.loads(EXAMPLE_DIRECTORY.read_text(encoding="utf-8"))
