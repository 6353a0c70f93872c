"""What storing tells."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stored:
    """What became of some entries, counted from 0: how many were stored, and which were not.

    `unresolved` are the positions of those whose subscription is unknown or ambiguous, with the number of candidates.
    """

    accepted: int
    unresolved: list[tuple[int, int]] = field(default_factory=list)
    duplicates: list[int] = field(default_factory=list)
