"""NDJSON and JSON arrays: nested members, exact numbers, one bad line alone."""

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from wingtel.imports.errors import SourceError
from wingtel.imports.ndjson import as_lines, written_out

from .reading_cases import profile_of, read


def test_members_of_nested_objects_are_named_by_their_path() -> None:
    records, rejects = read("c34_cloudevents.ndjson", profile_of("c34.toml"), "record_id", "quantity")
    assert (records, rejects) == ([("c34a", 1), ("c34b", 2)], [])


def test_numbers_with_exponents_are_read_exactly_as_decimals() -> None:
    records, rejects = read("c06_small_numbers.ndjson", profile_of("c06.toml"), "quantity", "price")
    assert records == [
        (1, Decimal("0.0001")),
        (1, Decimal("0.0005")),
        (1, Decimal("0.0001")),
        (12_500, Decimal("0.0001")),
        (3_000, Decimal("2.5000")),
        (500, Decimal("0.0001")),
    ]
    assert rejects == []


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("5e-05", "0.00005"),
        ("1E3", "1000"),
        ("1.50e+2", "150"),
        ("-1e-4", "-0.0001"),
        ("12.5", "12.5"),
        ("1e60", "1" + "0" * 60),
        ("1e61", "1e61"),
        ("1e999999999", "1e999999999"),
        ("1e99999999999999999999", "1e99999999999999999999"),
        ("0e0", "0"),
    ],
)
def test_an_exponent_is_written_out_unless_it_is_absurd(number: str, text: str) -> None:
    assert written_out(number) == text


def write(folder: Path, *lines: str) -> Path:
    (folder / "feed.ndjson").write_text("".join(f"{line}\n" for line in lines))
    return folder / "feed.ndjson"


def line(**changes: str) -> str:
    members = {"id": '"a"', "msisdn": '"1"', "start": '"2026-11-20T10:00:00Z"', "mb": "1", "price": "0.5"} | changes
    return "{" + ", ".join(f'"{name}": {value}' for name, value in members.items()) + "}"


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"mb": "1e999999999"}, "mb", "'1e999999999' is not a number"),
        ({"mb": '"1e3"'}, "mb", "'1e3' is not a number"),
        ({"mb": "true"}, "mb", "'true' is not a number"),
        ({"mb": "[1]"}, "mb", "'[1]' is not a number"),
        ({"mb": "null"}, "mb", "empty"),
        ({"price": "1e-9"}, "price", "0.000000001 has more than 8 decimals"),
        ({"id": '"\\u0000"'}, "id", "a NUL character, which PostgreSQL cannot keep"),
        ({"mb": "NaN"}, "", "no JSON: JSON is malformed"),
        ({"x": "[" * 200_000 + "]" * 200_000}, "", "no JSON: maximum recursion depth"),
        ({"id": '"\\ud800"'}, "", "no JSON: "),
        ({"x": "01"}, "", "no JSON: JSON is malformed"),
    ],
)
def test_a_bad_line_is_rejected_alone(changes: dict[str, str], field: str, reason: str, tmp_path: Path) -> None:
    file = write(tmp_path, line(), line(**changes), "", line(id='"c"'))
    records, rejects = read(file, profile_of("c06.toml"), "line")
    assert records == [1, 4]
    ((number, at, why),) = rejects
    assert (number, at, why[: len(reason)]) == (2, field, reason)


def test_integers_of_any_size_and_unread_members_change_nothing(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        line(mb='"18446744073709551616"', x="1e5000"),
        line(mb="18446744073709551616", data='{"bytes": "x"}'),
        line(id="12345678901234567890123"),
        line(id='"é\\n\\u00e9"', extra='["\\"", {"id": 5}]'),
    )
    records, rejects = read(file, profile_of("c06.toml"), "line", "record_id")
    assert records == [(3, "12345678901234567890123"), (4, "é\né")]
    assert [(number, field, "is more than" in reason) for number, field, reason in rejects] == [
        (1, "mb", True),
        (2, "mb", True),
    ]


def test_a_member_of_that_very_name_comes_before_a_path(tmp_path: Path) -> None:
    profile = profile_of("c06.toml", ('"mb"', '"data.used.mb"'))
    file = write(
        tmp_path,
        line(data='{"used": {"mb": 2}}'),
        line(**{"data.used.mb": "3", "data": '{"used": {"mb": 2}}'}),
        line(data='{"used": [4]}'),
        line(data="5"),
        line(data='{"used": null}'),
    )
    records, rejects = read(file, profile, "quantity")
    assert records == [2000, 3000]
    assert rejects == [(number, "data.used.mb", "empty") for number in (3, 4, 5)]


def test_json_numbers_have_a_point_whatever_marks_texts_have(tmp_path: Path) -> None:
    profile = profile_of("c06.toml", ("[timestamp]", '[numbers]\ndecimal = ","\nthousands = "."\n[timestamp]'))
    file = write(tmp_path, line(mb="1.5", price="1.500"), line(mb='"1,5"', price='"1.500"'), line(mb="1e-1"))
    records, rejects = read(file, profile, "quantity", "price")
    assert records == [(1500, Decimal("1.5")), (1500, Decimal(1500)), (100, Decimal("0.5"))]
    assert rejects == []


ARRAY = profile_of("c15j.toml")


def test_an_array_of_objects_is_read() -> None:
    records, rejects = read("c15_array.json", ARRAY, "line", "record_id", "quantity")
    assert (records, rejects) == ([(1, "c15x", 60), (2, "c15y", 60)], [])


def array_of(elements: list[object], indent: int | None) -> str:
    return json.dumps(elements, indent=indent)


@pytest.mark.parametrize("indent", [None, 2])
def test_elements_are_numbered_however_they_are_laid_out(indent: int | None, tmp_path: Path) -> None:
    number = 3000
    elements: list[object] = [
        {
            "id": 'a]},"' + str(place),
            "msisdn": "1",
            "start": "2026-11-20T10:00:00Z",
            "duration": place,
            "x": [{"y": ["[{"]}],
        }
        for place in range(number)
    ]
    elements[1] = ["no object"]
    (tmp_path / "feed.json").write_text("\ufeff \n" + array_of(elements, indent) + "\n\n")
    records, rejects = read(tmp_path / "feed.json", ARRAY, "line", "record_id", "quantity")
    assert records == [(place + 1, 'a]},"' + str(place), place) for place in range(number) if place != 1]
    assert rejects == [(2, "", "no JSON object")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"id": 1}', "has no end"),
        ('[{"id": "1]', "has no end"),
        ("[", "has no end"),
        ('[{"id": 1}] {', "something follows"),
        ("[] []", "something follows"),
    ],
)
def test_an_array_that_is_cut_off_or_goes_on_is_an_error(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_text(text)
    with pytest.raises(SourceError, match=problem):
        read(tmp_path / "feed.json", ARRAY, "line")


def test_an_empty_array_has_no_lines_and_an_element_that_is_missing_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_text("[ ]")
    assert read(tmp_path / "feed.json", ARRAY, "line") == ([], [])
    (tmp_path / "feed.json").write_text("[1,,2]")
    assert [number for number, *_ in read(tmp_path / "feed.json", ARRAY, "line")[1]] == [1, 2, 3]


@pytest.mark.parametrize("text", [b"", b" \n", b'{"a": 1}\n[1]\n', b"\xef\xbb\xbf{}", b"\xff"])
def test_what_is_no_array_is_left_as_it_is(text: bytes) -> None:
    assert as_lines(io.BytesIO(text)).read() == text
