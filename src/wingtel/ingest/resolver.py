"""The subscriptions that records name."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from django.db import connection, transaction

from wingtel import sql
from wingtel.database.arrays import text_array
from wingtel.subscriptions.models import Carrier, Subscription

from .batch import Lookup
from .outcomes import Rejection

_SQL = sql.statements(__package__, "sql/resolver.sql")
_FOUND = {"identifier": pl.String, "candidates": pl.Int64, "subscription_id": pl.Int64, "plan": pl.String}


@dataclass(frozen=True)
class SubscriptionResolver:
    """Finds subscriptions by one kind of identifier; with a `carrier`, only its own.

    A dry run `imagines` those that would be created: each unknown identifier stands for an id of its own, below zero.
    """

    lookup: Lookup
    carrier: Carrier | None = None
    imagines: bool = False

    def resolve(self, records: pl.DataFrame) -> tuple[pl.DataFrame, list[Rejection]]:
        """Return the records with their subscription_id and plan, without the positions that are rejected."""
        found = self._find(records["identifier"].unique())
        named = records.select("identifier").join(found, on="identifier", how="left", maintain_order="left")
        rejected = list(self._rejections(records["position"], named))
        records = records.with_columns(named["subscription_id"], named["plan"])
        return without(records, rejected), rejected

    def create_unknown(self, records: pl.DataFrame) -> int:
        """Create a subscription for each unknown identifier, with the carrier of the first record that has it.

        Commit them at once, so that no other session waits for what the caller does next. Return how many.
        """
        first = records.unique("identifier", keep="first", maintain_order=True)
        carriers = dict(first.select("identifier", "carrier").iter_rows())
        if not self._unknown(carriers):
            return 0
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_SQL["lock_creation"])
            # Behind the lock: another session may have created some meanwhile.
            created = Subscription.objects.bulk_create(
                Subscription(
                    carrier=carriers[identifier],
                    status=Subscription.Status.ACTIVE,
                    **{self.lookup.value: identifier},
                )
                for identifier in self._unknown(carriers)
            )
        return len(created)

    def _find(self, identifiers: pl.Series) -> pl.DataFrame:
        statement = _SQL["by_id" if self.lookup is Lookup.ID else "by_text"].replace("{column}", self.lookup.value)
        asked = {"identifiers": text_array(identifiers.to_list()), "carrier": self.carrier}
        with connection.cursor() as cursor:
            cursor.execute(statement, asked)
            columns = cursor.fetchone()
        found = pl.DataFrame([column or [] for column in columns], schema=_FOUND)  # NULL for no identifiers
        return _with_imagined(found) if self.imagines else found

    def _rejections(self, positions: pl.Series, named: pl.DataFrame) -> Iterable[Rejection]:
        unresolved = (named["candidates"] != 1).arg_true()
        some = named[unresolved].select("identifier", "candidates")
        seen: set[int] = set()
        for position, (identifier, candidates) in zip(positions.gather(unresolved), some.iter_rows(), strict=True):
            if position not in seen:
                seen.add(position)
                yield Rejection(position, "identifier", self.reason(identifier, candidates))

    def reason(self, identifier: str, candidates: int) -> str:
        """Return why an identifier with so many candidates stands for no subscription."""
        if candidates == 0:
            return f"unknown {self.lookup.words} {identifier}"
        return f"ambiguous {self.lookup.words} {identifier}: {candidates} current subscriptions have it"

    def _unknown(self, identifiers: Iterable[str]) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                _SQL["unknown"].replace("{column}", self.lookup.value), {"identifiers": text_array(list(identifiers))}
            )
            return [identifier for (identifier,) in cursor.fetchall()]


def _with_imagined(found: pl.DataFrame) -> pl.DataFrame:
    is_new = pl.col("candidates") == 0
    return found.with_columns(
        subscription_id=pl.when(is_new).then(-1 - pl.int_range(pl.len(), dtype=pl.Int64)).otherwise("subscription_id"),
        candidates=pl.when(is_new).then(1).otherwise("candidates"),
    )


def without(records: pl.DataFrame, rejected: Iterable[Rejection]) -> pl.DataFrame:
    """Leave out the records at rejected positions."""
    positions = pl.Series([rejection.position for rejection in rejected], dtype=pl.Int64)
    return records.filter(~pl.col("position").is_in(positions.implode())) if len(positions) else records
