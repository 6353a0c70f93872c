"""Plans: list, create, read, change, delete."""

from django.db import transaction
from django.db.models import ProtectedError

from wingtel.api.common.errors import Conflict
from wingtel.api.common.resources import ResourceView, documented
from wingtel.subscriptions.models import Plan

from . import shapes


@documented("a plan", "plans", shapes.PlanSerializer)
class PlanView(ResourceView):
    queryset = Plan.objects.all()
    serializer_class = shapes.PlanSerializer
    carrier_safe_methods = frozenset({"GET"})  # all carriers share the plans

    def perform_destroy(self, instance: Plan) -> None:
        try:
            with transaction.atomic():
                instance.delete()
        except ProtectedError as error:
            raise Conflict(
                f"Plan {instance.pk} is in use, or was: subscriptions or price limits, deleted ones included, keep it "
                "on record."
            ) from error
