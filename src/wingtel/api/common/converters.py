"""Path converters for values in URLs."""

from wingtel.aggregates.validation import CODE, LARGEST_ID


class CodeConverter:
    """Code of a carrier."""

    regex = CODE

    def to_python(self, value: str) -> str:
        """Return the code unchanged."""
        return value

    def to_url(self, value: str) -> str:
        """Return the code unchanged."""
        return value


class IdConverter:
    """An id. A URL with anything else in its place is not found."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        """Return the id as a number. Raises ValueError, which Django treats as no match."""
        if int(value) > LARGEST_ID:
            raise ValueError(value)
        return int(value)

    def to_url(self, value: int) -> str:
        """Return the id as a part of a URL."""
        return str(value)
