"""Recording usage over HTTP."""

from functools import partial
from typing import Any, ClassVar, cast

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from wingtel.keys.access import Scope
from wingtel.recording import NamedBy, record_usage
from wingtel.subscriptions.models import Carrier

from . import parameters, record_bodies, schemas
from .authentication import access
from .errors import Fault, RecordsRefused
from .guarded import ANY
from .idempotency import IDEMPOTENCY_KEY, answer_once
from .record_bodies import JSONRecordsParser, NDJSONRecordsParser, SentRecords
from .views import ParameterView


class UsageRecordsView(ParameterView):
    """Usage records, up to 10 000 in a request."""

    known = parameters.RECORDING
    scopes: ClassVar = {"POST": Scope.INGEST}
    within_carrier = ANY
    parser_classes = (JSONRecordsParser, NDJSONRecordsParser)

    @extend_schema(
        operation_id="usage_record",
        tags=["usage"],
        summary="Record usage",
        description="Records up to 10 000 usage records, as a JSON list or one a line (application/x-ndjson), and "
        "replies after they are committed and counted. A record with the record_id, usage_date and "
        "subscription of one that is there already is a duplicate and changes nothing. A record that "
        "cannot be taken is refused with its index, counted from 0, and the others are recorded. "
        "Without a record_id of its own, a record is taken for a new one each time: send an "
        "Idempotency-Key, and the same request sent again within a day gets the first reply and "
        "changes nothing.",
        parameters=[
            *[parameter.documented() for parameter in parameters.RECORDING],
            IDEMPOTENCY_KEY,
        ],
        request={
            "application/json": schemas.USAGE_RECORDS,
            record_bodies.NDJSON: schemas.UsageRecordShape,
        },
        responses={200: schemas.RecordedShape, **schemas.problems(400, 422)},
        examples=[schemas.USAGE_RECORDS_EXAMPLE, schemas.RECORDED_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        sent = cast("object", request.data)
        if not isinstance(sent, SentRecords):  # REST framework asks no parser about an empty body
            raise ParseError("The body is empty. Send a list of records.")
        asked = f"{self.asked['named_by']} {self.asked['atomic']} {sent.sha256}"
        return answer_once(request, partial(self._recorded, sent, access(request).carrier), asked=asked)

    def _recorded(self, sent: SentRecords, carrier: Carrier | None) -> dict[str, Any]:
        named_by: NamedBy = self.asked["named_by"]
        found = record_bodies.read(sent.items, named_by)
        if not self.asked["atomic"]:
            recorded = record_usage(found.entries, named_by=named_by, carrier=carrier)
            refused = found.refusals(recorded.refused)
        else:
            with transaction.atomic():
                recorded = record_usage(found.entries, named_by=named_by, carrier=carrier)
                refused = found.refusals(recorded.refused)
                if refused:
                    raise RecordsRefused(
                        [Fault("field", f"[{index}].{field}".rstrip("."), reason) for index, field, reason in refused]
                    )
        return {
            "records": len(sent.items),
            "accepted": recorded.accepted,
            "duplicate": len(recorded.duplicates),
            "refused": [{"index": index, "field": field or None, "reason": reason} for index, field, reason in refused],
        }
