"""The expected outcome of a batch."""

from collections.abc import Iterable

from wingtel.ingest.outcomes import Conflict, IngestResult, Rejection


def expected(
    accepted: int = 0,
    duplicates: Iterable[int] = (),
    conflicts: Iterable[Conflict] = (),
    rejected: Iterable[Rejection] = (),
) -> IngestResult:
    return IngestResult(accepted, tuple(duplicates), tuple(conflicts), tuple(rejected))
