"""Literals: the natural ones of JSON values, the ones of a stated datatype, and language tags.

RML-Core 11: a value becomes the lexical form of its natural datatype; a stated datatype takes that form over and a form
outside its lexical space is a data error. Numbers and booleans come out in canonical form (XSD 1.1, part 2), so that
two records that say the same number say it in the same bytes; dates and times are checked and kept as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from kg.model import literal
from kg.rml.faults import DataFault

XSD = "http://www.w3.org/2001/XMLSchema#"
_NATURAL = {bool: f"^^<{XSD}boolean>", int: f"^^<{XSD}integer>", float: f"^^<{XSD}double>"}
_SURROGATE = re.compile("[\ud800-\udfff]")

# RFC 5646 section 2.1: langtag, privateuse and the irregular grandfathered tags, in lower case
_LANGUAGE = re.compile(
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+"
    r"|en-gb-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|sgn-(?:be-fr|be-nl|ch-de))\Z"
)


def language_tag(value: str) -> str | None:
    """The tag in lower case; None if it is not well-formed (BCP 47)."""
    tag = value.lower()
    return tag if _LANGUAGE.match(tag) else None


def natural(value: object) -> str:
    """The canonical lexical form of a JSON value; arrays and objects are faults, they are no values."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _double(value)
    raise DataFault("rml.no-value", value=_kind(value))


def natural_literal(value: object) -> str:
    """The N-Quads literal of a JSON value with its natural datatype (RML-IO registry, JSON)."""
    if isinstance(value, str):
        return quoted(value)
    return f'"{natural(value)}"{_NATURAL[type(value)]}'


def quoted(text: str) -> str:
    """The literal without language and datatype."""
    if not text.isascii() and _SURROGATE.search(text):
        raise DataFault("rml.surrogate", value=ascii(text))
    return literal(text)


def lexical_form(datatype: str) -> Callable[[object], str]:
    """The function from a JSON value to the lexical form for `datatype`; it raises DataFault for a value outside it.

    KeyError with the names known if `datatype` is in the namespace of XSD and XSD has no such type.
    """
    if not datatype.startswith(XSD):
        return natural
    name = datatype[len(XSD) :]
    if name in _FREE:
        return natural
    if name not in _FORMS:
        raise KeyError(name)
    return partial(_checked, _FORMS[name], datatype)


def known_datatypes() -> list[str]:
    """The names of XSD that `lexical_form` knows."""
    return sorted({*_FREE, *_FORMS})


def _checked(form: Callable[[str], str | None], datatype: str, value: object) -> str:
    if isinstance(value, float) and datatype == XSD + "decimal":
        value = f"{Decimal(repr(value)):f}"  # a JSON number with a fraction is decimal text, before it is a double
    text = natural(value)
    found = form(text)
    if found is None:
        raise DataFault("rml.lexical", value=text, datatype=datatype)
    return found


def _kind(value: object) -> str:
    return {"list": "[...]", "dict": "{...}"}.get(type(value).__name__, type(value).__name__)


def _double(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "INF" if value > 0 else "-INF"
    return _scientific(Decimal(repr(value)))


def _scientific(number: Decimal) -> str:
    """The canonical form of xsd:double and xsd:float: one digit, a point, at least one more digit, an exponent."""
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    if not text:
        return "-0.0E0" if sign else "0.0E0"
    power = len(text) - 1 + int(exponent)
    return f"{'-' if sign else ''}{text[0]}.{text[1:].rstrip('0') or '0'}E{power}"


def _as_boolean(text: str) -> str | None:
    return {"true": "true", "1": "true", "false": "false", "0": "false"}.get(text)


def _as_decimal(text: str) -> str | None:
    match = re.fullmatch(r"([+-]?)0*([0-9]*)(?:\.([0-9]*?)0*)?", text, re.ASCII)
    if match is None or not re.search("[0-9]", text):
        return None
    sign, whole, fraction = match[1].replace("+", ""), match[2] or "0", match[3] or ""
    number = f"{whole}.{fraction}" if fraction else whole
    return number if number == "0" else sign + number


def _as_integer(low: int | None, high: int | None, text: str) -> str | None:
    if re.fullmatch("[+-]?[0-9]+", text) is None:
        return None
    digits = text.lstrip("+-").lstrip("0") or "0"
    number = Decimal(digits).copy_negate() if text[0] == "-" else Decimal(digits)
    if (low is not None and number < low) or (high is not None and number > high):
        return None
    return f"-{digits}" if number < 0 else digits


def _as_float(text: str) -> str | None:
    if text in {"INF", "+INF", "-INF", "NaN"}:
        return text.lstrip("+")
    if re.fullmatch(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", text) is None:
        return None
    return _double(float(text))


def _days(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _as_day(pattern: re.Pattern[str], text: str) -> str | None:
    """`text` itself if its day exists; year 4 (a leap year) and January stand in for what the type has not."""
    match = pattern.fullmatch(text)
    if match is None:
        return None
    if match["day"] > "28":
        parts = match.groupdict()
        if int(parts["day"]) > _days(int(parts.get("year") or 4), int(parts.get("month") or 1)):
            return None
    return text


def _matching(pattern: re.Pattern[str], text: str) -> str | None:
    return text if pattern.fullmatch(text) else None


_YEAR = r"(?P<year>-?(?:[1-9][0-9]{3,}|0[0-9]{3}))"
_MONTH = r"(?P<month>0[1-9]|1[0-2])"
_DAY = r"(?P<day>0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"
_DAYS = {
    "date": f"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}?",
    "dateTime": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}?",
    "dateTimeStamp": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}",
    "gMonthDay": f"--{_MONTH}-{_DAY}{_ZONE}?",
}
_CLOCK = r"T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?"
_PATTERNS = {
    "time": f"{_TIME}{_ZONE}?",
    "gYear": f"{_YEAR}{_ZONE}?",
    "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}?",
    "gMonth": f"--{_MONTH}{_ZONE}?",
    "gDay": f"---{_DAY}{_ZONE}?",
    "duration": rf"-?P(?=[0-9T])(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?(?:{_CLOCK})?",
    "dayTimeDuration": rf"-?P(?=[0-9T])(?:[0-9]+D)?(?:{_CLOCK})?",
    "yearMonthDuration": r"-?P(?=[0-9])(?:[0-9]+Y)?(?:[0-9]+M)?",
    "hexBinary": r"(?:[0-9A-Fa-f]{2})*",
    "base64Binary": r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "language": r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*",
}
_RANGES: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
}
_FREE = frozenset({"string", "normalizedString", "token", "anyURI", "Name", "NCName", "NMTOKEN"})
_FORMS: dict[str, Callable[[str], str | None]] = {
    "boolean": _as_boolean,
    "decimal": _as_decimal,
    "double": _as_float,
    "float": _as_float,
    **{name: partial(_as_integer, low, high) for name, (low, high) in _RANGES.items()},
    **{name: partial(_as_day, re.compile(pattern)) for name, pattern in _DAYS.items()},
    **{name: partial(_matching, re.compile(pattern)) for name, pattern in _PATTERNS.items()},
}
