"""A disk that is full, read-only or slow, for one server."""

from __future__ import annotations

from pathlib import Path

from harness.tools import preloadable


def bad_disk(folder: Path) -> dict[str, str]:
    """The environment of a server whose disk is as the file `disk` in the folder says (bad_disk.c)."""
    library = preloadable(Path(__file__).parent / "bad_disk.c")
    return {"LD_PRELOAD": str(library), "BATON_TEST_DISK": str(folder / "disk")}
