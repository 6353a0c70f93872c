"""Repetition of tests that draw, kill or race: a few rounds by default, many with WINGTEL_TEST_THOROUGH=1."""

import os

IS_THOROUGH = os.environ.get("WINGTEL_TEST_THOROUGH", "") not in {"", "0"}


def rounds(few: int, *, thorough: int) -> int:
    """Return the number of rounds of this run."""
    return thorough if IS_THOROUGH else few
