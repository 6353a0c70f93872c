"""The demo feed: reproducible by its seed, with realistic usage, and imported with the sums in the file."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from wingtel.imports import profiles
from wingtel.imports.generator import write_feed
from wingtel.imports.service import ImportOptions, import_feed

from .reading import counts, daily


def generate(file: Path, seed: int = 7) -> int:
    return write_feed(file, subscriptions=300, days=3, seed=seed, last_day=date(2026, 3, 2))


def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        generate(tmp_path / name, seed)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_bytes() != (tmp_path / "three").read_bytes()


def test_usage_is_in_order_busy_in_the_evening_heavy_tailed_and_of_both_carriers(tmp_path: Path) -> None:
    written = generate(tmp_path / "feed.csv")
    duckdb.read_csv(str(tmp_path / "feed.csv"), dtype={"usage_date": "VARCHAR"}).create_view("feed")
    timestamps = [timestamp for (timestamp,) in duckdb.sql("SELECT usage_date FROM feed").fetchall()]
    assert timestamps == sorted(timestamps)
    assert (timestamps[0][:10], timestamps[-1][:10], len(timestamps)) == ("2026-02-28", "2026-03-02", written)
    hours = duckdb.sql("""
        SELECT count(*) FILTER (usage_date LIKE '%T20:%'),
               count(*) FILTER (usage_date LIKE '%T03:%') FROM feed
    """)
    evening, night = hours.fetchall()[0]
    assert evening > 5 * max(night, 1)
    ((carriers, references, top_tenth, per_day),) = duckdb.sql("""
        SELECT (SELECT count(DISTINCT carrier) FROM feed), (SELECT count(DISTINCT record_id) FROM feed),
               (SELECT sum(price) FILTER (place <= 0.1) / sum(price) FROM (
                    SELECT sum(price) AS price, percent_rank() OVER (ORDER BY sum(price) DESC) AS place
                    FROM feed GROUP BY subscription)),
               (SELECT count(*) / 900 FROM feed)
    """).fetchall()
    assert (carriers, references) == (2, written)
    assert top_tenth > 0.4
    assert per_day > 3


@pytest.mark.django_db
def test_what_is_imported_equals_the_sums_in_the_file(tmp_path: Path) -> None:
    written = generate(tmp_path / "feed.csv")
    summary = import_feed(
        tmp_path / "feed.csv", profiles.find("wingtel"), ImportOptions(create_subscriptions=True, batch_lines=500)
    )
    assert counts(summary) == (written, written, 0, 0, 0)
    sums = duckdb.sql(
        """
        SELECT '+' || subscription, usage_type, usage_date[:10]::date, sum(quantity::bigint)::bigint,
               sum(price::decimal(14, 4)), count(*)
        FROM read_csv($file, all_varchar = true) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        params={"file": str(tmp_path / "feed.csv")},
    )
    assert daily() == sums.fetchall()
