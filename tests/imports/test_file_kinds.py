"""Kinds of files by their first bytes: usual compressions, archives and encodings are read, others rejected by name."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard

from wingtel.imports import decompression, profiles
from wingtel.imports.errors import HeaderError, SourceError
from wingtel.imports.inference import infer_profile
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.imports.sources import opened

from .reading import counts, records
from .test_formats import CSV, NDJSON, RECORDED, import_as, parquet

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent / "cases"
TWO_CALLS = [
    ("c15a", datetime(2026, 11, 20, 10, tzinfo=UTC), "+491510150001", "voice", 60, Decimal("0.6")),
    ("c15b", datetime(2026, 11, 20, 11, tzinfo=UTC), "+491510150001", "voice", 60, Decimal("0.6")),
]


def imported(file: str, profile: str = "c15.toml") -> ImportSummary:
    return import_feed(CASES / file, profiles.find(str(CASES / profile)), ImportOptions(create_subscriptions=True))


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def encrypted() -> bytes:
    """Return a ZIP archive whose member is marked as encrypted."""
    data = bytearray(zipped(("feed.csv", CSV.encode())))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda content: zipped(("folder/", b""), ("folder/feed.csv", content)),
    "stored zip": lambda content: zipped(("feed.csv", content), method=zipfile.ZIP_STORED),
}


def content_of(path: Path) -> bytes:
    with opened(path) as (stream, _):
        return stream.read()


@pytest.mark.parametrize("file", ["c15.zip", "c15.csv.bz2", "c15.csv.xz", "c15_utf16.csv"])
def test_the_cases_from_the_field_are_read(file: str) -> None:
    assert counts(imported(file)) == (2, 2, 0, 0, 0)
    assert records() == TWO_CALLS


ENCODED = [(encoding, "gzip") for encoding in ("utf-8", "utf-8-sig", "utf-16-be")]
COMPRESSED = [("utf-16", compression) for compression in COMPRESSIONS]


@pytest.mark.parametrize(("encoding", "compression"), [*ENCODED, *COMPRESSED])
@pytest.mark.parametrize(("form", "text"), [("delimited", CSV), ("ndjson", NDJSON)], ids=["delimited", "ndjson"])
def test_text_is_read_compressed_and_with_a_byte_order_mark(
    encoding: str, compression: str, form: str, text: str, tmp_path: Path
) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    summary = import_as(tmp_path, form, COMPRESSIONS[compression]((mark + text).encode(encoding)))
    assert counts(summary) == (3, 3, 0, 0, 0)
    assert records() == RECORDED


@pytest.mark.parametrize("name", ["gzip", "zstd", "bzip2", "xz"])
def test_content_in_several_streams_is_read_whole(name: str, tmp_path: Path) -> None:
    one = COMPRESSIONS[name](b"a line\n" * 9)
    (tmp_path / "feed").write_bytes(one + one + COMPRESSIONS[name](b"") + one)
    assert content_of(tmp_path / "feed") == b"a line\n" * 27


def test_zeros_between_the_streams_of_xz_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "feed").write_bytes(lzma.compress(b"a\n") + bytes(1 << 17) + lzma.compress(b"b\n") + bytes(8))
    assert content_of(tmp_path / "feed") == b"a\nb\n"


@pytest.mark.parametrize("name", COMPRESSIONS)
@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_what_is_cut_off_is_an_error(name: str, keep: float, tmp_path: Path) -> None:
    whole = COMPRESSIONS[name](CSV.encode() * 99)
    (tmp_path / "feed").write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(SourceError, match="feed: the compressed data is truncated or damaged"):
        content_of(tmp_path / "feed")


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_what_is_damaged_is_an_error(name: str, tmp_path: Path) -> None:
    whole = bytearray(COMPRESSIONS[name](CSV.encode() * 99))
    whole[len(whole) // 2 - 20 : len(whole) // 2 + 20] = bytes(40)
    (tmp_path / "feed").write_bytes(whole)
    with pytest.raises(SourceError, match="feed: the compressed data is truncated or damaged"):
        content_of(tmp_path / "feed")


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (zipped(("a.csv", b"a"), ("b.csv", b"b")), "the ZIP archive has 2 members; import one file at a time"),
        (zipped(), "the file holds an empty ZIP archive"),
        (zipped(("folder/", b"")), "the ZIP archive has 0 members"),
        (encrypted(), "the ZIP archive is encrypted"),
        (zipped(("a.csv", b"a"), method=zipfile.ZIP_BZIP2), "compressed by another method than deflate"),
        (zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"")), "the file is an Office document"),
        (zipped(*((f"{number}", b"") for number in range(25_000))), "the ZIP archive has very many members"),
        (zipped(("a.zip", zipped(("a.csv", b"a")))), "the file holds a ZIP archive"),
        (gzip.compress(gzip.compress(CSV.encode())), "the file holds gzip"),
        (gzip.compress(parquet()), "the file holds Parquet"),
        (parquet(), "the file holds Parquet"),
        (b"%PDF-1.7\n", "the file holds PDF"),
        (b"Obj\x01\x04\x14avro.codec", "the file holds Avro"),
        (b"ORC\n\x1c\n\x04\x08\x02P\x00", "the file holds ORC"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "the file holds a 7z archive"),
        (b"Rar!\x1a\x07\x01\0", "the file holds a RAR archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "the file holds an old spreadsheet"),
        (CSV.encode("utf-32"), "the file holds UTF-32"),
        (CSV.encode("utf-16-le"), "the file holds UTF-16 without a byte order mark"),
        (CSV.encode("utf-16-be"), "the file holds UTF-16 without a byte order mark"),
    ],
)
def test_anything_else_is_refused_by_the_name_of_its_format(content: bytes, form: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=form):
        import_as(tmp_path, "delimited", content)
    if content != parquet():
        with pytest.raises(SourceError, match=form):
            infer_profile(tmp_path / "feed")


def test_a_text_that_begins_like_a_format_is_a_text(tmp_path: Path) -> None:
    for name in ("BZhang", "ORC", "PAR1"):
        (tmp_path / "feed").write_text(f"{name},start,duration\n")
        assert content_of(tmp_path / "feed") == f"{name},start,duration\n".encode()


def test_a_header_of_another_encoding_is_told_without_words_of_codecs(tmp_path: Path) -> None:
    with pytest.raises(HeaderError, match=r"^the header cannot be read: it is not utf-8; say layout\.encoding"):
        import_as(tmp_path, "delimited", b"\x30\x82\x05\x80,gr\xfc\xdfe\n")


def test_half_a_character_of_utf_16_costs_its_line_alone(tmp_path: Path) -> None:
    lines = CSV.encode("utf-16").replace("b,att".encode("utf-16-le"), "b,att".encode("utf-16-le")[:-2] + b"\x00\xd8")
    summary = import_as(tmp_path, "delimited", lines + b"x")
    assert counts(summary) == (4, 2, 0, 0, 2)
    assert [(reject.line, reject.reason) for reject in summary.rejects] == [
        (3, "byte 5 (0xed) is not utf-8"),
        (5, "byte 1 (0xff) is not utf-8"),
    ]


def test_utf_16_is_refused_where_the_profile_says_another_encoding(tmp_path: Path) -> None:
    profile = (CASES / "c15.toml").read_text().replace('","', '","\nencoding = "cp1252"')
    with pytest.raises(SourceError, match=r'the text is UTF-16, and the profile says layout\.encoding = "cp1252"'):
        import_feed(CASES / "c15_utf16.csv", profiles.parse(profile.encode(), source="mine.toml"))


@pytest.mark.parametrize("name", ["gzip", "zstd", "bzip2", "xz", "zip"])
def test_a_bomb_is_refused_by_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompression, "_ANY_RATIO", 1 << 20)
    content = COMPRESSIONS[name](b"x" * 99 + b"\n" + bytes(20 << 20))
    (tmp_path / "feed").write_bytes(content)
    size = max(len(content) * decompression.LARGEST_RATIO, 1 << 20)
    with pytest.raises(SourceError, match=f"{len(content)} bytes of compressed data become more than {size}"):
        content_of(tmp_path / "feed")
