"""Cases by what a strategy can do."""

import pytest

from wingtel.aggregates import strategies


def under_strategies(capability: str) -> pytest.MarkDecorator:
    """Run a test or module under each of the strategies that have a capability, in place of all of them."""
    names = [name for name in strategies.NAMES if getattr(strategies.named(name), capability)]
    return pytest.mark.parametrize("strategy", names, indirect=True)
