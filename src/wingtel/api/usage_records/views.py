"""Usage records: ingest them, export raw records, and list conflicts."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from wingtel.access.scopes import Scope
from wingtel.aggregates.serialization import money
from wingtel.api.common import parameters, schemas
from wingtel.api.common.authentication import access
from wingtel.api.common.errors import ProblemDetail, RecordsRejected
from wingtel.api.common.idempotency import IDEMPOTENCY_KEY, run_idempotent
from wingtel.api.common.lists import ListedView
from wingtel.api.common.openapi import extend_schema
from wingtel.api.common.pagination import NewestFirstPagination
from wingtel.api.common.parameters import QueryParameter, filter_of, period_of, usage_types_of
from wingtel.api.common.request_ids import current
from wingtel.api.common.scoped import ALL_METHODS
from wingtel.api.common.views import ExportView, ParameterView
from wingtel.exports import definitions as exports
from wingtel.exports.formats import Format
from wingtel.ingest.batch import IngestOptions, Lookup, Origin
from wingtel.ingest.models import UsageConflict
from wingtel.ingest.outcomes import IngestResult
from wingtel.ingest.serialization import Conflict, conflict_answers
from wingtel.ingest.service import ingest
from wingtel.usage.currency import currency
from wingtel.usage.provenance import IngestBatch

from . import bodies, shapes
from .bodies import JSONRecordsParser, NDJSONRecordsParser, SentRecords
from .shapes import IDENTIFIERS
from .tariffs import http_tariff


class UsageRecordsView(ExportView):
    """Usage records: ingestion of up to 10 000 in a request, and export of those of a period."""

    paged = False
    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.INGEST}
    carrier_safe_methods = ALL_METHODS
    parser_classes = (JSONRecordsParser, NDJSONRecordsParser)

    def known_parameters(self) -> Sequence[QueryParameter]:
        return parameters.INGEST if self.request.method == "POST" else parameters.RECORDS

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        if request.method == "POST":
            return ParameterView.perform_content_negotiation(self, request, force)
        return super().perform_content_negotiation(request, force)

    @extend_schema(
        operation_id="usage_records_exported",
        tags=["usage"],
        summary="Raw usage records, each with the file and line it came from",
        description="Every raw record of the business days between two dates, both included, in order of time. "
        "Each has the import, the file and the line that it came from, or the request and the index in it. "
        "Raw records are dropped some time after their day was sealed: where that happened within the period, the "
        "header Wingtel-Records-Gone has the first and the last day of it, FIRST/LAST.",
        parameters=[parameter.documented() for parameter in parameters.RECORDS],
        responses={
            **schemas.whole_files("A file of every record, whose timestamp is in the header Wingtel-As-Of."),
            **schemas.problems(400, 503),
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        form = self.form or Format.CSV
        requested: dict[str, Any] = {
            "period": period_of(self.params),
            "usage_types": usage_types_of(self.params),
            "only": filter_of(self.params, access(request)),
        }
        return self.file(exports.records(**requested, form=form, seconds=settings.WINGTEL_EXPORT_SECONDS), form)

    @extend_schema(
        operation_id="usage_record",
        tags=["usage"],
        summary="Ingest usage records",
        description="Ingests up to 10 000 usage records, as a JSON list or one a line (application/x-ndjson), and "
        "replies after they are committed and counted. A record with the record_id, usage_date and "
        "subscription of one that is there already is a duplicate and changes nothing; with another quantity or "
        "price it is a conflict, which changes nothing either and is kept with both amounts. A record that "
        "is invalid is rejected with its index, counted from 0, and the others are ingested. "
        "A record without a price is priced by the server's tariff, where it has one. "
        "Without a record_id of its own, a record counts as a new one each time: send an "
        "Idempotency-Key, and the same request sent again within a day gets the first reply and "
        "changes nothing.",
        parameters=[
            *[parameter.documented() for parameter in parameters.INGEST],
            IDEMPOTENCY_KEY,
        ],
        request={
            "application/json": shapes.USAGE_RECORDS,
            bodies.NDJSON: shapes.UsageRecord,
        },
        responses={200: shapes.Ingested, **schemas.problems(400, 422)},
        examples=[shapes.USAGE_RECORDS_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        sent = cast("object", request.data)
        if not isinstance(sent, SentRecords):  # REST framework calls no parser for an empty body
            raise ParseError("The body is empty. Send a list of records.")

        def requested() -> str:
            return f"{self.params['lookup']} {self.params['atomic']} {sent.sha256}"

        return run_idempotent(request, partial(self._ingest, sent, access(request).carrier), requested=requested)

    def _ingest(self, sent: SentRecords, carrier: str | None) -> shapes.Ingested:
        lookup: Lookup = self.params["lookup"]
        read = bodies.read_records(sent, lookup)
        origin = Origin(kind=IngestBatch.Origin.REQUEST, reference=current() or "")
        options = IngestOptions(lookup=lookup, carrier=carrier, tariff=http_tariff(), origin=origin)
        if not self.params["atomic"]:
            return _reply(read.count, ingest(read.batch, options, rejected=read.rejected), lookup)
        with transaction.atomic():
            result = ingest(read.batch, options, rejected=read.rejected)
            if result.rejected or result.conflicts:
                raise RecordsRejected(_errors(result, lookup))
            return _reply(read.count, result, lookup)


def _reply(count: int, result: IngestResult, lookup: Lookup) -> shapes.Ingested:
    return shapes.Ingested(
        records=count,
        accepted=result.accepted,
        duplicate=len(result.duplicates),
        conflict=len(result.conflicts),
        rejected=len(result.rejected),
        currency=currency(),
        conflicts=[shapes.IngestConflict(index, quantity, money(price)) for index, quantity, price in result.conflicts],
        rejections=[
            shapes.Rejection(index, _field(name, lookup) or None, reason) for index, name, reason in result.rejected
        ],
    )


def _errors(result: IngestResult, lookup: Lookup) -> list[ProblemDetail]:
    problems = [*result.rejected, *((each.position, "", each.reason) for each in result.conflicts)]
    return [
        ProblemDetail(field=f"[{index}].{_field(name, lookup)}".rstrip("."), rule=reason, value=None)
        for index, name, reason in sorted(problems)
    ]


def _field(name: str, lookup: Lookup) -> str:
    """Return the name of a record's field in the body."""
    return IDENTIFIERS[lookup] if name == "identifier" else name


class ConflictView(ListedView):
    """Records with the key of a stored record and another quantity or price."""

    queryset = UsageConflict.objects.all()
    pagination_class = NewestFirstPagination
    known = parameters.LISTING_OF_SUBSCRIPTION
    scopes: ClassVar = {"GET": Scope.READ}
    carrier_safe_methods = ALL_METHODS

    def get_queryset(self) -> QuerySet[UsageConflict]:
        return self.of_subscriptions(super().get_queryset())

    def bodies(self, rows: Sequence[UsageConflict]) -> list[Conflict]:
        return conflict_answers(rows)

    @extend_schema(
        operation_id="usage_conflicts",
        tags=["usage"],
        summary="List records that contradict a stored one, the latest first",
        description="Each came with the record_id, usage_date and subscription of a stored record and another quantity "
        "or price. The stored amount is counted. Both amounts are shown, and where the other came from.",
        parameters=[parameter.documented() for parameter in parameters.LISTING_OF_SUBSCRIPTION],
        responses={200: Conflict, **schemas.problems(400)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)
