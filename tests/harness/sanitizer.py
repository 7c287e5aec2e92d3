"""The program built with the thread sanitizer: it takes longer, and any race that it reports fails the test."""

from __future__ import annotations

import os
from pathlib import Path


def patience() -> float:
    """How many times as long as the release build the program under test may take (BATON_TEST_PATIENCE, else 1).

    A factor for bounds on what the program computes, such as a start. What it waits for by its configuration stays.
    """
    return float(os.environ.get("BATON_TEST_PATIENCE", "1"))


def reporting_to(folder: Path, options: str = "") -> str:
    """TSAN_OPTIONS with which each process writes what it finds to a file of its own in that folder.

    A report is written when the race is found, not at the end: so those of a server that the test kills count, too.
    """
    return f"{options} log_path={folder}/race".strip()


def reports(folder: Path) -> list[str]:
    """What the processes found, a text each."""
    return [file.read_text(errors="replace") for file in sorted(folder.glob("race.*"))]
