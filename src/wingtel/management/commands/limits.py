"""`wingtel limits`: list, set, change, remove and evaluate standing price limits."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wingtel.aggregates.serialization import priced
from wingtel.aggregates.validation import PRICE_LIMIT_RULE, parse_price_limit
from wingtel.db.retry import LockHeldError
from wingtel.limits import services
from wingtel.limits.evaluation import evaluate
from wingtel.limits.models import LARGEST_THRESHOLD, LimitPeriod, PriceLimit
from wingtel.limits.serialization import Limit, limit_answer
from wingtel.management import answering
from wingtel.management.arguments import day, identity, option, whole_number
from wingtel.shapes import names_of
from wingtel.usage.models import UsageType

COLUMNS = names_of(Limit, without=("created_at",))
_OPTIONS = {"plan_id": "plan", "subscription_id": "subscription", "usage_type": "usage-type", "thresholds": "threshold"}


class Command(BaseCommand):
    help = "List the standing price limits; set or change one, remove one, or find who has reached them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=answering.FORMATS, default="table")
        actions = parser.add_subparsers(dest="action", metavar="set|remove|evaluate")
        set_parser = actions.add_parser("set", help="make a limit, or change the one that --id names")
        set_parser.add_argument("--id", type=identity, metavar="ID", help="change this one; what is not given stays")
        set_parser.add_argument("--amount", type=option(parse_price_limit, PRICE_LIMIT_RULE), help="what may be paid")
        set_parser.add_argument("--plan", type=identity, metavar="ID", help="for each subscription of this plan")
        set_parser.add_argument("--subscription", type=identity, metavar="ID", help="for this subscription")
        set_parser.add_argument("--usage-type", choices=UsageType.values, help="without it, all together")
        set_parser.add_argument(
            "--period", choices=LimitPeriod.values, help="calendar month (default) or billing cycle"
        )
        set_parser.add_argument(
            "--threshold",
            type=whole_number(1, LARGEST_THRESHOLD),
            action="append",
            metavar="PERCENT",
            help="in percent of the amount, besides 100, such as 80; repeatable",
        )
        set_parser.add_argument("--email", action="append", metavar="ADDRESS", help="who is told; repeatable")
        set_parser.add_argument("--name")
        set_parser.add_argument(
            "--starts",
            type=day,
            metavar="DATE",
            help="periods that contain or follow this day count (default: today)",
        )
        remove_parser = actions.add_parser("remove", help="evaluate a limit no more; its alerts stay")
        remove_parser.add_argument("id", type=identity)
        actions.add_parser("evaluate", help="open and resolve alerts by what changed since the last time")

    def handle(self, *args: Any, **options: Any) -> None:
        actions = {None: self._list, "set": self._set, "remove": self._remove, "evaluate": self._evaluate}
        try:
            actions[options["action"]](options)
        except (services.UnknownLimitError, LockHeldError) as error:
            raise CommandError(str(error)) from error
        except services.LimitRejectedError as error:
            raise CommandError(_message(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        results = [limit_answer(limit) for limit in PriceLimit.objects.current()]
        answering.print_results(self.stdout, options["format"], COLUMNS, results)

    def _set(self, options: dict[str, Any]) -> None:
        given = {
            "amount": options["amount"],
            "plan_id": options["plan"],
            "subscription_id": options["subscription"],
            "usage_type": options["usage_type"],
            "period": options["period"],
            "thresholds": options["threshold"],
            "emails": options["email"],
            "name": options["name"],
            "starts": options["starts"],
        }
        terms = {name: value for name, value in given.items() if value is not None}
        if options["id"]:
            limit = services.change_limit(options["id"], **terms)
        elif "amount" in terms:
            limit = services.make_limit(**terms)
        else:
            raise CommandError("missing --amount: what may be paid?")
        self.stdout.write(f"Limit {_describe(limit)}.")

    def _remove(self, options: dict[str, Any]) -> None:
        services.remove_limit(options["id"])
        self.stdout.write(f"Limit {options['id']} removed; its alerts stay.")

    def _evaluate(self, options: dict[str, Any]) -> None:
        counts = evaluate()
        self.stdout.write(
            f"{counts.evaluated:,} evaluated; alerts: {counts.opened:,} opened, {counts.resolved:,} resolved"
        )


def _message(error: services.LimitRejectedError) -> str:
    return "; ".join(
        f"{'' if field == '__all__' else f'--{_OPTIONS.get(field, field)}: '}{' '.join(reasons)}"
        for field, reasons in error.problems.items()
    )


def _describe(limit: PriceLimit) -> str:
    scope = f"each subscription of plan {limit.plan_id}" if limit.plan_id else "each subscription"
    if limit.subscription_id:
        scope = f"subscription {limit.subscription_id}"
    period = "calendar month" if limit.period == LimitPeriod.MONTH else "billing cycle"
    thresholds = ", ".join(f"{percent} %" for percent in sorted({*limit.thresholds, 100}))
    return (
        f"{limit.pk}: {priced(limit.amount)} for {limit.usage_type or 'all usage'} of {scope} per {period}, "
        f"at {thresholds}, from {limit.starts}"
    )
