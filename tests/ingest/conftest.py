"""Ingestion under every strategy in turn."""

from collections.abc import Iterator

import pytest

from wingtel.aggregates import strategies
from wingtel.aggregates.strategies import switching


@pytest.fixture(params=strategies.NAMES)
def strategy(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of the active strategy."""
    switching.use(request.param)
    yield request.param
    switching.use("triggers")
