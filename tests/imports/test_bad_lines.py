"""Bad lines of each kind are rejected with line and reason, and no good line is lost."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rounds import rounds
from wingtel.imports import profiles
from wingtel.imports.chunks import LONGEST_LINE
from wingtel.imports.errors import HeaderError, TooManyRejectsError
from wingtel.imports.models import RejectedRecord, UsageImport
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.subscriptions.models import Subscription

from .reading import counts, records

pytestmark = pytest.mark.django_db
HEADER = b"record_id,carrier,subscription,usage_type,usage_date,quantity,price\n"
FIRST = b"first,att,+12025550100,data,2026-03-01T00:00:00+00:00,5,0.5000\n"
LAST = b"last,att,+12025550100,voice,2026-03-01T00:00:01+00:00,7,0.2500\n"


def import_lines(
    folder: Path,
    content: bytes,
    *,
    profile: str = "wingtel",
    create: bool = True,
    batch_lines: int = 20_000,
    chunk_lines: int = 20_000,
) -> ImportSummary:
    file = folder / "feed.csv"
    file.write_bytes(content)
    options = ImportOptions(create_subscriptions=create, batch_lines=batch_lines, chunk_lines=chunk_lines)
    return import_feed(file, profiles.find(profile), options)


def line(**changes: str) -> bytes:
    values = {
        "record_id": "bad",
        "carrier": "att",
        "subscription": "+12025550100",
        "usage_type": "data",
        "usage_date": "2026-03-01T00:00:00Z",
        "quantity": "1",
        "price": "0.1",
    } | changes
    return ",".join(values.values()).encode() + b"\n"


BAD_LINES = {
    "too few fields": (b"bad,att,+12025550100\n", "", "3 fields instead of 7"),
    "too many fields": (line(price="1,2"), "", "8 fields instead of 7"),
    "no such day": (
        line(usage_date="2026-02-30T00:00:00Z"),
        "usage_date",
        "'2026-02-30T00:00:00Z' is not a timestamp of the form iso8601",
    ),
    "no time": (line(usage_date="2026-02-03"), "usage_date", "'2026-02-03' is not a timestamp of the form iso8601"),
    "no timestamp": (line(usage_date=""), "usage_date", "empty"),
    "an unbelievable year": (
        line(usage_date="0026-03-01T00:00:00Z"),
        "usage_date",
        "the year of '0026-03-01T00:00:00Z' is not between 1970 and 2999",
    ),
    "negative quantity": (line(quantity="-5"), "quantity", "-5 is negative"),
    "quantity NaN": (line(quantity="NaN"), "quantity", "'NaN' is not a number"),
    "quantity with an underscore": (line(quantity="1_000"), "quantity", "'1_000' is not a number"),
    "quantity in other digits": (line(quantity="٣"), "quantity", "'٣' is not a number"),
    "no quantity": (line(quantity=""), "quantity", "empty"),
    "quantity beyond the range": (
        line(quantity="1000000000000001"),
        "quantity",
        "1000000000000001 is more than 1000000000000000",
    ),
    "price beyond its digits": (
        line(price="10000000000"),
        "price",
        "10000000000 is more than 9999999999.9999",
    ),
    "price with 9 decimals": (line(price="0.000000005"), "price", "0.000000005 has more than 8 decimals"),
    "price infinite": (line(price="Infinity"), "price", "'Infinity' is not a number"),
    "negative price": (line(price="-0.1"), "price", "-0.1 is negative"),
    "empty reference": (line(record_id=""), "record_id", "empty"),
    "long reference": (
        line(record_id="x" * 101),
        "record_id",
        "the reference has 101 characters, more than 100",
    ),
    "empty subscription": (line(subscription=""), "subscription", "empty"),
    "long phone number": (
        line(subscription="1" * 101),
        "subscription",
        "the phone number has 101 characters, more than 100",
    ),
    "no phone number": (
        line(subscription="3.46889E+10"),
        "subscription",
        "'3.46889E+10' is not a valid phone number: 7 to 15 digits with the calling code",
    ),
    "unknown usage type": (line(usage_type="fax"), "usage_type", "unknown usage type 'fax'"),
    "unknown carrier": (line(carrier="o2"), "carrier", "unknown carrier 'o2'"),
    "NUL": (b"b\0d" + line()[3:], "", "character 2 is a NUL"),
    "not UTF-8": (b"b\xffd" + line()[3:], "", "byte 2 (0xff) is not utf-8"),
    "a quote never closed": (b'"bad' + line()[3:], "", "wrongly quoted: unexpected end of data"),
}


@pytest.mark.parametrize("kind", BAD_LINES)
def test_a_bad_line_is_rejected_by_line_field_and_reason_and_its_neighbours_accepted(kind: str, tmp_path: Path) -> None:
    bad, field, reason = BAD_LINES[kind]
    summary = import_lines(tmp_path, HEADER + FIRST + bad + LAST)
    assert [(reject.line, reject.field, reject.reason) for reject in summary.rejects] == [(3, field, reason)]
    assert counts(summary) == (3, 2, 0, 0, 1)
    assert [record_id for record_id, *_ in records()] == ["first", "last"]


def test_the_raw_text_of_a_reject_is_kept_readable(tmp_path: Path) -> None:
    import_lines(tmp_path, HEADER + b"b\0\xff,1\r\n" + FIRST)
    assert RejectedRecord.objects.get().raw == r"b\x00\xff,1"


def test_a_local_time_that_clocks_skip_is_rejected_and_one_that_comes_twice_is_the_first(
    tmp_path: Path,
) -> None:
    (tmp_path / "berlin.toml").write_text(
        (Path(profiles.__file__).parent / "profiles" / "wingtel.toml")
        .read_text()
        .replace('"operator"', '"Europe/Berlin"')
    )
    summary = import_lines(
        tmp_path,
        HEADER
        + line(record_id="skipped", usage_date="2026-03-29T02:30:00")
        + line(record_id="twice", usage_date="2026-10-25T02:30:00"),
        profile=str(tmp_path / "berlin.toml"),
    )
    assert [(reject.line, reject.reason) for reject in summary.rejects] == [
        (2, "2026-03-29 02:30:00 does not exist in Europe/Berlin: clocks go forward over it")
    ]
    assert [timestamp for _, timestamp, *_ in records()] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_quotes_byte_order_mark_carriage_returns_and_empty_lines_are_read(tmp_path: Path) -> None:
    content = (
        b"\xef\xbb\xbf"
        + HEADER.replace(b"\n", b"\r\n")
        + b'"one, ""quoted""\ntwice",att,+12025550100,data,2026-03-01T00:00:00Z,5,0.5\r\n\r\n'
        + line(record_id='5" stray')
        + b"back\\slash\there,att,+12025550100,data,2026-03-01T00:00:00Z,6,0.6"
    )
    summary = import_lines(tmp_path, content)
    assert counts(summary) == (4, 3, 1, 0, 0)
    assert {(record_id, used) for record_id, _, _, _, used, _ in records()} == {
        ('one, "quoted"\ntwice', 5),
        ('5" stray', 1),
        ("back\\slash\there", 6),
    }


def test_amounts_at_the_edges_of_their_range_are_accepted(tmp_path: Path) -> None:
    import_lines(
        tmp_path,
        HEADER
        + line(quantity="1000000000000000", price="9999999999.99990")
        + line(record_id="zero", quantity="0", price="0"),
    )
    assert [(used, price) for *_, used, price in records()] == [
        (10**15, Decimal("9999999999.9999")),
        (0, Decimal(0)),
    ]


def test_unknown_phone_numbers_are_rejected(tmp_path: Path) -> None:
    Subscription.objects.create(carrier="att", phone_number="+12025550100")
    summary = import_lines(tmp_path, HEADER + FIRST + line(subscription="+12025550300"), create=False)
    assert [(reject.line, reject.field, reject.reason) for reject in summary.rejects] == [
        (3, "subscription", "unknown phone number +12025550300"),
    ]
    assert counts(summary) == (2, 1, 0, 0, 1)


def test_late_records_of_a_cancelled_subscription_are_its_own_and_none_is_created(tmp_path: Path) -> None:
    cancelled = Subscription.objects.create(carrier="att", phone_number="+12025550100")
    cancelled.delete_softly()
    assert counts(import_lines(tmp_path, HEADER + FIRST + LAST)) == (2, 2, 0, 0, 0)
    assert [number for _, _, number, *_ in records()] == ["+12025550100"] * 2
    assert Subscription.objects.get() == cancelled


def test_records_after_a_subscription_was_cancelled_are_rejected_or_create_another(tmp_path: Path) -> None:
    Subscription.objects.create(carrier="att", phone_number="+12025550100")
    Subscription.objects.update(deleted_at=datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC))
    content = HEADER + FIRST + LAST.replace(b"att", b"sprint")
    summary = import_lines(tmp_path, content, create=False)
    assert [(reject.line, reject.reason) for reject in summary.rejects] == [
        (3, "no subscription had the phone number +12025550100 at 2026-03-01 00:00:01+00:00")
    ]
    assert counts(summary) == (2, 1, 0, 0, 1)
    assert counts(import_lines(tmp_path, content + line(record_id="next"))) == (3, 2, 0, 1, 0)
    created = Subscription.objects.current().get()
    assert (created.carrier, created.phone_number, created.status) == ("sprint", "+12025550100", "active")


def test_the_same_record_again_is_a_duplicate_and_with_another_amount_a_conflict(tmp_path: Path) -> None:
    content = HEADER + FIRST + FIRST + FIRST.replace(b",5,", b",6,") + LAST
    first, second = import_lines(tmp_path, content), import_lines(tmp_path, content + b"\n", batch_lines=1)
    assert (counts(first), first.conflict) == ((4, 2, 0, 1, 0), 1)
    assert (counts(second), second.conflict) == ((5, 0, 1, 3, 0), 1)
    assert [used for *_, used, _ in records()] == [5, 7]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty, and the profile expects a header"),
        (b"a,b\n1,2\n", "the column 'record_id' is missing; the columns found are 'a', 'b'"),
        (
            HEADER.replace(b"price", b"quantity"),
            "the column 'quantity' is there 2 times; the columns found are",
        ),
    ],
)
def test_a_wrong_header_fails_the_whole_import_and_names_the_columns_found(
    content: bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(HeaderError, match=message):
        import_lines(tmp_path, content)
    assert UsageImport.objects.get().status == "failed"


def test_a_header_alone_is_a_file_without_lines(tmp_path: Path) -> None:
    assert counts(import_lines(tmp_path, HEADER)) == (0, 0, 0, 0, 0)


def test_a_line_of_ten_megabytes_costs_itself_alone(tmp_path: Path) -> None:
    started = time.monotonic()
    summary = import_lines(tmp_path, HEADER + FIRST + line(quantity="7" * 10_000_000) + LAST)
    assert counts(summary) == (3, 2, 0, 0, 1)
    assert summary.rejects[0].reason == f"more than {LONGEST_LINE} bytes; the first are kept"
    assert summary.rejects[0].raw == line(quantity="7" * 10_000_000).decode()[:200]
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("ending", [b"\n", b""])
@pytest.mark.parametrize("more", [0, 1])
def test_a_line_may_have_so_many_bytes_and_no_more(more: int, ending: bytes, tmp_path: Path) -> None:
    long_line = line(record_id="a" * (LONGEST_LINE + more - len(line(record_id=""))))
    summary = import_lines(tmp_path, HEADER + FIRST + LAST + long_line.rstrip() + ending)
    assert counts(summary) == (3, 2, 0, 0, 1)
    (reject,) = summary.rejects
    assert reject.line == 4
    assert (len(reject.raw), reject.field) == ((200, "") if more else (LONGEST_LINE - 1, "record_id"))


def test_an_import_that_stopped_behind_a_long_line_goes_on(tmp_path: Path) -> None:
    content = HEADER + FIRST + b"x" * (3 * LONGEST_LINE) + b"\n" + b"y" * (2 * LONGEST_LINE) + b"\n" + LAST
    (tmp_path / "feed.csv").write_bytes(content)
    options = ImportOptions(create_subscriptions=True, batch_lines=1, max_rejects=0)
    for _ in range(2):
        with pytest.raises(TooManyRejectsError):
            import_feed(tmp_path / "feed.csv", profiles.find("wingtel"), options)
    summary = import_feed(tmp_path / "feed.csv", profiles.find("wingtel"), options)
    assert (counts(summary), summary.resumed) == ((4, 2, 0, 0, 2), 3)
    assert [(reject.line, reject.raw) for reject in summary.rejects] == [(3, "x" * 200), (4, "y" * 200)]


def test_a_quoted_record_over_several_lines_may_not_be_longer_than_a_line(tmp_path: Path) -> None:
    short, long_part = line(record_id='"a\nb"'), "x\n" + "y" * (LONGEST_LINE // 2)
    summary = import_lines(tmp_path, HEADER + short + line(record_id=f'"{long_part}\n{long_part}"') + LAST)
    assert (summary.accepted, summary.rejected, summary.lines) == (2, 4, 6)
    assert records()[0][0] == "a\nb"


FRAGMENTS = st.sampled_from(
    [FIRST, LAST, b"\n", b'"', b",", b"\r\n", b"\0", b"\xff", *(bad for bad, _, _ in BAD_LINES.values())]
)
CONTENT = st.lists(FRAGMENTS | st.binary(max_size=12), max_size=25).map(b"".join)


@settings(max_examples=rounds(15, thorough=300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=CONTENT, batch_lines=st.integers(1, 20), chunk_lines=st.integers(1, 8))
def test_whatever_is_in_the_file_the_four_counts_add_up_and_no_right_line_is_lost(
    content: bytes, batch_lines: int, chunk_lines: int, tmp_path: Path
) -> None:
    before = {record_id for record_id, *_ in records()}
    whole = HEADER + content + b"\n" + FIRST + LAST
    summary = import_lines(tmp_path, whole, batch_lines=batch_lines, chunk_lines=chunk_lines)
    assert summary.lines == summary.accepted + summary.skipped + summary.duplicate + summary.conflict + summary.rejected
    assert summary.rejected == RejectedRecord.objects.filter(usage_import=summary.import_id).count()
    after = {record_id for record_id, *_ in records()}
    assert before <= after
    if b'"' not in content:
        assert {"first", "last"} <= after
        assert summary.lines == (content + b"\n").count(b"\n") + 2
