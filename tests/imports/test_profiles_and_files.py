"""Any profile over any file: the stored usage equals a reading of the file that shares no code with the import."""

import csv
import gzip
import io
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rounds import rounds
from wingtel.imports import profiles
from wingtel.imports.service import ImportOptions, import_feed
from wingtel.subscriptions.models import Subscription
from wingtel.usage.business_days import set_time_zone

from .reading import counts, differing_days, rows

OPERATOR_ZONE = "Europe/Berlin"
COLUMNS = ("who", "kind", "up", "down", "talk", "cost", "ref", "part", "status")
TIMESTAMPS = {
    # format, and number of columns
    "%Y-%m-%d %H:%M:%S": 1,
    "%d.%m.%Y %H:%M": 1,
    "%Y%m%d %H%M%S": 2,
    "%Y/%m/%d %H:%M:%S": 2,
    "iso8601": 1,
    "unix": 1,
    "unix_ms": 1,
}
UNITS = {"bytes": -1, "kilobytes": 0, "megabytes": 1, "gigabytes": 2}
ROUNDINGS = {"up": ROUND_CEILING, "down": ROUND_FLOOR, "half_even": ROUND_HALF_EVEN}
ZEROS = {"", "0", "0.0", "0.000", "0.0000"}
TARIFF = (Decimal("0.00375"), 60, 90)
"""The price of a block, the size of a block, and the included quantity, for both usage types."""

