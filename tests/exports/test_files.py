"""Files that are either complete or missing."""

from pathlib import Path

import pytest

from wingtel.exports.files import whole_file


def test_a_file_has_its_name_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    with whole_file(path) as file:
        file.write(b"half")
        assert not path.exists()
        file.write(b" and half")

    assert path.read_bytes() == b"half and half"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(b"of yesterday")

    def fail() -> None:
        with whole_file(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()

    assert path.read_bytes() == b"of yesterday"
    assert list(tmp_path.iterdir()) == [path]
