"""Each scope has a group to put people into."""

import pytest
from django.contrib.auth.models import Group

from wingtel.access.people import make_groups

pytestmark = pytest.mark.django_db


def test_groups_that_are_missing_are_made() -> None:
    Group.objects.all().delete()
    Group.objects.create(name="read")

    make_groups()
    make_groups()

    assert sorted(Group.objects.values_list("name", flat=True)) == ["admin", "ingest", "read"]
