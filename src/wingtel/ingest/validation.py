"""Validation of records by rules that need no look at the database."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import polars as pl

from wingtel.subscriptions import carriers
from wingtel.usage.ranges import LARGEST_PRICE, LARGEST_QUANTITY

from .batch import Lookup
from .outcomes import Rejection

LONGEST_REFERENCE = 100
"""Most characters of a record's reference."""
_SHOWN = 60
"""Most characters of a value in a reason."""


class Rule(NamedTuple):
    """A rule for a field, and the reason to give for a value that breaks it."""

    field: str
    holds: pl.Expr
    reason: Callable[[Any], str]


def validate(records: pl.DataFrame, lookup: Lookup, *, create_subscriptions: bool) -> list[Rejection]:
    """Return a rejection for each position with a record that breaks a rule, for the first rule it breaks."""
    known = tuple(sorted(carriers.known(records["carrier"].unique())))
    rules, is_broken = _rules(lookup, known, is_carrier_needed=create_subscriptions)
    broken = records.filter(is_broken)
    if broken.is_empty():
        return []
    verdicts = broken.select(pl.struct(rule.holds.alias(str(place)) for place, rule in enumerate(rules)))
    rejected: dict[int, Rejection] = {}
    for record, verdict in zip(broken.iter_rows(named=True), verdicts.to_series(), strict=True):
        rule = next(rule for place, rule in enumerate(rules) if not verdict[str(place)])
        position = record["position"]
        rejected.setdefault(position, Rejection(position, rule.field, rule.reason(record[rule.field])))
    return list(rejected.values())


@lru_cache
def _rules(lookup: Lookup, known: tuple[str, ...], *, is_carrier_needed: bool) -> tuple[Sequence[Rule], pl.Expr]:
    """Return the rules in order, and an expression that is True for a record that breaks any of them."""
    rules = (
        *(*_text_rules("record_id", LONGEST_REFERENCE), *_AMOUNTS, *_identifier_rules(lookup)),
        _carrier_rule(known, is_needed=is_carrier_needed),
    )
    return rules, ~pl.all_horizontal(rule.holds for rule in rules)


def _text_rules(name: str, longest: int) -> Sequence[Rule]:
    text = pl.col(name)
    return (
        Rule(
            name,
            text.str.len_chars().is_between(1, longest),
            lambda value: f"{len(value)} characters, more than {longest}" if value else "empty",
        ),
        Rule(name, ~text.str.contains("\0", literal=True), lambda _: "a NUL character, which PostgreSQL cannot keep"),
    )


def _identifier_rules(lookup: Lookup) -> Sequence[Rule]:
    if lookup is not Lookup.ID:
        return _text_rules("identifier", lookup.longest)
    is_id = pl.col("identifier").str.contains(r"^[0-9]{1,19}$") & (
        pl.col("identifier").cast(pl.Int64, strict=False).is_not_null()
    )
    return (Rule("identifier", is_id, lambda value: f"{value[:_SHOWN]!r} is not a valid {lookup.words}"),)


_AMOUNTS = (
    Rule(
        "quantity",
        pl.col("quantity").is_between(0, LARGEST_QUANTITY),
        lambda value: f"{value} is not a whole number from 0 to {LARGEST_QUANTITY}",
    ),
    Rule(
        "price",
        pl.col("price").is_null() | pl.col("price").is_between(0, LARGEST_PRICE),
        lambda value: f"{value} is not a decimal from 0 to {LARGEST_PRICE}",
    ),
)


def _carrier_rule(known: Sequence[str], *, is_needed: bool) -> Rule:
    listed = ", ".join(known)
    return Rule(
        "carrier",
        pl.col("carrier").is_in(known if is_needed else ["", *known]),
        lambda value: (
            f"unknown carrier {value[:_SHOWN]!r}; the carriers are {listed}"
            if value
            else f"missing; a new subscription needs one of {listed}"
        ),
    )
