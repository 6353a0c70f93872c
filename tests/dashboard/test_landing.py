"""The landing page."""

import re
from datetime import date
from html import unescape

import pytest
from django.test import Client

from wingtel import __version__
from wingtel.aggregates.periods import Period
from wingtel.dashboard.views import whole_month

pytestmark = pytest.mark.django_db


def links(client: Client) -> list[str]:
    response = client.get("/")
    assert response.status_code == 200
    return [unescape(link) for link in re.findall(r'(?:href|src)="([^"]+)"', response.content.decode())]


def status(client: Client, link: str) -> int:
    response = client.get(link, follow=True)
    if response.streaming:
        list(response)  # a file is closed at its end
    return int(response.status_code)


def test_every_link_is_local_and_answers(client: Client) -> None:
    hrefs = links(client)

    assert all(link.startswith("/") for link in hrefs)
    assert {link: status(client, link) for link in hrefs} == dict.fromkeys(hrefs, 200)


def test_it_links_answers_documentation_and_admin(client: Client) -> None:
    hrefs = links(client)

    assert {"/api/v1/docs/", "/api/v1/redoc/", "/api/v1/schema/", "/admin/"} <= set(hrefs)
    assert "/api/v1/usage/exceeding/?price_limit=25.00" in hrefs
    assert [link for link in hrefs if re.fullmatch(r"/api/v1/usage/metrics/\?from=\d{4}-\d\d-01&to=[\d-]{10}", link)]


def test_it_shows_the_version(client: Client) -> None:
    assert f"Wingtel {__version__}" in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 2, 28), date(2026, 2, 1), date(2026, 2, 28)),
        (date(2028, 2, 1), date(2028, 2, 1), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_the_month_is_whole(day: date, first: date, last: date) -> None:
    assert whole_month(day) == Period(first, last)


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/").status_code == 405


def test_it_lets_people_log_in_and_out(nobody: Client, admin_client: Client) -> None:
    assert 'href="/login/"' in nobody.get("/").content.decode()
    page = admin_client.get("/").content.decode()
    assert 'action="/logout/"' in page
    assert "/login/" not in page
