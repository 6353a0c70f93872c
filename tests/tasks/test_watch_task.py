"""The task of a watched folder warns of rejected and contradicting lines."""

from pathlib import Path

import pytest

from wingtel.imports.folder_watch import Arrival
from wingtel.imports.service import ImportSummary
from wingtel.tasks import celery_tasks, folder_scans


def test_lines_that_were_rejected_and_that_contradict_are_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def summary(**counts: int) -> ImportSummary:
        kept = {"lines": 9, "accepted": 9, "skipped": 0, "duplicate": 0, "conflict": 0, "rejected": 0, "records": 9}
        return ImportSummary(import_id=7, file="f", feed="wingtel", rejects=[], seconds=1, **(kept | counts))

    arrivals = [
        Arrival(Path("/in/good.csv"), Path("/in/done/good.csv"), summary()),
        Arrival(Path("/in/both.csv"), Path("/in/done/both.csv"), summary(accepted=4, rejected=2, conflict=3)),
        Arrival(Path("/in/late.csv"), Path("/in/done/late.csv"), summary(accepted=8, conflict=1)),
    ]
    monkeypatch.setattr(folder_scans, "scan", lambda name: arrivals)
    with caplog.at_level("WARNING"):
        assert celery_tasks.watch.run("in") == ["good.csv", "both.csv", "late.csv"]
    assert [record.getMessage() for record in caplog.records] == [
        "both.csv: 2 lines were rejected: wingtel imports rejects 7",
        "both.csv: 3 lines contradict stored records: wingtel conflicts list",
        "late.csv: 1 lines contradict stored records: wingtel conflicts list",
    ]
