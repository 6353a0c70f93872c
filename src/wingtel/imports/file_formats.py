"""File formats by the first bytes of a file."""

import codecs
import re

FIRST_BYTES = 100
"""Bytes that `binary_format` looks at."""

GZIP, ZSTD, BZIP2, XZ, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\x00", b"PK\x03\x04"
PARQUET = b"PAR1"
_NAMES = {
    GZIP: "gzip",
    ZSTD: "zstd",
    BZIP2: "bzip2",
    XZ: "xz",
    ZIP: "a ZIP archive",
    PARQUET: "Parquet",
    b"PK\x05\x06": "an empty ZIP archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"%PDF-": "PDF",
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
}


_TEXT_MAGIC = (BZIP2, PARQUET, b"ORC")
"""First bytes that are letters. A text may begin with them too, but then no binary data follows."""
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f\x80-\xff]")


def begins_with(start: bytes, magic: bytes) -> bool:
    """Return True if a file that begins with `start` is of the format with the first bytes `magic`."""
    return start.startswith(magic) and (magic not in _TEXT_MAGIC or bool(_CONTROL.search(start)))


def utf16_of(start: bytes) -> str:
    """Return the encoding of UTF-16 with a byte order mark, or "" for anything else."""
    if start.startswith(codecs.BOM_UTF16_LE) and not start.startswith(codecs.BOM_UTF32_LE):
        return "utf-16-le"
    return "utf-16-be" if start.startswith(codecs.BOM_UTF16_BE) else ""


def binary_format(start: bytes) -> str:
    """Return the name of the binary format of a file that begins with `start`, or "" where it may be text."""
    named = next((name for magic, name in _NAMES.items() if begins_with(start, magic)), "")
    if named or utf16_of(start):
        return named
    first = start[:FIRST_BYTES]
    return "UTF-16 without a byte order mark" if len(first) > 1 and 2 * first.count(0) >= len(first) - 1 else ""
