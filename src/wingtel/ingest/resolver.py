"""Resolver of the subscriptions of records and of their plans, each at the timestamp of the record."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl
from django.db import IntegrityError, connection, transaction

from wingtel import sql
from wingtel.db.arrays import array, text_array
from wingtel.subscriptions.assignments import assignment_error
from wingtel.subscriptions.carriers import country_of
from wingtel.subscriptions.identifiers import normalise_many
from wingtel.subscriptions.models import Subscription

from .batch import Lookup
from .outcomes import Rejection

_SQL = sql.statements(__package__, "sql/resolver.sql")
_PERIOD = {"valid_from": pl.Int64, "valid_to": pl.Int64}
"""Start and end (exclusive) of a period, in microseconds since 1970; null is without bound."""
_ASSIGNED = {"value": pl.String, "subscription_id": pl.Int64, **_PERIOD}
_PLANS = {"subscription_id": pl.Int64, "plan": pl.String, **_PERIOD}
_ATTEMPTS = 5
"""Most attempts. Each follows an identifier that another session assigned at the same time."""


@dataclass(frozen=True)
class SubscriptionResolver:
    """A resolver of subscriptions by one kind of identifier; with a `carrier`, only of its subscriptions.

    A dry run that `simulates_creation` gives each unknown identifier an id of its own, below zero.
    """

    lookup: Lookup
    carrier: str | None = None
    simulates_creation: bool = False

    def resolve(self, records: pl.DataFrame) -> tuple[pl.DataFrame, list[Rejection]]:
        """Return the records with their subscription_id, and rejections of the positions without one."""
        written = records["identifier"]
        if records.is_empty() or (self.lookup is Lookup.ID and self._are_held(set(written))):
            return records.hstack([written.cast(pl.Int64).alias("subscription_id")]), []
        forms = pl.concat([self._forms(group, country) for country, group in self._by_country(records)])
        assigned = self._assigned(forms["value"])
        assignments = forms.select("identifier", "value").join(assigned, on="value").drop("value")
        resolved = held_at(records, assignments, "identifier")
        if not resolved["subscription_id"].null_count():
            return resolved, []
        unresolved = resolved.filter(pl.col("subscription_id").is_null())
        known = forms.with_columns(is_known=pl.col("value").is_in(assigned["value"].implode()))
        rejected = list(self._rejections(unresolved.join(known, on="identifier", maintain_order="left")))
        return without(resolved, rejected), rejected

    def create_unknown(self, records: pl.DataFrame) -> int:
        """Create the subscriptions of identifiers that no subscription has at the time of the records, or later.

        Each gets the carrier of its latest record. They are committed at once, so that no other session waits for the
        rest of the caller's work. Return their number.
        """
        forms = pl.concat([self._forms(group, country) for country, group in self._by_country(records)])
        identifiers = (
            records.join(forms, on="identifier", maintain_order="left")
            .group_by("value", maintain_order=True)
            .agg(pl.col("carrier").sort_by("usage_date").last(), pl.col("usage_date").max())
            .drop_nulls("value")
        )
        for _ in range(_ATTEMPTS):
            try:
                return self._create(identifiers) if self._unknown(identifiers) else 0
            except IntegrityError as error:
                if not assignment_error(error):
                    raise
        raise RuntimeError(f"no subscription was created: {_ATTEMPTS} attempts met identifiers assigned meanwhile")

    def _create(self, identifiers: pl.DataFrame) -> int:
        carriers = dict(identifiers.select("value", "carrier").iter_rows())
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_SQL["lock_creation"])
            # After the lock, since another session may have created some of them.
            created = Subscription.objects.bulk_create(
                Subscription(carrier=carriers[value], status=Subscription.Status.ACTIVE, **{self.lookup.value: value})
                for value in self._unknown(identifiers)
            )
        return len(created)

    def _unknown(self, identifiers: pl.DataFrame) -> list[str]:
        parameters = {
            "kind": self.lookup.kind.value,
            "identifiers": text_array(identifiers["value"].to_list()),
            "times": array(map(str, identifiers["usage_date"].to_physical())),
        }
        with connection.cursor() as cursor:
            cursor.execute(_SQL["unknown"], parameters)
            return [value for (value,) in cursor.fetchall()]

    def _are_held(self, ids: Collection[str]) -> bool:
        """Return True if all ids are of subscriptions that were never deleted: the common case, one number."""
        parameters = {"ids": array(ids), "carrier": self.carrier}
        with connection.cursor() as cursor:
            cursor.execute(_SQL["held_ids"], parameters)
            (held,) = cursor.fetchone()
        return bool(held == len(ids))

    def _by_country(self, records: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield each country, and the records whose identifiers may be national numbers of it."""
        carriers = records["carrier"].unique().to_list()
        countries = {carrier: country_of(carrier or self.carrier) for carrier in carriers}
        for country in sorted(set(countries.values())):
            local = [carrier for carrier in carriers if countries[carrier] == country]
            yield country, records if len(local) == len(carriers) else records.filter(pl.col("carrier").is_in(local))

    def _forms(self, records: pl.DataFrame, country: str) -> pl.DataFrame:
        """Return each distinct identifier with its normal form (value), or the reason why it has none."""
        written = records["identifier"].unique()
        if self.lookup is Lookup.ID:
            values = written.cast(pl.Int64).cast(pl.String)  # without leading zeros
            reasons = pl.Series([None], dtype=pl.String).new_from_index(0, len(written))
        else:
            values, reasons = normalise_many(self.lookup.kind, written, country)
        return pl.DataFrame({"identifier": written, "value": values, "reason": reasons})

    def _assigned(self, values: pl.Series) -> pl.DataFrame:
        """Return the assignments of identifiers in their normal form."""
        values = values.drop_nulls().unique()
        texts = values.to_list()
        if self.lookup is Lookup.ID:
            found = _columns("by_id", {"identifiers": array(texts), "carrier": self.carrier}, _ASSIGNED)
        else:
            parameters = {"kind": self.lookup.kind, "identifiers": text_array(texts), "carrier": self.carrier}
            found = _columns("by_identifier", parameters, _ASSIGNED)
        return pl.concat([found, _simulated(values, found)]) if self.simulates_creation else found

    def _rejections(self, unresolved: pl.DataFrame) -> Iterable[Rejection]:
        for record in unresolved.unique("position", keep="first", maintain_order=True).iter_rows(named=True):
            yield Rejection(record["position"], "identifier", record["reason"] or self._reason(record))

    def _reason(self, record: Mapping[str, object]) -> str:
        words, written, timestamp = self.lookup.words, record["identifier"], record["usage_date"]
        if not record["is_known"]:
            return f"unknown {words} {written}"
        if self.lookup is Lookup.ID:
            return f"subscription {written} was deleted before {timestamp}"
        return f"no subscription had the {words} {written} at {timestamp}"


