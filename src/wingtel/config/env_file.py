"""Settings files: lines `NAME=VALUE`, as Docker's `--env-file` and systemd's `EnvironmentFile` read them too."""

import re
from pathlib import Path

_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_QUOTED = re.compile(r"""(["'])(.*)\1""")


def read_env_file(path: Path) -> dict[str, str]:
    """Return the values of a file by their names.

    Blank lines and lines that begin with # are skipped. A pair of quotes around a value is removed.

    Raises ValueError if the file cannot be read, has any other line, or sets a name twice. The message has a line for
    each fault.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8") from error
    values: dict[str, str] = {}
    faults = []
    for number, text in enumerate(map(str.strip, lines), start=1):
        if not text or text.startswith("#"):
            continue
        line = _LINE.fullmatch(text)
        if line is None:
            faults.append(f"{path}, line {number}, is not NAME=VALUE")  # the text may be a secret
        elif line[1] in values:
            faults.append(f"{path}, line {number}, sets {line[1]} again")
        else:
            quoted = _QUOTED.fullmatch(line[2])
            values[line[1]] = quoted[2] if quoted else line[2]
    if faults:
        raise ValueError("\n".join(faults))
    return values
