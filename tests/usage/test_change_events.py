"""Every write of the models emits its changes if the database enables change events, and nothing otherwise."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core import serializers
from django.db import IntegrityError, NotSupportedError, ProgrammingError, connection, transaction
from django.db.models import DateTimeField, F, OuterRef, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.signals import post_delete

from wingtel.subscriptions.models import Subscription
from wingtel.usage import change_events, partitions
from wingtel.usage.change_events import UsageChange, records_changed
from wingtel.usage.models import DataUsageRecord, UsageRecord, UsageType, VoiceUsageRecord

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)
NEXT = DAY + timedelta(days=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOMORROW = NOON + timedelta(days=1)
KEY = ["record_id", "usage_date", "subscription"]


@pytest.fixture
def subscription() -> Subscription:
    partitions.ensure([DAY])
    return Subscription.objects.create(carrier="att")


@pytest.fixture
def other() -> Subscription:
    return Subscription.objects.create(carrier="sprint")


def set_events(enabled: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT usage_set_change_events(%s)", [enabled])


@pytest.fixture(params=["expected", "unexpected"])
def emitted(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, subscription: Subscription
) -> list[tuple[UsageType, Any]]:
    """Collect the changes emitted by a process that expects events to be enabled, and by one that does not."""
    received: list[tuple[UsageType, Any]] = []

    def receive(usage_type: UsageType, changes: list[UsageChange], **_: Any) -> None:
        assert connection.in_atomic_block
        received.append((usage_type, changes))

    set_events(True)
    change_events.remember("default", enabled=request.param == "expected")
    monkeypatch.setattr(records_changed, "receivers", [])  # no strategy listens here
    records_changed.connect(receive, weak=False)
    return received


def record(subscription: Subscription, record_id: str = "r", price: int = 3, **changed: Any) -> DataUsageRecord:
    values = {"usage_date": NOON, "kilobytes_used": 2**40} | changed
    return DataUsageRecord(record_id=record_id, subscription=subscription, price=Decimal(price), **values)


def stored(subscription: Subscription, *record_ids: str, **changed: Any) -> list[DataUsageRecord]:
    """Store records without change events."""
    with connection.cursor() as cursor:
        for record_id in record_ids:
            made = record(subscription, record_id, **changed)
            cursor.execute(
                "INSERT INTO wingtel_data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used)"
                " VALUES (%s, %s, %s, %s, %s)",
                [made.record_id, made.usage_date, made.subscription_id, made.price, made.kilobytes_used],
            )
    return list(DataUsageRecord.objects.filter(record_id__in=record_ids).order_by("record_id"))


def data(*changes: tuple[int, date, int, int, int]) -> tuple[UsageType, list[UsageChange]]:
    return UsageType.DATA, [UsageChange(of, day, used, Decimal(price), n) for of, day, used, price, n in changes]


Emitted = list[tuple[UsageType, Any]]
CREATE: dict[str, Callable[[Subscription], object]] = {
    "create": lambda of: DataUsageRecord.objects.create(
        subscription=of, usage_date=NOON, kilobytes_used=2**40, price=Decimal(3)
    ),
    "save": lambda of: record(of).save(),
    "save by insertion": lambda of: record(of).save(force_insert=True),
    "asave": lambda of: async_to_sync(record(of).asave)(),
    "bulk_create of one": lambda of: DataUsageRecord.objects.bulk_create([record(of)]),
    "abulk_create": lambda of: async_to_sync(DataUsageRecord.objects.all().abulk_create)([record(of)]),
    "get_or_create": lambda of: DataUsageRecord.objects.get_or_create(
        record_id="r", usage_date=NOON, subscription=of, defaults={"kilobytes_used": 2**40, "price": 3}
    ),
    "update_or_create": lambda of: DataUsageRecord.objects.update_or_create(
        record_id="r", usage_date=NOON, subscription=of, defaults={"kilobytes_used": 2**40, "price": 3}
    ),
    "insertion ignoring conflicts": lambda of: DataUsageRecord.objects.bulk_create([record(of)], ignore_conflicts=True),
    "insertion or update": lambda of: DataUsageRecord.objects.bulk_create(
        [record(of)], update_conflicts=True, unique_fields=KEY, update_fields=["price"]
    ),
    "an expression": lambda of: record(of, kilobytes_used=Value(2**39) * 2).save(),
    "a fixture": lambda of: [
        each.save() for each in serializers.deserialize("json", serializers.serialize("json", [record(of)]))
    ],
}


@pytest.mark.parametrize("way", CREATE)
def test_a_new_record_is_emitted(way: str, subscription: Subscription, emitted: Emitted) -> None:
    CREATE[way](subscription)
    assert emitted == [data((subscription.pk, DAY, 2**40, 3, 1))]
    assert DataUsageRecord.objects.count() == 1


def test_a_call_is_emitted_as_voice(subscription: Subscription, emitted: Emitted) -> None:
    VoiceUsageRecord.objects.create(
        subscription=subscription, usage_date=NOON, seconds_used=60, price=Decimal("0.0001")
    )
    assert emitted == [(UsageType.VOICE, [UsageChange(subscription.pk, DAY, 60, Decimal("0.0001"), 1)])]


@pytest.mark.parametrize("used", [1, Value(1)])
def test_many_new_records_are_emitted_once_by_subscription_and_day(
    used: Any, subscription: Subscription, other: Subscription, emitted: Emitted
) -> None:
    made = [
        record(other, "a", kilobytes_used=used),
        record(subscription, "b", usage_date=TOMORROW, kilobytes_used=used),
        record(subscription, "c", kilobytes_used=used),
        record(subscription, "d", kilobytes_used=used),
    ]
    assert DataUsageRecord.objects.bulk_create(made) == made
    assert emitted == [
        data((subscription.pk, DAY, 2, 6, 2), (subscription.pk, NEXT, 1, 3, 1), (other.pk, DAY, 1, 3, 1))
    ]


def test_of_records_that_exist_already_only_the_new_are_emitted(subscription: Subscription, emitted: Emitted) -> None:
    stored(subscription, "a", "c")
    again = [record(subscription, record_id, price=7, kilobytes_used=1) for record_id in "abc"]
    DataUsageRecord.objects.bulk_create(again, ignore_conflicts=True)
    assert emitted == [data((subscription.pk, DAY, 1, 7, 1))]
    DataUsageRecord.objects.bulk_create(again, ignore_conflicts=True)
    assert len(emitted) == 1


def test_insertion_or_update_emits_what_was_inserted_and_what_changed(
    subscription: Subscription, emitted: Emitted
) -> None:
    stored(subscription, "a", "c", price=2)
    DataUsageRecord.objects.bulk_create(
        [record(subscription, record_id, price=7, kilobytes_used=1) for record_id in "abc"],
        update_conflicts=True,
        unique_fields=KEY,
        update_fields=["price"],
    )
    assert emitted == [data((subscription.pk, DAY, 1, 7, 1)), data((subscription.pk, DAY, 0, 10, 0))]
    assert list(DataUsageRecord.objects.order_by("record_id").values_list("price", "kilobytes_used")) == [
        (7, 2**40),
        (7, 1),
        (7, 2**40),
    ]


def test_insertion_or_update_of_one_record_twice_is_refused(subscription: Subscription, emitted: Emitted) -> None:
    with pytest.raises(ProgrammingError, match="twice"):
        DataUsageRecord.objects.bulk_create(
            [record(subscription), record(subscription)],
            update_conflicts=True,
            unique_fields=KEY,
            update_fields=["price"],
        )


def test_insertion_or_update_by_another_key_is_refused(subscription: Subscription, emitted: Emitted) -> None:
    with pytest.raises((NotSupportedError, ProgrammingError), match=r"primary key|no unique"), transaction.atomic():
        DataUsageRecord.objects.bulk_create(
            [record(subscription)], update_conflicts=True, unique_fields=["record_id"], update_fields=["price"]
        )


def test_a_rejected_record_is_not_emitted(subscription: Subscription, emitted: Emitted) -> None:
    stored(subscription, "r")
    with pytest.raises(IntegrityError), transaction.atomic():
        record(subscription).save(force_insert=True)
    assert emitted == []


def saved(each: DataUsageRecord, **options: Any) -> None:
    each.price = Decimal(5)
    each.save(**options)


def bulk_updated(each: DataUsageRecord) -> None:
    each.price = Decimal(5)
    assert DataUsageRecord.objects.bulk_update([each], ["price"]) == 1


DATA = DataUsageRecord.objects
CHANGE: dict[str, Callable[[DataUsageRecord], object]] = {
    "save": saved,
    "save of some fields": lambda each: saved(each, update_fields=["price"]),
    "save by update": lambda each: saved(each, force_update=True),
    "save of deferred fields": lambda each: saved(DATA.only("price").get(pk=each.pk)),
    "update": lambda each: DATA.update(price=5),
    "aupdate": lambda each: async_to_sync(DATA.all().aupdate)(price=5),
    "update by expression": lambda each: DATA.filter(kilobytes_used__gt=1, price__lt=5).update(price=F("price") + 2),
    "update by SQL": lambda each: DATA.filter(price=3).update(price=RawSQL("price + %s", [2])),
    "update by subquery": lambda each: DATA.filter(price=3).update(
        price=Subquery(DATA.filter(record_id=OuterRef("record_id")).values("price")[:1]) + 2
    ),
    "update by annotation": lambda each: (
        DATA.annotate(more=F("price") + 2).filter(more=5).order_by("-more").update(price=F("more"))
    ),
    "update over a join": lambda each: DATA.filter(subscription__carrier="att").update(price=5),
    "update of an alternative": lambda each: (DATA.filter(record_id="x") | DATA.filter(price=3)).update(price=5),
    "update of the rest": lambda each: DATA.exclude(subscription__carrier="sprint").update(price=5),
    "update by keys": lambda each: DATA.filter(pk__in=[each.pk, each.pk]).update(price=5),
    "bulk_update": bulk_updated,
    "update_or_create": lambda each: DATA.update_or_create(record_id="r", defaults={"price": 5}),
}


@pytest.mark.parametrize("way", CHANGE)
def test_a_changed_record_emits_the_difference(way: str, subscription: Subscription, emitted: Emitted) -> None:
    (each,) = stored(subscription, "r")
    stored(Subscription.objects.create(carrier="sprint"), "s", price=5)
    CHANGE[way](each)
    assert emitted == [data((subscription.pk, DAY, 0, 2, 0))]
    assert set(DATA.values_list("price", flat=True)) == {5}


def test_an_update_returns_the_rows_it_matched(subscription: Subscription, emitted: Emitted) -> None:
    stored(subscription, "a", "b", "c")
    assert DATA.filter(record_id__in=["a", "b"]).update(price=3) == 2
    assert DATA.filter(pk__in=[]).update(price=4) == 0
    assert DATA.none().update(price=4) == 0
    assert DATA.filter(record_id="x").update(price=4) == 0
    assert DATA.update() == 0
    assert emitted == []


@pytest.mark.parametrize("timestamp", [TOMORROW, Value(TOMORROW, DateTimeField()), F("usage_date") + timedelta(days=1)])
def test_a_record_moved_to_another_day_is_emitted_for_both(
    timestamp: Any, subscription: Subscription, emitted: Emitted
) -> None:
    stored(subscription, "r")
    if timestamp is not TOMORROW:
        partitions.ensure([NEXT])
    assert DATA.update(usage_date=timestamp, price=F("price") + 1) == 1
    assert emitted == [data((subscription.pk, DAY, -(2**40), -3, -1), (subscription.pk, NEXT, 2**40, 4, 1))]
    assert DATA.get().usage_date == TOMORROW


def test_a_record_moved_to_another_subscription_is_emitted_for_both(
    subscription: Subscription, other: Subscription, emitted: Emitted
) -> None:
    stored(subscription, "r")
    DATA.update(subscription=other)
    assert emitted == [data((subscription.pk, DAY, -(2**40), -3, -1), (other.pk, DAY, 2**40, 3, 1))]


DELETE: dict[str, tuple[Callable[[DataUsageRecord], object], object]] = {
    "delete": (lambda each: each.delete(), (1, {"wingtel_usage.DataUsageRecord": 1})),
    "adelete": (lambda each: async_to_sync(each.adelete)(), (1, {"wingtel_usage.DataUsageRecord": 1})),
    "delete by queryset": (lambda each: DATA.filter(price=3).delete(), (1, {"wingtel_usage.DataUsageRecord": 1})),
    "adelete by queryset": (
        lambda each: async_to_sync(DATA.filter(price=3).adelete)(),
        (1, {"wingtel_usage.DataUsageRecord": 1}),
    ),
    "delete over a join": (
        lambda each: DATA.filter(subscription__carrier="att").delete(),
        (1, {"wingtel_usage.DataUsageRecord": 1}),
    ),
    "delete by annotation": (
        lambda each: DATA.annotate(more=F("price") + 1).filter(more=4).order_by("more").delete(),
        (1, {"wingtel_usage.DataUsageRecord": 1}),
    ),
}


@pytest.mark.parametrize("listening", [False, True])
@pytest.mark.parametrize("way", DELETE)
def test_a_deleted_record_is_emitted_also_if_djangos_signals_have_receivers(
    way: str, listening: bool, subscription: Subscription, emitted: Emitted
) -> None:
    def listener(**_: Any) -> None: ...

    (each,) = stored(subscription, "r")
    stored(Subscription.objects.create(carrier="sprint"), "s", price=5)
    delete, returned = DELETE[way]
    if listening:
        post_delete.connect(listener)
    try:
        assert delete(each) == returned
    finally:
        post_delete.disconnect(listener)
    assert emitted == [data((subscription.pk, DAY, -(2**40), -3, -1))]
    assert DATA.get().record_id == "s"


def test_deleting_what_is_gone_returns_what_django_returns(subscription: Subscription, emitted: Emitted) -> None:
    (each,) = stored(subscription, "r")
    again = DATA.get()
    assert each.delete() == (1, {"wingtel_usage.DataUsageRecord": 1})
    assert each.pk == (None, None, None)
    assert again.delete() == (0, {"wingtel_usage.DataUsageRecord": 0})
    assert DATA.all().delete() == (0, {})
    assert DATA.filter(pk__in=[]).delete() == (0, {})
    assert len(emitted) == 1
    with pytest.raises(ValueError, match="can't be deleted"):
        each.delete()


def test_what_django_refuses_to_delete_is_refused(subscription: Subscription) -> None:
    assert not hasattr(DataUsageRecord.objects, "delete")
    for queryset in (DATA.all()[:1], DATA.values("price"), DATA.distinct("record_id")):
        with pytest.raises(TypeError, match="Cannot call delete"):
            queryset.delete()
    with pytest.raises(NotSupportedError):
        DATA.union(DATA.all()).delete()


def test_what_a_receiver_raises_undoes_the_write(subscription: Subscription, emitted: Emitted) -> None:
    def refuse(**_: Any) -> None:
        raise ArithmeticError

    records_changed.connect(refuse)
    try:
        with pytest.raises(ArithmeticError), transaction.atomic():
            record(subscription).save()
    finally:
        records_changed.disconnect(refuse)
    assert not DATA.exists()


def test_nothing_is_emitted_while_change_events_are_disabled(
    subscription: Subscription, other: Subscription, emitted: Emitted
) -> None:
    set_events(False)
    for way in CREATE.values():
        way(subscription)
        (each,) = DATA.all()
        assert each.price == 3
        each.delete()
    stored(other, "s", price=5)
    for change in CHANGE.values():
        (each,) = stored(subscription, "r")
        change(each)
        assert DATA.get(record_id="r").price == 5
        each.delete()
    DATA.bulk_create([record(subscription, "a"), record(subscription, "b")])
    assert DATA.filter(subscription=subscription).delete()[0] == 2
    assert emitted == []


@pytest.mark.django_db(transaction=True)
def test_while_change_events_are_disabled_each_write_is_one_statement(
    subscription: Subscription, django_assert_num_queries: Any
) -> None:
    record(subscription, "warm").save()
    change_events.remember("default", enabled=False)
    with django_assert_num_queries(1):
        record(subscription).save(force_insert=True)
    with django_assert_num_queries(1):
        each = DATA.create(subscription=subscription, usage_date=NOON, kilobytes_used=1, price=1)
    with django_assert_num_queries(1):
        each.save()
    with django_assert_num_queries(1):
        DATA.filter(record_id="x").update(price=F("price") + 1)
    with django_assert_num_queries(1):
        DATA.filter(record_id="r").delete()
    with django_assert_num_queries(1):
        each.delete()
    with django_assert_num_queries(3):  # BEGIN and COMMIT are Django's
        DATA.bulk_create([record(subscription, "a"), record(subscription, "b")])


def test_the_database_fills_in_no_column_so_an_insertion_has_none_to_return() -> None:
    models: list[type[UsageRecord]] = [DataUsageRecord, VoiceUsageRecord]
    assert [list(model._meta.db_returning_fields) for model in models] == [[], []]
