"""A database of before the migrations started anew is rejected, and nothing in it is changed."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection


def test_a_database_of_the_history_before_is_rejected(empty_database: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE data_usage_record (record_id text)")
    with pytest.raises(
        CommandError, match=r"cannot be upgraded. Use an empty database, or another folder by WINGTEL_HOME"
    ):
        call_command("migrate", verbosity=0)
    assert connection.introspection.table_names() == ["data_usage_record"]
