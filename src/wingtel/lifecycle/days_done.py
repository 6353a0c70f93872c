"""The outcome of work on several business days."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class DaysDone:
    """The days that work was done to, and the reasons why it was refused for the others."""

    done: list[date] = field(default_factory=list)
    refused: dict[date, str] = field(default_factory=dict)

    @classmethod
    def by(cls, work: Callable[[date], object], days: Iterable[date], refusal: type[Exception]) -> "DaysDone":
        """Do `work` to each of `days`; one for which it raises `refusal` keeps no other from being done."""
        outcome = cls()
        for day in days:
            try:
                work(day)
            except refusal as error:
                outcome.refused[day] = str(error)
            else:
                outcome.done.append(day)
        return outcome
