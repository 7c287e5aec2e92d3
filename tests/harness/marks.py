"""What a test says above itself about its server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def with_directory(change: Callable[[dict[str, Any]], None]) -> pytest.MarkDecorator:
    """The example directory, changed by a function before it is imported.

    (`pytest.mark.directory(change)` would take the function for the test that it marks.)
    """
    return pytest.mark.directory.with_args(change)
