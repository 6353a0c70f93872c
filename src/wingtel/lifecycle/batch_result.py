"""Result of work on several business days."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class BatchResult:
    """Days that were done, and the reasons why the others were rejected."""

    done: list[date] = field(default_factory=list)
    rejected: dict[date, str] = field(default_factory=dict)

    @classmethod
    def of(cls, work: Callable[[date], object], days: Iterable[date], rejection: type[Exception]) -> "BatchResult":
        """Run `work` for each day. A day for which it raises `rejection` does not stop the others."""
        result = cls()
        for day in days:
            try:
                work(day)
            except rejection as error:
                result.rejected[day] = str(error)
            else:
                result.done.append(day)
        return result
