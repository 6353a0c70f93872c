"""Profile inference: draft a profile from a sample of a carrier's files.

Columns are recognized by the words of their names and by their values. A guess that decides about money is marked with
the comment CHECK, and with the doubt where there is one. A key that cannot be inferred has the value "CHECK", to be
filled in.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from wingtel.ingest.batch import Lookup
from wingtel.usage.models import UsageType

from .candidate_formats import DAYS, TIMESTAMPS, fitting_formats
from .samples import Sample, quoted, read_sample
from .timestamp_formats import EPOCHS

UNKNOWN = "CHECK"
"""Value of a key that the user has to fill in."""

_START = r"start|begin|answer|\b(open|event|usage|call).*(time|date|stamp)"
_TIME = r"time|date|stamp|\b(day|at|ts|when|moment)\b"
_OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d)$")

_TYPE = r"\b(type|kind|service)\b"
_MEANINGS = {
    "skip": r"mms|multimedia",
    "sms": r"sms|short message|\btext\b",
    "data": r"\b(d|ps|pdp|web)\b|data|gprs|packet|internet",
    "voice": r"\b(v|cs|mo|mt|moc|mtc|tel)\b|voice|call|speech|telephony",
}

_UNITS = {
    "gigabytes": r"\bg(iga)? ?b(ytes?)?\b",
    "megabytes": r"\bm(ega)? ?b(ytes?)?\b",
    "kilobytes": r"\bk(ilo)? ?b(ytes?)?\b",
    "bytes": r"byte|octet",
    "milliseconds": r"\bms(ecs?)?\b|milli",
    "minutes": r"\bmins?$|minutes\b",
    "seconds": r"secs?\b|seconds\b",
}
_NO_UNIT = "the name does not say it"
_LINK = r"(up|down) ?link"
_VOLUME = (
    "|".join(list(_UNITS.values())[:4]) + rf"|\b(volume|traffic|gigawords|data (used|usage|amount|quantity))\b|{_LINK}"
)
_DURATION = "|".join(list(_UNITS.values())[4:]) + r"|duration|\b(dur|talk time)\b"
_QUANTITY = r"\b(quantity|usage|used|units)\b"
_DIRECTION = rf"\b(rx|tx|in|out|input|output|up|down|sent|received|upload|download|incoming|outgoing)\b|{_LINK}"
_NUMBER = re.compile(r"[+-]?\d[\d.,' ]*([eE][+-]?\d+)?")
_CLOCK = re.compile(r"\d+:[0-5]\d(:[0-5]\d)?")

_NO_PRICE = r"\b(id|code|type|number|no|unit|per|currency|plan|class|zone)\b"
_PRICE = rf"^(?!.*{_NO_PRICE}).*\b(price|charges?|charged|cost|fee|amount)\b"
_NO_QUANTITY = r"\b(price|charges?|cost|fee|rate)\b"
_REFERENCE = r"^id$|\b(record|cdr|call|session|event|transaction|charging) ?(id|number|no|ref(erence)?)\b"
_REFERENCE += r"|\b(reference|sequence|serial|uuid|guid)\b"

_CALLER = r"\ba ?(party|number)\b|\bcalling|\bcaller|\bcli\b|\boriginating"
_SUBSCRIBERS = (
    r"\b(served|charged|billed)\b.*(msisdn|number)",
    r"msisdn|\bphone|\bmobile|\btelephone|^number$",
    r"\bsubscri(ber|ption)",
    _CALLER,
    r"\b(customer|account|user|client|line|imsi|iccid|sim)\b",
    r"\b(device|imei)\b",
)
"""Patterns for the column of the charged subscription, the likelier first."""
_OTHER_PARTY = r"\bcalled|\bdiall?ed|callee|forward|redirect|destination|\b[b2] ?(party|number|msisdn)\b|msisdn b\b"
_OTHER_PARTY += r"|\b(other|2nd|second|3rd|third|dest|dst|to|peer|recipient|receiver|connected|remote|terminating)\b"
_PHONE_NUMBER = re.compile(r"\+?\d[\d ().-]{6,18}")
_NO_PHONE_NUMBER = r"\b(id|customer|account|user|client|imsi|iccid|sim)\b"


@dataclass(frozen=True)
class InferredProfile:
    """Text of a draft profile, and the columns of the sample that it does not read."""

    text: str
    unread: tuple[str, ...]


def infer_profile(path: Path) -> InferredProfile:
    """Draft a profile for files like this one.

    Raises SourceError when the file is empty or damaged, or is neither text, NDJSON nor Parquet.
    """
    draft = _Draft(read_sample(path))
    tables = [
        draft.timestamp(),
        draft.usage(),
        draft.price(),
        draft.reference(),
        draft.subscription(),
        f'[carrier]\nconstant = "att"{_check()}\n',
    ]
    unread = tuple(name for name in draft.sample.names if name not in draft.read)
    head = f"description = {quoted(f'inferred from {path.name}: check every line')}\n"
    if unread:
        head += f"# CHECK: columns left unread: {listed(unread)}\n"
    return InferredProfile("\n".join([head, draft.sample.layout, *tables]), unread)


def listed(texts: Iterable[str]) -> str:
    """Return texts of a file in quotes, fit to be printed."""
    return ", ".join(map(repr, texts))


@dataclass
class _Draft:
    """Tables of a draft profile.

    They have to be drafted in the order of the methods: a column that one table reads is not available to the next.
    """

    sample: Sample
    read: list[str] = field(default_factory=list)
    kinds: tuple[str, ...] = ()
    is_by_quantity: bool = False

    def timestamp(self) -> str:
        singles = sorted(([name] for name in self.sample.names), key=_unlikeliness_of_time)
        pairs = sorted(map(list, pairwise(self.sample.names)), key=_unlikeliness_of_time)
        for group, formats in ((singles, TIMESTAMPS), (pairs, TIMESTAMPS), (singles, DAYS)):
            matches = [(columns, fits) for columns in group if (fits := self._formats(columns, formats))]
            if matches:
                return self._timestamp(*matches[0], [columns[0] for columns, _ in matches[1:] if group is singles])
        named = [column for column, *_ in singles if _unlikeliness_of_time([column]) < 2]
        columns = f"columns = {_array(named[:1])}{self._mark_read(named[:1], named)}"
        return f'[timestamp]\n{columns}\nformats = ["{UNKNOWN}"]\ntime_zone = "operator"{_check()}\n'

    def _formats(self, columns: Sequence[str], formats: Sequence[str]) -> list[str]:
        if len(columns) == 1 and _unlikeliness_of_time(columns) < 2:
            formats = (*formats, *EPOCHS)
        lines = zip(*map(self.sample.column, columns), strict=True)
        return fitting_formats((" ".join(line) for line in lines if all(line)), formats)

    def _timestamp(self, columns: Sequence[str], formats: Sequence[str], alternatives: Sequence[str]) -> str:
        self.read += columns
        is_named = _unlikeliness_of_time(columns) < 2
        doubts = [
            f"or {listed(alternatives)}" if alternatives else "",
            "" if is_named else "the name does not say that it is a time",
            "a day without a time" if formats[0] in DAYS else "",
        ]
        text = f"[timestamp]\ncolumns = {_array(columns)}{_check_if(*doubts)}\nformats = {_array(formats[:1])}"
        text += _check_if(*(f"{other} fits as well" for other in formats[1:])) + "\n"
        if formats[0] in EPOCHS or all(map(_OFFSET.search, self.sample.values(columns[-1]))):
            return text
        return f'{text}time_zone = "operator"{_check("of timestamps without an offset")}\n'

    def usage(self) -> str:
        """Draft `[usage_type]`, and the tables of the usage types that the sample has."""
        data, voice = self._quantities(_VOLUME, _is_number), self._quantities(_DURATION, _is_duration)
        column = next((name for name in self._unread(_TYPE) if _meanings(self.sample.values(name))), None)
        if column:
            text = self._usage_types(column)
            either = self._quantities(_QUANTITY, _is_number)
            data, voice = data or either, voice or either
        elif data and voice:
            text = self._data_or_both(data, voice)
        else:
            self.kinds = ("voice",) if voice else ("data",)
            text = f"[usage_type]\nconstant = {quoted(*self.kinds)}{_check('no column says it')}\n"
        tables = [self._data(data)] if "data" in self.kinds else []
        tables += [self._voice(voice)] if "voice" in self.kinds else []
        tables += [f"[sms]{_check('without columns, each line is one message')}\n"] if "sms" in self.kinds else []
        return "\n".join([text, *tables])

    def _usage_types(self, column: str) -> str:
        self.read.append(column)
        values = self.sample.values(column)
        meanings = _meanings(values)
        self.kinds = tuple(kind for kind in UsageType.values if kind in meanings)
        text = f"[usage_type]\ncolumn = {quoted(column)}\n"
        for kind, meant in meanings.items():
            text += f"{kind} = {_array(meant)}{'' if meant == [kind] else _check()}\n"
        known = {value for meant in meanings.values() for value in meant}
        if unknown := [value for value in values if value not in known]:
            text += f"# CHECK: rejected until one of the lists has them: {listed(unknown[:20])}\n"
        return text

    def _data_or_both(self, data: Sequence[str], voice: Sequence[str]) -> str:
        """Draft `[usage_type]` of a sample with volumes and durations: a line without a volume is a call."""
        groups = [[self.sample.names.index(name) for name in names] for names in (data, voice)]
        are_used = ([any(row[place].strip("0.,:") for place in group) for group in groups] for row in self.sample.rows)
        self.is_by_quantity = [False, True] in are_used
        self.kinds = ("data", "voice") if self.is_by_quantity else ("data",)
        if self.is_by_quantity:
            return f"[usage_type]\nby_quantity = true{_check('a line is each type whose columns are not zero')}\n"
        return f'[usage_type]\nconstant = "data"{_check(f"{listed(voice)} read as the duration of sessions")}\n'

    def _data(self, candidates: Sequence[str]) -> str:
        names = [name for name in candidates if "gigaword" not in words(name)]
        totals = [name for name in names if re.search(r"\b(total|sum)\b", words(name))]
        whole = totals or [name for name in names if not re.search(_DIRECTION, words(name))]
        chosen = whole[:1] or (names if len(set(map(_unit, names))) == 1 else names[:1])
        doubt = "" if whole or len(chosen) in {0, 2} else "has to be both directions, each once"
        text = f"[data]\ncolumns = {_array(chosen)}{self._mark_read(chosen, candidates, doubt)}\n"
        unit = _unit(*chosen[:1])
        usual = "bytes" if re.search(_LINK, words(*chosen[:1])) else "kilobytes"
        text += f"unit = {quoted(unit or usual)}{_check_if('' if unit else _NO_UNIT)}\n"
        return text if unit == "kilobytes" else f"{text}kilobyte = 1000{_check('or 1024')}\n"

    def _voice(self, candidates: Sequence[str]) -> str:
        chosen = candidates[:1]
        text = f"[voice]\ncolumns = {_array(chosen)}{self._mark_read(chosen, candidates)}\n"
        colons = {value.count(":") for name in chosen for value in self.sample.values(name)}
        if 1 in colons or 2 in colons:
            return f'{text}unit = "hh:mm:ss"{_check_if("" if 2 in colons else "read as mm:ss")}\n'
        unit = _unit(*chosen)
        return f"{text}unit = {quoted(unit or 'seconds')}{_check_if('' if unit else _NO_UNIT)}\n"

    def price(self) -> str:
        """Draft `[price]`, or tariffs that charge nothing where the sample has no prices."""
        found = self._unread(_PRICE, _is_number)
        if not found:
            units = {"data": "kilobyte", "voice": "second", "sms": "message"}
            rates = (f'[[tariff.{kind}]]\nprice = "0"{_check(f"for each {units[kind]}")}\n' for kind in self.kinds)
            return "\n".join(rates)
        doubts = ["has to be in the operator's currency", "one price for both types" * self.is_by_quantity]
        return f"[price]\ncolumn = {quoted(found[0])}{self._mark_read(found[:1], found, *doubts)}\n"

    def reference(self) -> str:
        found = self._unread(_REFERENCE)
        lines = len(set(map(tuple, self.sample.rows)))
        unique = [name for name in found if len(self.sample.values(name)) == lines][:1]
        if unique:
            return f"[reference]\ncolumns = {_array(unique)}{self._mark_read(unique, found, 'has to be unique')}\n"
        repeated = f"{listed(found)} repeated" if found else ""
        return f"[reference]{_check('without columns, two equal lines are one record', repeated)}\n"

    def subscription(self) -> str:
        likely = (name for pattern in _SUBSCRIBERS for name in self._unread(pattern))
        found = list(dict.fromkeys(name for name in likely if not re.search(_OTHER_PARTY, words(name))))
        if not found:
            return f'[subscription]\nby = "phone_number"{_check()}\ncolumn = "{UNKNOWN}"\n'
        kind = self._identifier(found[0])
        by = f"by = {quoted(kind or UNKNOWN)}{_check_if('' if kind else ' or '.join(Lookup))}"
        doubt = "the other party on incoming calls" if re.search(_CALLER, words(found[0])) else "has to be who pays"
        return f"[subscription]\n{by}\ncolumn = {quoted(found[0])}{self._mark_read(found[:1], found, doubt)}\n"

    def _identifier(self, column: str) -> str:
        """Return the kind of identifier that a column holds, or "" for one that no profile can name."""
        name = words(column)
        if re.search(r"\b(device|imei)\b", name):
            return Lookup.DEVICE_ID
        is_number = all(map(_PHONE_NUMBER.fullmatch, self.sample.values(column)))
        return Lookup.PHONE_NUMBER if is_number and not re.search(_NO_PHONE_NUMBER, name) else ""

    def _quantities(self, pattern: str, fits: Callable[[str], bool]) -> list[str]:
        return [name for name in self._unread(pattern, fits) if not re.search(_NO_QUANTITY, words(name))]

    def _unread(self, pattern: str, fits: Callable[[str], bool] = bool) -> list[str]:
        """Return the unread columns whose names match the pattern and whose values fit."""
        named = (name for name in self.sample.names if name not in self.read and re.search(pattern, words(name)))
        return [name for name in named if all(map(fits, self.sample.values(name)))]

    def _mark_read(self, chosen: Sequence[str], candidates: Sequence[str], *doubts: str) -> str:
        """Mark the chosen columns as read. Return the comment with their doubts, and with the other candidates."""
        self.read += chosen
        others = [name for name in candidates if name not in chosen]
        has_comma = any("," in value for name in chosen for value in self.sample.values(name))
        excluded = f"not {listed(others)}" if others else ""
        return _check_if(*doubts, excluded, "its numbers have a comma" * has_comma)


def words(*names: str) -> str:
    """Return the words of names in lower case, with blanks between them: "served msisdn" of "servedMSISDN"."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+", " ", " ".join(names))
    return parted.lower().strip()


