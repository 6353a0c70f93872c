"""Values in addresses."""

from wingtel.aggregates.validation import CODE, LARGEST_ID


class CodeConverter:
    """The code of a carrier."""

    regex = CODE

    def to_python(self, value: str) -> str:
        """Return it as it is."""
        return value

    def to_url(self, value: str) -> str:
        """Return it as it is."""
        return value


class IdConverter:
    """An id; what cannot be one is an address that does not exist."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        """The number. Raises ValueError, which Django takes for no match."""
        if int(value) > LARGEST_ID:
            raise ValueError(value)
        return int(value)

    def to_url(self, value: int) -> str:
        """The address' part."""
        return str(value)
