"""Memory stays bounded for any file. Each is imported by a process of its own, whose peak is measured."""

import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard
from pyarrow import parquet

from tests.sessions import database_url
from wingtel.imports.models import UsageImport

from .reading import daily
from .test_formats import LAYOUT, SHIPPED

pytestmark = pytest.mark.django_db(transaction=True)
MOST_KILOBYTES = 600_000
HEADER = b"record_id,carrier,subscription,usage_type,usage_date,quantity,price\n"
GOOD = b"a,att,+12025550100,data,2026-03-01T00:00:00Z,3,0.0001\n"
OBJECT = b'{"record_id":"%s","carrier":"att","subscription":"+12025550100","usage_type":"data",'
OBJECT += b'"usage_date":"2026-03-01T00:00:00Z","quantity":3,"price":0.1}\n'


MEASURE = """
import os, subprocess, sys
with open(sys.argv[1], "wb") as output:
    process = subprocess.Popen([sys.executable, "-m", "wingtel", *sys.argv[2:]], stdout=output, stderr=output)
    _, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""
"""A small process that measures its child: the peak of a child is at least the size of the process that started it."""


def imported(path: Path, profile: Path | str) -> tuple[int, int]:
    """Return the exit code of an import, and its peak of memory in kilobytes."""
    command = ["import", str(path), "--feed", str(profile), "--create-subscriptions", "--no-progress"]
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path.parent / "output"), *command],
        env=os.environ | {"DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        check=True,
    )
    code, peak = map(int, measured.stdout.split())
    return code, peak


def of_format(folder: Path, form: str) -> Path:
    (folder / "own.toml").write_text(SHIPPED.replace(LAYOUT, f'[layout]\nformat = "{form}"\n'))
    return folder / "own.toml"


def one_line(path: Path) -> None:
    path.write_bytes(HEADER + GOOD)
    os.truncate(path, 1 << 30)


def bomb(path: Path) -> None:
    with path.open("wb") as file, zstandard.ZstdCompressor().stream_writer(file) as content:
        content.write(HEADER + GOOD)
        for _ in range(1 << 10):
            content.write((b" " * 1023 + b"\n") * 1024)


def wide_header(path: Path) -> None:
    columns = b"," + b",".join(b"c%d" % number for number in range(9_900)) + b"\n"
    rows = GOOD.rstrip() + b"," + b",".join([b"x"] * 9_900) + b"\n"
    path.write_bytes(HEADER.rstrip() + columns + rows * 600)


def many_fields(path: Path) -> None:
    path.write_bytes(HEADER + GOOD + (b"ab," * 600_000 + b"\n") * 20)


def long_rejects(path: Path) -> None:
    path.write_bytes(HEADER + GOOD + (GOOD.rstrip() + b"x" * 1_900_000 + b"\n") * 60)


def open_quotes(path: Path) -> None:
    path.write_bytes(HEADER + GOOD + b'"\n,\n' * 150_000 + (b'"' + b"x" * 1_000_000 + b"\n") * 20)


def short_lines(path: Path) -> None:
    path.write_bytes(HEADER + GOOD + b"x\n" * 1_300_000)


@pytest.mark.parametrize(
    ("write", "code", "lines", "rejected", "problem"),
    [
        (one_line, 3, 2, 1, ""),
        (bomb, 1, None, 0, "bytes of compressed data become more than 67108864"),
        (wide_header, 0, 600, 0, ""),
        (many_fields, 3, 21, 20, ""),
        (long_rejects, 3, 61, 60, ""),
        (open_quotes, 3, None, None, ""),
        (short_lines, 4, None, None, "lines were rejected, more than 1000000: the import stopped after"),
    ],
)
def test_delimited_text(
    write: Callable[[Path], None], code: int, lines: int | None, rejected: int | None, problem: str, tmp_path: Path
) -> None:
    write(tmp_path / "feed")
    found, peak = imported(tmp_path / "feed", "wingtel")
    run = UsageImport.objects.get()
    said = (tmp_path / "output").read_text()[-500:]
    assert (found, peak < MOST_KILOBYTES) == (code, True), (peak, said)
    assert problem in run.problem
    assert daily()[0][3:] == (3, Decimal("0.0001"), 1)
    assert run.lines == (lines or run.lines)
    assert run.rejected == (run.rejected if rejected is None else rejected)


def long_elements(path: Path) -> None:
    path.write_bytes(b"[" + (OBJECT % (b"x" * 1_900_000)).rstrip() + b"," + b"[" * 3_000_000)


def nested_lines(path: Path) -> None:
    path.write_bytes(OBJECT % b"a" + (b"[" * 1_000_000 + b"\n") * 100 + b'{"x":{"y":' * 100_000 + b"\n")


@pytest.mark.parametrize(
    ("write", "code", "rejected", "problem"),
    [
        (long_elements, 1, 0, "an element of the JSON array has more than 2097152 bytes"),
        (nested_lines, 3, 101, ""),
    ],
)
def test_json(write: Callable[[Path], None], code: int, rejected: int, problem: str, tmp_path: Path) -> None:
    write(tmp_path / "feed")
    found, peak = imported(tmp_path / "feed", of_format(tmp_path, "ndjson"))
    run = UsageImport.objects.get()
    said = (tmp_path / "output").read_text()[-500:]
    assert (found, peak < MOST_KILOBYTES) == (code, True), (peak, said)
    assert (run.rejected, problem in run.problem) == (rejected, True)


def test_parquet(tmp_path: Path) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 500_000, pa.int32()), pa.array(["x" * 1_000_000]))
    table = pa.table(dict.fromkeys(HEADER.decode().strip().split(","), texts))
    parquet.write_table(table, tmp_path / "feed", compression="zstd")
    found, peak = imported(tmp_path / "feed", of_format(tmp_path, "parquet"))
    run = UsageImport.objects.get()
    assert (found, peak < MOST_KILOBYTES) == (1, True), (peak, (tmp_path / "output").read_text()[-500:])
    assert run.problem.endswith("its rows become more than 67108864 bytes of text")
