"""The parts of `make bench` (docs/performance.md)."""
