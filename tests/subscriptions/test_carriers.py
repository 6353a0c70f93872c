"""Carriers are data: listed, added and changed, and referred to by subscriptions, keys, feeds and lines."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from tests.api.test_resources import send
from tests.callers import client_of
from tests.command import CommandFailed
from tests.command import run as run_command
from tests.imports.reading import records
from wingtel.access.scopes import Scope
from wingtel.imports import profiles
from wingtel.imports.errors import ProfileError
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.subscriptions import carriers
from wingtel.subscriptions.models import Carrier, Subscription

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent.parent / "imports" / "cases"
CARRIERS = "/api/v1/carriers/"


@pytest.fixture(autouse=True)
def clear_cache() -> Iterator[None]:
    """Clear the cached carriers, which a test may have added to."""
    yield
    carriers.forget()


@pytest.fixture
def admin() -> Client:
    return client_of(Scope.ADMIN)


def run(*arguments: str) -> str:
    return run_command("carriers", *arguments)


def codes(client: Client) -> list[str]:
    return [each["code"] for each in client.get(CARRIERS).json()["results"]]


def imported(file: str, profile: str) -> ImportSummary:
    return import_feed(CASES / file, profiles.find(str(CASES / profile)), ImportOptions(create_subscriptions=True))


def test_att_and_sprint_are_there_from_the_start() -> None:
    assert json.loads(run("list", "--format", "json"))["results"] == [
        {"code": "att", "name": "AT&T", "country": "US"},
        {"code": "sprint", "name": "Sprint", "country": "US"},
    ]


def test_a_carrier_is_added_and_changed_by_the_command() -> None:
    assert run("add", "movistar", "--name", "Movistar", "--country", "ES") == "movistar: Movistar, ES\n"
    assert run("change", "movistar", "--name", "Telefónica") == "movistar: Telefónica, ES\n"
    assert carriers.country_of("movistar") == "ES"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("add", "att", "--name", "x", "--country", "US"), "Carrier with this Code already exists"),
        (("add", "O2", "--name", "x", "--country", "US"), "code: lower-case letters and digits, such as att"),
        (("add", "o2", "--name", "x", "--country", "XX"), "'XX' is not a country"),
        (("change", "o2", "--name", "x"), "there is no carrier 'o2'; the carriers are att, sprint"),
    ],
)
def test_what_is_no_carrier_is_refused(arguments: tuple[str, ...], reason: str) -> None:
    with pytest.raises(CommandFailed, match=reason):
        run(*arguments)


def test_a_carrier_is_created_changed_and_deleted_over_http(admin: Client) -> None:
    body = {"code": "o2", "name": "O2", "country": "DE"}
    assert send(admin, "post", CARRIERS, body, 201) == body
    assert codes(admin) == ["att", "o2", "sprint"]
    assert send(admin, "patch", f"{CARRIERS}o2/", {"country": "GB"}, 200) == body | {"country": "GB"}
    assert admin.delete(f"{CARRIERS}o2/").status_code == 204
    assert codes(admin) == ["att", "sprint"]


def test_a_carrier_with_subscriptions_stays(admin: Client) -> None:
    Subscription.objects.create(carrier="att").delete_softly()
    rejected = admin.delete(f"{CARRIERS}att/")
    assert (rejected.status_code, rejected.json()["detail"]) == (
        409,
        "The carrier att has subscriptions, deleted ones included.",
    )


def test_the_database_refuses_a_subscription_of_no_carrier() -> None:
    with pytest.raises(IntegrityError, match="subscription_carrier_known"), transaction.atomic():
        Subscription.objects.create(carrier="o2")


def test_one_number_in_five_forms_is_one_subscription_and_others_are_no_numbers() -> None:
    Carrier.objects.filter(code="att").update(country="ES")
    carriers.forget()
    summary = imported("c11_number_forms.csv", "c11.toml")
    assert (summary.lines, summary.accepted, summary.rejected) == (8, 5, 3)
    assert [(reject.line, reject.field, reject.reason) for reject in summary.rejects] == [
        (line, "msisdn", f"'{text}' is not a valid phone number: 7 to 15 digits with the calling code")
        for line, text in ((6, "3.46889E+10"), (7, "anonymous"), (8, "NULL"))
    ]
    assert Subscription.objects.get().phone_number == "+34688886001"
    assert {number for _, _, number, *_ in records()} == {"+34688886001"}


def test_a_feed_that_names_no_carrier_is_refused_before_it_begins(tmp_path: Path) -> None:
    text = (CASES / "c11.toml").read_text().replace('"att"', '"o2"')
    profile = profiles.parse(text.encode(), source="c11.toml")
    with pytest.raises(
        ProfileError, match=r"carrier\.constant: there is no carrier 'o2'; the carriers are att, sprint"
    ):
        import_feed(CASES / "c11_number_forms.csv", profile, ImportOptions(create_subscriptions=True))


def test_subscriptions_of_all_carriers_are_created_changed_and_found(admin: Client) -> None:
    Carrier.objects.create(code="movistar", name="Movistar", country="ES")
    path = "/api/v1/subscriptions/"
    made = send(admin, "post", path, {"carrier": "movistar", "phone_number": "688 886 001", "iccid": "8934" * 5}, 201)
    assert (made["carrier"], made["phone_number"]) == ("movistar", "+34688886001")
    send(admin, "post", path, {"carrier": "att", "phone_number": "(202) 555-0100", "status": "active"}, 201)

    def found(**params: Any) -> list[str]:
        return [each["carrier"] for each in admin.get(path, params).json()["results"]]

    assert found() == ["movistar", "att"]
    assert found(phone_number="0034 688886001") == found(phone_number="688886001") == found(iccid="8934" * 5)
    assert found(phone_number="+34688886001") == found(carrier="movistar") == ["movistar"]
    assert found(status="active") == found(phone_number="202-555-0100") == ["att"]
    assert found(phone_number="anonymous") == found(plan=1) == []
    assert send(admin, "patch", f"{path}{made['id']}/", {"phone_number": "688886002"}, 200)["phone_number"] == (
        "+34688886002"
    )
    assert found(phone_number="688886001") == []
    assert admin.delete(f"{path}{made['id']}/").status_code == 204
    assert found(phone_number="688886002") == []
    assert found(phone_number="688886002", deleted="true") == ["movistar"]


def test_a_subscription_stays_with_its_carrier(admin: Client) -> None:
    one = Subscription.objects.create(carrier="att")
    rejected = send(admin, "patch", f"/api/v1/subscriptions/{one.pk}/", {"carrier": "sprint"}, 409)
    assert rejected["detail"] == "A subscription stays with its carrier, which is att."


def test_a_key_that_is_limited_to_a_carrier_sees_and_creates_its_own() -> None:
    Subscription.objects.create(carrier="att", phone_number="+12025550100")
    limited = client_of(Scope.ADMIN, carrier="sprint")
    path = "/api/v1/subscriptions/"
    assert limited.get(path).json()["results"] == limited.get(path, {"carrier": "att"}).json()["results"] == []
    assert limited.get(path, {"phone_number": "+12025550100"}).json()["results"] == []
    assert send(limited, "post", path, {"carrier": "att"}, 400)["errors"][0]["field"] == "carrier"
    assert send(limited, "post", path, {"carrier": "sprint"}, 201)["carrier"] == "sprint"
    assert send(limited, "post", path, {"carrier": "sprint", "phone_number": "+12025550100"}, 409)["detail"] == (
        "phone_number: this phone number is assigned at that time; end that assignment first, or move it."
    )
