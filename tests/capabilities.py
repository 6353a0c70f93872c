"""Selection of strategies by their capabilities."""

import pytest

from wingtel.aggregates import strategies


def under_strategies(capability: str) -> pytest.MarkDecorator:
    """Run a test or module only under the strategies with a capability."""
    names = [name for name in strategies.NAMES if getattr(strategies.named(name), capability)]
    return pytest.mark.parametrize("strategy", names, indirect=True)
