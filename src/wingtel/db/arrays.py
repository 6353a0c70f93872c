"""Arrays in the text format of PostgreSQL. psycopg would write a list value by value, which is slow."""

from collections.abc import Iterable, Sequence


def array(texts: Iterable[str]) -> str:
    """Return texts without special characters, such as numbers and timestamps, as the text of an array."""
    return f"{{{','.join(texts)}}}"


def text_array(texts: Sequence[str]) -> str:
    """Return texts as the text of an array."""
    if not texts:
        return "{}"
    # Escaping all at once is several times as fast as one by one. NUL is the one character that no text contains.
    joined = "\0".join(texts).replace("\\", r"\\").replace('"', r"\"")
    if joined.count("\0") != len(texts) - 1:
        raise ValueError("a text with a NUL character, which PostgreSQL cannot keep")
    return '{"' + joined.replace("\0", '","') + '"}'
