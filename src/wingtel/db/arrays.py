"""Arrays as the texts that PostgreSQL reads: psycopg would write a list value by value, which is slow."""

from collections.abc import Iterable, Sequence


def array(texts: Iterable[str]) -> str:
    """Texts without any special character, such as numbers and moments, as the text of an array."""
    return f"{{{','.join(texts)}}}"


def text_array(texts: Sequence[str]) -> str:
    """Return texts as the text of an array."""
    if not texts:
        return "{}"
    # All at once is several times as fast as one by one. NUL is the one character that no text in PostgreSQL has.
    joined = "\0".join(texts).replace("\\", r"\\").replace('"', r"\"")
    if joined.count("\0") != len(texts) - 1:
        raise ValueError("a text with a NUL character, which PostgreSQL cannot keep")
    return '{"' + joined.replace("\0", '","') + '"}'