numbers_of_examples = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The content of a drawn profile."""

    delimiter: str
    is_quoted: bool
    has_header: bool
    timestamp: str
    zone: str
    types: str
    data_columns: int
    unit: str
    kilobyte: int
    rounding: str
    voice_unit: str
    maps_values: bool
    filters: bool
    reference: tuple[str, ...]
    lookup: str
    has_tariff: bool
    rounds_price: bool
    of_both: str
    of_neither: str
    order: tuple[int, ...]

    @property
    def columns(self) -> list[str]:
        """The names of the columns in their order."""
        timestamp = ["at"] if TIMESTAMPS[self.timestamp] == 1 else ["on", "time"]
        drawn = [*timestamp, *COLUMNS]
        return [drawn[place] for place in self.order if place < len(drawn)]

    def toml(self) -> str:
        """Return the profile as TOML."""
        columns = self.columns
        timestamp = ["at"] if TIMESTAMPS[self.timestamp] == 1 else ["on", "time"]
        up = ["up", "down"][: self.data_columns]
        parts = [
            f"[layout]\ndelimiter = '{self.delimiter}'\nquote = '{chr(34) if self.is_quoted else ''}'",
            "" if self.has_header else f"header = false\ncolumns = {columns}",
            f"[timestamp]\ncolumns = {timestamp}\nformats = ['{self.timestamp}']\ntime_zone = '{self.zone}'",
            "[usage_type]",
            {
                "column": "column = 'kind'\ndata = ['D', 'data']\nvoice = ['V']\nskip = ['S']",
                "by_quantity": "by_quantity = true",
                "constant": "constant = 'voice'",
            }[self.types],
            f"[data]\ncolumns = {up}\nunit = '{self.unit}'\nkilobyte = {self.kilobyte}\nrounding = '{self.rounding}'",
            f"[voice]\ncolumns = ['talk']\nunit = '{self.voice_unit}'\nrounding = '{self.rounding}'",
            "[reference]\nseparator = '/'\nprefix = 'p-'"
            + (f"\ncolumns = {list(self.reference)}" * bool(self.reference)),
            f"[subscription]\nby = '{self.lookup}'\ncolumn = 'who'",
            "[carrier]\ncolumn = 'network'\n[constants]\nnetwork = 'att'",
            "[values.kind]\nmobile = 'D'" if self.maps_values else "",
            "[[filter]]\ncolumn = 'status'\nnot_in = ['draft']" if self.filters else "",
        ]
        price, block, included = TARIFF
        rate = f"price = '{price}'\nblock = {block}\nincluded = {included}"
        if self.has_tariff:
            parts.append(f"[[tariff.data]]\n{rate}\n[[tariff.voice]]\n{rate}")
        else:
            parts.append(f"[price]\ncolumn = 'cost'\nround = {str(self.rounds_price).lower()}")
            if self.types == "by_quantity":
                of_both = "{ data = '0.25', voice = '0.75' }" if self.of_both == "shares" else f"'{self.of_both}'"
                parts.append(f"of_both = {of_both}\n" + f"of_neither = '{self.of_neither}'" * bool(self.of_neither))
        return "\n".join(parts)


SHAPES = st.builds(
    Shape,
    delimiter=st.sampled_from(",;|\t^"),
    is_quoted=st.booleans(),
    has_header=st.booleans(),
    timestamp=st.sampled_from(list(TIMESTAMPS)),
    zone=st.sampled_from(["operator", "UTC", "America/New_York", "Asia/Kolkata"]),
    types=st.sampled_from(["column", "by_quantity", "constant"]),
    data_columns=st.integers(1, 2),
    unit=st.sampled_from(list(UNITS)),
    kilobyte=st.sampled_from([1000, 1024]),
    rounding=st.sampled_from(list(ROUNDINGS)),
    voice_unit=st.sampled_from(["seconds", "minutes"]),
    maps_values=st.booleans(),
    filters=st.booleans(),
    reference=st.sampled_from([(), ("ref",), ("ref", "part")]),
    lookup=st.sampled_from(["id", "phone_number", "device_id"]),
    has_tariff=st.booleans(),
    rounds_price=st.booleans(),
    of_both=st.sampled_from(["data", "voice", "shares"]),
    of_neither=st.sampled_from(["", "data", "voice"]),
    order=st.permutations(range(11)).map(tuple),
)

# Both changes of the clocks in Berlin and New York, and the midnights of months.
HOURS = [
    datetime.fromisoformat("2026-03-29T00:00"),
    datetime.fromisoformat("2026-10-25T00:00"),
    datetime.fromisoformat("2026-03-08T00:00"),
    datetime.fromisoformat("2026-02-28T21:00"),
    datetime.fromisoformat("2026-11-01T00:00"),
]
QUANTITIES = st.one_of(
    st.integers(0, 5000).map(str),
    st.decimals(0, 5000, places=3).map(str),
    st.sampled_from(["0", "0.0", "", "x", "-1", "1e3", "NaN", "123456789012.5"]),
)
LINES = st.fixed_dictionaries(
    {
        "timestamp": st.builds(
            lambda base, minutes: base + timedelta(minutes=minutes), st.sampled_from(HOURS), st.integers(0, 300)
        ),
        "is_no_timestamp": st.integers(0, 12).map(lambda drawn: drawn == 0),
        "who": st.sampled_from([0, 0, 1, 1, 2, 2, 2, None]),
        "kind": st.sampled_from(["D", "V", "data", "D", "V", "S", "mobile", "fax"]),
        "up": QUANTITIES,
        "down": QUANTITIES,
        "talk": QUANTITIES,
        "cost": st.decimals(0, 100, places=4).map(str) | st.sampled_from(["", "0.00005", "0.00015", "x", "-1", "3"]),
        "ref": st.sampled_from(["a", "b", "c", "d", "e", "", 'say "hi"', "two\nlines", "delimited"]),
        "part": st.sampled_from(["1", "2", "3", "1"]),
        "status": st.sampled_from(["final", "final", "draft", ""]),
        "is_misfit": st.integers(0, 15).map(lambda drawn: drawn == 0),
        "is_blank": st.integers(0, 15).map(lambda drawn: drawn == 0),
        "repeats": st.sampled_from([1, 1, 1, 1, 2, 3]),
    }
)


def timestamp_texts(shape: Shape, timestamp: datetime) -> list[str]:
    if shape.timestamp.startswith("unix"):
        seconds = int(timestamp.replace(tzinfo=UTC).timestamp())
        return [str(seconds * (1000 if shape.timestamp == "unix_ms" else 1))]
    if shape.timestamp == "iso8601":
        return [timestamp.isoformat() + ("+03:00" if timestamp.minute % 2 else "")]
    text = timestamp.strftime(shape.timestamp)
    return text.split(" ") if TIMESTAMPS[shape.timestamp] == 2 else [text]


def written(shape: Shape, lines: Sequence[dict[str, object]], names: Sequence[str], line_end: str) -> str:
    """Return the text of the file."""
    out = io.StringIO()
    quoting = csv.QUOTE_MINIMAL if shape.is_quoted else csv.QUOTE_NONE
    writer = csv.writer(
        out,
        delimiter=shape.delimiter,
        quoting=quoting,
        quotechar='"' if shape.is_quoted else None,
        lineterminator=line_end,
    )
    if shape.has_header:
        writer.writerow(shape.columns)
    for line in lines:
        timestamp = line["timestamp"]
        assert isinstance(timestamp, datetime)
        texts = {name: str(line[name]) for name in COLUMNS}
        texts["who"] = "999999999" if line["who"] is None else names[line["who"]]  # type: ignore[call-overload]
        if line["is_misfit"]:  # over several lines, each of them would be taken for a line
            texts["ref"] = texts["ref"].replace("\n", " ")
        texts["ref"] = {"delimited": f"de{shape.delimiter}li"}.get(texts["ref"], texts["ref"])
        if not shape.is_quoted:
            texts["ref"] = re.sub(r"\W", "-", texts["ref"])
        texts["at"] = texts["on"] = timestamp_texts(shape, timestamp)[0]
        texts["time"] = timestamp_texts(shape, timestamp)[-1]
        if line["is_no_timestamp"]:
            texts["at"] = texts["on"] = "someday"
        fields = [texts[name] for name in shape.columns]
        for _ in range(int(str(line["repeats"]))):
            writer.writerow(fields[:-1] if line["is_misfit"] else fields)
        if line["is_blank"]:
            out.write(line_end)
    return out.getvalue()


class RejectedError(Exception):
    """A line that the reading below rejects."""


@dataclass
class Reading:
    """The file as this test reads it: the outcomes of its lines, and the sums of its records."""

    shape: Shape
    names: Sequence[str]

    def __post_init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.sums: dict[tuple[str, str, date], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
        self._known: set[tuple[object, ...]] = set()

    def read(self, text: str) -> None:
        quoting = csv.QUOTE_MINIMAL if self.shape.is_quoted else csv.QUOTE_NONE
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=self.shape.delimiter, quoting=quoting))
        for fields in lines[self.shape.has_header :]:
            try:
                self.outcomes[self._outcome(fields)] += 1
            except RejectedError:
                self.outcomes["rejected"] += 1

    def _outcome(self, fields: list[str]) -> str:
        if not fields:
            return "skipped"
        if len(fields) != len(self.shape.columns):
            raise RejectedError
        line = dict(zip(self.shape.columns, fields, strict=True))
        kinds = [] if self.shape.filters and line["status"] == "draft" else self._kinds(line)
        if not kinds:
            return "skipped"
        records = [self._record(kind, kinds, line, fields) for kind in kinds]
        new = [record for record in records if record[0] not in self._known]
        for key, name, kind, day, used, price in new:
            self._known.add(key)
            self.sums[name, kind, day] = [
                one + more for one, more in zip(self.sums[name, kind, day], (used, price, Decimal(1)), strict=True)
            ]
        return "accepted" if new else "duplicate"

    def _kinds(self, line: dict[str, str]) -> list[str]:
        if self.shape.types == "constant":
            return ["voice"]
        if self.shape.types == "by_quantity":
            columns = {"data": ["up", "down"][: self.shape.data_columns], "voice": ["talk"]}
            kinds = [kind for kind, names in columns.items() if any(line[n] not in ZEROS for n in names)]
            if kinds or self.shape.has_tariff or line["cost"] in ZEROS:
                return kinds
            if not self.shape.of_neither:
                raise RejectedError
            return [self.shape.of_neither]
        meanings = {"D": ["data"], "data": ["data"], "V": ["voice"], "S": []}
        if self.shape.maps_values:
            meanings["mobile"] = ["data"]
        if line["kind"] not in meanings:
            raise RejectedError
        return meanings[line["kind"]]

    def _record(
        self, kind: str, kinds: Sequence[str], line: dict[str, str], fields: list[str]
    ) -> tuple[tuple[object, ...], str, str, date, Decimal, Decimal]:
        used, timestamp, name = self._used(kind, line), self._timestamp(line), line["who"]
        if name not in self.names:
            raise RejectedError
        reference = tuple(line[column] for column in self.shape.reference) or tuple(fields)
        if self.shape.reference and "" in reference:
            raise RejectedError
        day = timestamp.astimezone(ZoneInfo(OPERATOR_ZONE)).date()
        price = self._price(used, line)
        if len(kinds) == 2 and not self.shape.has_tariff:
            price = self._share(kind, price)
        return (kind, name, timestamp, reference), name, kind, day, used, price

    def _used(self, kind: str, line: dict[str, str]) -> Decimal:
        columns = ["up", "down"][: self.shape.data_columns] if kind == "data" else ["talk"]
        amount = sum((self._number(line[column]) for column in columns), Decimal(0))
        with localcontext(prec=80):
            if kind == "data":
                amount *= Decimal(self.shape.kilobyte) ** UNITS[self.shape.unit]
            elif self.shape.voice_unit == "minutes":
                amount *= 60
            used = amount.quantize(Decimal(1), ROUNDINGS[self.shape.rounding])
        if used > 10**15:  # the largest quantity of a record
            raise RejectedError
        return used

    def _number(self, text: str) -> Decimal:
        if text == "" and self.shape.types == "by_quantity":
            return Decimal(0)
        if not re.fullmatch("[0-9]+([.][0-9]+)?", text):
            raise RejectedError
        return Decimal(text)

    def _timestamp(self, line: dict[str, str]) -> datetime:
        text = line["at"] if "at" in line else f"{line['on']} {line['time']}"
        if "someday" in text:
            raise RejectedError
        if self.shape.timestamp.startswith("unix"):
            return datetime.fromtimestamp(int(text) // (1000 if self.shape.timestamp == "unix_ms" else 1), UTC)
        if self.shape.timestamp == "iso8601":
            timestamp = datetime.fromisoformat(text)
        else:
            timestamp = datetime.strptime(text, self.shape.timestamp)  # noqa: DTZ007 - the zone comes next
        if timestamp.tzinfo:
            return timestamp.astimezone(UTC)
        zone = ZoneInfo(OPERATOR_ZONE if self.shape.zone == "operator" else self.shape.zone)
        there = timestamp.replace(tzinfo=zone).astimezone(UTC)
        if there.astimezone(zone).replace(tzinfo=None) != timestamp:
            raise RejectedError
        return there

    def _price(self, used: Decimal, line: dict[str, str]) -> Decimal:
        if not self.shape.has_tariff:
            price = self._plain_price(line["cost"])
            if price.as_tuple().exponent < -8 and not self.shape.rounds_price:  # type: ignore[operator]
                raise RejectedError
            return price.quantize(Decimal("0.00000001"), ROUND_HALF_EVEN)
        each, block, included = TARIFF
        blocks = -(-int(max(used - included, Decimal(0))) // block)
        with localcontext(prec=80):
            price = (each * blocks).quantize(Decimal("0.00000001"), ROUND_HALF_EVEN)
        if price > Decimal("9999999999.9999"):
            raise RejectedError
        return price

    def _share(self, kind: str, price: Decimal) -> Decimal:
        """Return the share of this type in the price of a line of both types."""
        if self.shape.of_both != "shares":
            return price if self.shape.of_both == kind else Decimal(0)
        quarter = (price / 4).quantize(Decimal("0.00000001"), ROUND_HALF_EVEN)
        return quarter if kind == "data" else price - quarter

    @staticmethod
    def _plain_price(text: str) -> Decimal:
        if not re.fullmatch("[0-9]+([.][0-9]+)?", text):
            raise RejectedError
        return Decimal(text)


def recorded(lookup: str, ids: Sequence[int]) -> dict[tuple[str, str, date], list[Decimal]]:
    """Return used, price and records by identifier, usage type and day."""
    column = {"id": "subscription.id::text"}.get(lookup, lookup)
    return {
        (name, kind, day): [used, price, Decimal(count)]
        for name, kind, day, used, price, count in rows(
            f"SELECT {column}, usage_type, day, used, price, records FROM usage_daily JOIN wingtel_subscription "
            f"AS subscription "
            f"ON subscription.id = subscription_id WHERE subscription.id IN ({', '.join(map(str, ids))})"
        )
    }


def subscriptions() -> Iterator[Subscription]:
    """Create three subscriptions that no other example uses."""
    example = next(numbers_of_examples)
    for place in range(3):
        yield Subscription.objects.create(
            carrier="att", phone_number=f"+4915{example:08}{place}", device_id=f"d{example}-{place}"
        )


@pytest.mark.django_db
@settings(
    max_examples=rounds(15, thorough=400), derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    shape=SHAPES,
    lines=st.lists(LINES, min_size=1, max_size=16),
    line_end=st.sampled_from(["\n", "\r\n"]),
    packing=st.sampled_from(["plain", "gzip", "zstd"]),
    batch_lines=st.sampled_from([1, 2, 5, 250_000]),
)
def test_the_counts_add_up_and_the_sums_are_those_of_another_reading(
    shape: Shape,
    lines: list[dict[str, object]],
    line_end: str,
    packing: str,
    batch_lines: int,
    tmp_path: Path,
) -> None:
    if not rows("SELECT 1 FROM pg_inherits WHERE inhparent = 'wingtel_data_usage_record'::regclass LIMIT 1"):
        set_time_zone(OPERATOR_ZONE)
    made = list(subscriptions())
    names = [str({"id": one.pk}.get(shape.lookup) or getattr(one, shape.lookup)) for one in made]
    text = written(shape, lines, names, line_end)
    pack = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress}[packing]
    (tmp_path / "feed").write_bytes(pack(text.encode()))
    profile = profiles.parse(shape.toml().encode(), source="drawn.toml")
    summary = import_feed(tmp_path / "feed", profile, ImportOptions(again=True, batch_lines=batch_lines))
    reading = Reading(shape, names)
    reading.read(text)
    expected = reading.outcomes
    assert counts(summary) == (
        expected.total(),
        *(expected[outcome] for outcome in ("accepted", "skipped", "duplicate", "rejected")),
    )
    assert recorded(shape.lookup, [one.pk for one in made]) == reading.sums
    assert differing_days() == 0
