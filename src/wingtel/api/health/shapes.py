"""The body of the health check."""

from typing import Any

from rest_framework import serializers

from wingtel.api.common import examples


@examples.example(answered={"status": "ok", "redis": "ok", "background": "ok"})
class HealthShape(serializers.Serializer[Any]):
    """The server and its database answer. `degraded`: background work does not go on; answers are right still."""

    status = serializers.ChoiceField(choices=["ok", "degraded"])
    redis = serializers.ChoiceField(choices=["ok", "unreachable", "not configured"])
    background = serializers.ChoiceField(
        choices=["ok", "stalled", "not running"],
        help_text="Whether tasks run: `stalled` when none has for a minute, `not running` when none ever did.",
    )
