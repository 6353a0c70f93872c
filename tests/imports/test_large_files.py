"""A file of more lines than one chunk, with one bad line."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.rounds import rounds
from wingtel.imports import profiles
from wingtel.imports.service import ImportOptions, import_feed

from .reading import counts, daily

pytestmark = pytest.mark.django_db
HEADER = b"record_id,carrier,subscription,usage_type,usage_date,quantity,price\n"
LINES = rounds(300_000, thorough=1_000_000)
BAD = 254_321
"""Position of the bad line, from 0."""


def test_of_many_lines_the_one_that_is_bad_is_named_and_all_others_are_recorded(tmp_path: Path) -> None:
    lines = [b"%d,att,+12025550100,data,2026-03-01T00:00:00Z,3,0.0001\n" % number for number in range(LINES)]
    lines[BAD] = b"254321,att,+12025550100,data,2026-03-01T00:00:00Z,three,0.0001\n"
    (tmp_path / "feed.csv").write_bytes(HEADER + b"".join(lines))
    summary = import_feed(tmp_path / "feed.csv", profiles.find("wingtel"), ImportOptions(create_subscriptions=True))
    assert counts(summary) == (LINES, LINES - 1, 0, 0, 1)
    (reject,) = summary.rejects
    assert reject == (BAD + 2, lines[BAD].decode().rstrip(), "quantity", "'three' is not a number")
    ((*key, used, price, count),) = daily()
    assert (key[:2], used, price, count) == (
        ["+12025550100", "data"],
        3 * (LINES - 1),
        (LINES - 1) * Decimal("0.0001"),
        LINES - 1,
    )
