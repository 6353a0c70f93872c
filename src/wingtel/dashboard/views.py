"""Landing page."""

from calendar import monthrange
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from wingtel import __version__
from wingtel.aggregates.periods import Period
from wingtel.usage import business_days


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Render the landing page."""
    today = datetime.now(business_days.time_zone()).date()
    return render(request, "wingtel/index.html", {"month": whole_month(today), "version": __version__})


def whole_month(day: date) -> Period:
    """Return the whole month of `day`."""
    _, days = monthrange(day.year, day.month)
    return Period(day.replace(day=1), day.replace(day=days))
