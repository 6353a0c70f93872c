"""Columns and examples as shapes declare them."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct

from wingtel.exports import columns
from wingtel.shapes import ColumnKind, columns_of, example_of


class Part(Struct):
    name: Annotated[str, Meta(description="Its name.", examples=["wheel"])]


class Whole(Struct):
    many: Annotated[int, Meta(description="How many parts.", examples=[4], extra={"kind": ColumnKind.QUANTITY})]
    parts: list[Part]
    until: int | None
    left_out: str = ""


class Bare(Struct):
    name: str


def test_columns_are_members_with_their_meanings() -> None:
    (many,) = columns_of(Whole, "many")

    assert (many.name, many.kind, many.meaning) == ("many", ColumnKind.QUANTITY, "How many parts.")
    assert [(each.name, each.kind) for each in columns_of(Part)] == [("name", ColumnKind.TEXT)]


def test_an_example_is_made_of_those_of_the_members() -> None:
    assert example_of(Whole) == {"many": 4, "parts": [{"name": "wheel"}], "until": None}


def test_a_member_without_meaning_or_example_is_an_error() -> None:
    with pytest.raises(TypeError, match="has no meaning"):
        columns_of(Bare)
    with pytest.raises(TypeError, match="has no example"):
        example_of(Bare)


def test_the_exports_have_the_members_of_their_answers() -> None:
    named = ["subscription_id", "phone_number", "external_id"]
    used = ["usage_type", "unit", "total_price", "total_usage", "records", "currency"]

    assert [each.name for each in columns.EXCEEDING] == [
        *(*named, "usage_type", "total_price", "exceeded_by", "currency"),
    ]
    assert [each.name for each in columns.METRICS] == [*named, *used]
    assert [each.name for each in columns.SERIES] == ["subscription_id", "start", *used]
    assert [each.name for each in columns.METRICS if each.kind is ColumnKind.MONEY] == ["total_price"]
    assert [each.name for each in columns.METRICS if each.kind is ColumnKind.QUANTITY] == ["total_usage"]
