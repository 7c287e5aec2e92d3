"""Every message that a test receives is checked against the published schemas (schema/events.json names them)."""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema

from harness.config import SOURCE

FOLDER = SOURCE / "schema"


@functools.cache
def _store() -> dict[str, Any]:
    """All schemas, by their $id and by their file's address."""
    store: dict[str, Any] = {}
    for path in FOLDER.rglob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        store[path.as_uri()] = document
        if isinstance(document, dict) and "$id" in document:
            store[document["$id"]] = document
    return store


@functools.cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    path = FOLDER / name
    schema = json.loads(path.read_text(encoding="utf-8"))
    resolver = jsonschema.RefResolver(schema.get("$id", path.as_uri()), schema, store=_store())
    return jsonschema.Draft202012Validator(schema, resolver=resolver,
                                           format_checker=jsonschema.FormatChecker())


@functools.cache
def events() -> dict[str, str]:
    """{"InboundCall/TransferStateChange": "events/transfer-state-change.json", ...}"""
    return json.loads((FOLDER / "events.json").read_text(encoding="utf-8"))


def check_event(event: dict[str, Any]) -> None:
    """Raises AssertionError unless the message is one of the published ones, in form."""
    key = f"{event.get('topic')}/{event.get('subtopic')}"
    name = events().get(key)
    assert name, f"schema/events.json knows no {key}: {json.dumps(event)}"
    check(name, event)


def check(name: str, value: Any) -> None:
    faults = sorted(validator(name).iter_errors(value), key=lambda e: list(e.absolute_path))
    assert not faults, f"{name}: " + "; ".join(
        f"/{'/'.join(map(str, f.absolute_path))}: {f.message}" for f in faults) + f"\n{json.dumps(value)}"