def _unlikeliness_of_time(columns: Sequence[str]) -> int:
    """Return 0 for a name of a record's start, 1 for the name of another time, and 2 for any other name."""
    name = words(columns[0])
    return 0 if re.search(_START, name) else 1 if re.search(_TIME, name) else 2


def _meanings(values: Iterable[str]) -> dict[str, list[str]]:
    """Return the values of a column by the usage type that they mean. It is empty when none means a usage type."""
    meanings: dict[str, list[str]] = {}
    for value in values:
        meant = [kind for kind, pattern in _MEANINGS.items() if re.search(pattern, words(value))]
        if len(meant) == 1 or meant[:1] in (["skip"], ["sms"]):  # an SMS-MT is no call
            meanings.setdefault(meant[0], []).append(value)
    return meanings if {*UsageType.values} & meanings.keys() else {}


def _unit(*names: str) -> str:
    return next((unit for unit, pattern in _UNITS.items() if re.search(pattern, words(*names))), "")


def _is_number(value: str) -> bool:
    return bool(_NUMBER.fullmatch(value))


def _is_duration(value: str) -> bool:
    return bool(_NUMBER.fullmatch(value) or _CLOCK.fullmatch(value))


def _array(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(quoted, texts or [UNKNOWN]))}]"


def _check(*doubts: str) -> str:
    text = "; ".join(filter(None, doubts))
    return f" # CHECK: {text}" if text else " # CHECK"


def _check_if(*doubts: str) -> str:
    return _check(*doubts) if any(doubts) else ""
