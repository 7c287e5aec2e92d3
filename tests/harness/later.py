"""A server whose wall clock a test sets forward, so that nobody waits for the hours of a setting, and back again."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from harness.tools import preloadable


class Later:
    """Its environment, and by how much its clock is ahead of ours."""

    def __init__(self, folder: Path):
        self.file = folder / "later"
        self.file.write_bytes(struct.pack("=q", 0))
        libraries = [str(preloadable(Path(__file__).parent / "later.c")), os.environ.get("LD_PRELOAD", "")]
        self.environment = {"LD_PRELOAD": ":".join(filter(None, libraries)), "BATON_TEST_LATER": str(self.file)}

    def set(self, seconds: int) -> None:
        """Seconds after now, and not after the last time."""
        with open(self.file, "r+b", buffering=0) as file:  # In its place: the server has mapped it.
            file.write(struct.pack("=q", seconds))
