"""Answers filtered by phone number, external id, carrier or plan."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.api.records import EXCEEDING, METRICS, answer, data, errors
from tests.callers import client_of
from wingtel.access.scopes import Scope
from wingtel.subscriptions import assignments
from wingtel.subscriptions.identifiers import Kind
from wingtel.subscriptions.models import Carrier, Plan, Subscription

pytestmark = pytest.mark.django_db

JUNE = {"from_": "2026-06-01", "to": "2026-06-30"}
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
NUMBER_RULE = "a phone number, in any form, of 7 to 15 digits with the calling code"
EXTERNAL_ID_RULE = "an external id of 1 to 100 characters"


def line(**values: Any) -> int:
    """Create a subscription with usage in June. Return its id."""
    made = Subscription.objects.create(**{"carrier": Carrier.ATT, "effective_date": BEGINNING} | values)
    data(made.pk, "2026-06-03", "12.0000")
    return made.pk


def found(client: Client, **params: Any) -> list[int]:
    """Return the ids of subscriptions in both answers, which are the same."""
    results = answer(client, METRICS, **JUNE, **params)["results"]
    exceeding = answer(client, EXCEEDING, price_limit="1", **params)["results"]
    ids = [result["subscription_id"] for result in results]
    assert sorted(result["subscription_id"] for result in exceeding) == ids
    return ids


@pytest.mark.parametrize("form", ["+12025550100", "1 202 555 0100", "0012025550100", "(202) 555-0100", " 12025550100"])
def test_a_number_is_read_in_any_form(client: Client, form: str) -> None:
    one, _ = line(phone_number="+12025550100"), line(phone_number="+12025550101")

    assert found(client, phone_number=form) == [one]


def test_a_plus_that_was_not_encoded_is_one_all_the_same(client: Client) -> None:
    one, _ = line(phone_number="+491512345678"), line(phone_number="+12025550101")

    response = client.get(f"{METRICS}?from=2026-06-01&to=2026-06-30&phone_number=+491512345678")

    assert [result["subscription_id"] for result in response.json()["results"]] == [one]


def test_what_a_subscription_holds_beside_the_number_it_shows_finds_it(client: Client) -> None:
    one = line(phone_number="+12025550100")
    assignments.assign_identifier(one, Kind.MSISDN, "+12025550101", valid_from=BEGINNING)

    assert found(client, phone_number="+12025550101") == found(client, phone_number="+12025550100") == [one]
    (result,) = answer(client, METRICS, **JUNE)["results"]
    assert result["phone_number"] == "+12025550100"


def test_a_number_that_was_given_up_finds_who_has_it_now(client: Client) -> None:
    former, heir = line(phone_number="+12025550100"), line()
    Subscription.objects.filter(pk=former).update(phone_number="+12025550109")
    assert found(client, phone_number="+12025550100") == []

    Subscription.objects.filter(pk=heir).update(phone_number="+12025550100")
    assert found(client, phone_number="+12025550100") == [heir]


def test_a_deleted_subscription_is_found_by_what_it_held_to_the_end(client: Client) -> None:
    one = line(phone_number="+12025550100", external_id="crm-1")
    Subscription.objects.filter(pk=one).update(phone_number="+12025550109")
    Subscription.objects.get(pk=one).delete_softly()

    assert found(client, phone_number="+12025550109") == found(client, external_id="crm-1") == [one]
    assert found(client, phone_number="+12025550100") == []
    heir = line(phone_number="+12025550109", effective_date=None)
    assert found(client, phone_number="+12025550109") == [one, heir]


def test_parameters_narrow_and_repeated_ones_widen(client: Client) -> None:
    gold = Plan.objects.create(name="Gold")
    one = line(phone_number="+12025550100", external_id="crm-1", plan=gold)
    two = line(phone_number="+12025550101", external_id="crm-2", plan=gold, carrier=Carrier.SPRINT)
    three = line(phone_number="+12025550102", external_id="crm-3")

    assert found(client, phone_number=["2025550100", "2025550101"]) == [one, two]
    assert found(client, external_id=["crm-2", "crm-3", "crm-4"]) == [two, three]
    assert found(client, external_id=["crm-2", "crm-3"], phone_number="2025550101") == [two]
    assert found(client, external_id=["crm-2", "crm-3"], subscription_id=[one, three]) == [three]
    assert found(client, external_id="crm-2", subscription_id=one) == []
    assert found(client, plan=gold.pk) == [one, two]
    assert found(client, plan=gold.pk, subscription_id=[two, three]) == [two]
    assert found(client, plan=gold.pk, subscription_id=three) == []
    assert found(client, plan=gold.pk, carrier="sprint") == [two]
    assert found(client, carrier="att") == [one, three]
    assert found(client, carrier="att", subscription_id=[one, two]) == [one]
    assert found(client, plan=2**62) == []


def test_the_plan_is_the_current_one(client: Client) -> None:
    gold, silver = Plan.objects.create(name="Gold"), Plan.objects.create(name="Silver")
    one = line(plan=gold)
    assignments.change_plan(one, silver.pk, valid_from=datetime(2026, 7, 1, tzinfo=UTC))

    assert (found(client, plan=gold.pk), found(client, plan=silver.pk)) == ([], [one])


@pytest.mark.parametrize("path", [f"{EXCEEDING}?price_limit=1", f"{METRICS}?from=2026-06-01&to=2026-06-30"])
@pytest.mark.parametrize(
    ("parameter", "value", "rule"),
    [
        *[("phone_number", value, NUMBER_RULE) for value in ("", "anonymous", "123", "4915102200 04.0", "9" * 90)],
        *[("external_id", value, EXTERNAL_ID_RULE) for value in ("", " ", "a\tb", "x" * 101)],
        *[("carrier", value, "the code of a carrier, such as att") for value in ("", "ATT", "nobody")],
        *[("plan", value, "an id between 1 and 9223372036854775807") for value in ("", "0", "Gold", str(2**63))],
    ],
)
def test_an_invalid_filter_is_rejected_by_name(
    client: Client, path: str, parameter: str, value: str, rule: str
) -> None:
    assert errors(client, f"{path}&{parameter}={quote(value)}") == [
        {"parameter": parameter, "rule": rule, "value": value}
    ]


def test_a_key_limited_to_a_carrier_asks_for_no_other(client: Client) -> None:
    one, _ = line(phone_number="+12025550100"), line(phone_number="+12025550101", carrier=Carrier.SPRINT)
    limited = client_of(Scope.READ, carrier=Carrier.ATT)

    assert found(limited, carrier="att") == found(limited, phone_number=["2025550100", "2025550101"]) == [one]
    assert found(limited, phone_number="2025550101") == []
    for path, params in ((EXCEEDING, {"price_limit": "1"}), (METRICS, {"from": "2026-06-01", "to": "2026-06-30"})):
        response = limited.get(path, params | {"carrier": "sprint"})
        assert response.status_code == 403
        assert "is limited to the carrier att" in response.json()["detail"]


def test_any_external_id_is_told_as_it_is(client: Client) -> None:
    one = line(phone_number="+12025550100", external_id='a "quoted" \\ id')

    for result in (
        *answer(client, EXCEEDING, price_limit="1")["results"],
        *answer(client, METRICS, **JUNE)["results"],
        *answer(client, METRICS, **JUNE, subscription_id=one)["results"],
    ):
        assert (result["phone_number"], result["external_id"]) == ("+12025550100", 'a "quoted" \\ id')


def test_the_series_and_the_explanation_of_one_tell_its_number(client: Client) -> None:
    one = line(phone_number="+12025550100", external_id="crm-1")
    none = line(carrier=Carrier.SPRINT)
    limited = client_of(Scope.READ, carrier=Carrier.SPRINT)

    def shown(of: Client, subscription: int, day: str = "") -> tuple[str, str]:
        body = answer(of, f"/api/v1/subscriptions/{subscription}/usage/{day}")
        return body["phone_number"], body["external_id"]

    for day in ("", "2026-06-03/", "2026-06-04/"):
        assert shown(client, one, day) == ("+12025550100", "crm-1")
        assert shown(client, none, day) == shown(client, 2**62, day) == shown(limited, one, day) == ("", "")
