"""Request and response bodies of carriers."""

from wingtel.api.common import examples
from wingtel.api.common.errors import Conflict
from wingtel.api.common.serializers import KnownFieldsSerializer
from wingtel.subscriptions.models import Carrier


@examples.example(examples.CARRIER, examples.CARRIER)
class CarrierSerializer(KnownFieldsSerializer):
    """A network that carries subscriptions and sends their usage records."""

    class Meta:
        model = Carrier
        fields = ("code", "name", "country")

    def validate_code(self, code: str) -> str:
        """Return the code. Raises Conflict if it would change."""
        if isinstance(self.instance, Carrier) and code != self.instance.code:
            raise Conflict(f"A carrier keeps its code, which is {self.instance.code}.")
        return code