def with_plans(records: pl.DataFrame) -> pl.DataFrame:
    """Return records with the name of the plan of their subscription at their timestamp, "" for none."""
    ids = records["subscription_id"].unique().to_list()
    plans = _columns("plans", {"subscriptions": array(map(str, ids))}, _PLANS)
    return held_at(records, plans, "subscription_id").with_columns(pl.col("plan").fill_null(""))


def held_at(records: pl.DataFrame, assigned: pl.DataFrame, on: str) -> pl.DataFrame:
    """Join records with the assignments (columns valid_from, valid_to) at their usage_date, null without one.

    There is at most one assignment for each value of `on` at a time.
    """
    at = pl.col("usage_date").to_physical()
    begun, ended = at >= pl.col("valid_from"), at >= pl.col("valid_to")
    holds = begun.fill_null(value=True) & ~ended.fill_null(value=False)
    values = [name for name in assigned.columns if name not in {on, *_PERIOD}]
    if not assigned[on].is_duplicated().any():
        joined = records.join(assigned, on=on, how="left", maintain_order="left")
        return joined.with_columns(pl.when(holds).then(name).alias(name) for name in values).drop(_PERIOD)
    numbered = records.with_row_index("row")
    held = numbered.select("row", on, "usage_date").join(assigned, on=on).filter(holds).select("row", *values)
    return numbered.join(held, on="row", how="left", maintain_order="left").drop("row")


def _columns(
    statement: str, parameters: Mapping[str, str | None], schema: Mapping[str, type[pl.DataType]]
) -> pl.DataFrame:
    with connection.cursor() as cursor:
        cursor.execute(_SQL[statement], parameters)
        columns = cursor.fetchone()
    return pl.DataFrame([column or [] for column in columns], schema=schema)


def _simulated(values: pl.Series, found: pl.DataFrame) -> pl.DataFrame:
    """Return the assignments that would be created: of identifiers that no subscription has now."""
    identifiers = pl.DataFrame({"value": values})
    held = found.filter(pl.col("valid_to").is_null())
    former = found.group_by("value").agg(valid_from=pl.col("valid_to").max())
    new = identifiers.join(held, on="value", how="anti").join(former, on="value", how="left")
    return new.select(
        "value",
        subscription_id=-1 - (pl.col("value").hash() // 4).cast(pl.Int64),  # the same in each batch
        valid_from="valid_from",
        valid_to=pl.lit(None, pl.Int64),
    )


def without(records: pl.DataFrame, rejected: Iterable[Rejection]) -> pl.DataFrame:
    """Return the records without those at rejected positions."""
    positions = pl.Series([rejection.position for rejection in rejected], dtype=pl.Int64)
    return records.filter(~pl.col("position").is_in(positions.implode())) if len(positions) else records
