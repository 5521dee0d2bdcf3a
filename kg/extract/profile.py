"""Layout profiles: how pages of one layout are written, checked before they are used.

A profile is a table of `mappings/layouts/<name>.toml`. It holds words and patterns, never a fact of one page.
What a family of layouts may say is in `FIELDS`: a name that is not there is refused with the nearest spelling.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kg.errors import ProjectError
from kg.extract.remarks import MEANINGS
from kg.messages import nearest
from kg.project import Project, read_toml

_COMMON: dict[str, type] = {
    "family": str, "type": str, "language": str, "country": str,
    "ignore": list, "ignore.reason": str, "ignore.pattern": str, "html.key": int,
}  # fmt: skip
_CONTACT: dict[str, type] = {"end.pattern": str, "contact.telephone": str, "contact.fax": str, "contact.email": str}
"""the block that ends a page"""
FIELDS: dict[str, dict[str, type]] = {
    "blurbs": _COMMON | {"blurb.end": str, "title.longest": int, "title.no-end": str},
    "table_rows": _COMMON | _CONTACT | {
        "programme": str, "months": list, "weekdays": list,
        "heading.pattern": str, "header.words": list,
        "hosts.kinds": list, "hosts.joiners": list, "hosts.above": list, "hosts.plain": list,
        "hosts.form": list, "hosts.form.printed": str, "hosts.form.means": str,
        "remark": list, "remark.means": str, "remark.pattern": str,
        "themes.subtitle": str, "themes.number": str,
    },
    "key_value": _COMMON | _CONTACT | {
        "record.start": str, "record.heading": str,
        "field": list, "field.name": str, "field.label": str, "field.prose": bool,
        "heading": list, "heading.pattern": str, "heading.kind": str,
        "name.aside": str, "name.later": str, "name.rhythm": str,
        "remark": list, "remark.means": str, "remark.pattern": str,
        "parties.separators": str, "parties.government": str, "parties.organisation": str,
        "parties.itinerary": str, "parties.connectors": str, "parties.more": str,
        "parties.roles": list, "parties.roles.pattern": str, "parties.roles.role": str,
        "parties.listing": str, "parties.letters": str,
        "parties.unnamed": list, "parties.unnamed.pattern": str, "parties.unnamed.reason": str,
        "parties.asides": list, "parties.asides.pattern": str, "parties.asides.reason": str,
        "count.pattern": str, "count.part": str, "count.as-of": str,
    },
}  # fmt: skip
REASONS = ("banner", "navigation", "title", "introduction", "footer")
"""why a line holds nothing to record: closed"""
UNNAMED = ("group", "office-holders")
ASIDES = ("private-bodies", "explanation", "department", "in-turn")
"""why words in a field of parties, or in a bracket there, name no party of their own: closed"""
_CLOSED = {"remark.means": MEANINGS, "ignore.reason": REASONS, "parties.unnamed.reason": UNNAMED, "parties.asides.reason": ASIDES}
_PATTERNS = (".pattern", ".subtitle", ".number", ".part", ".as-of", ".aside", ".later", ".rhythm", ".listing", ".letters",
             ".government", ".organisation", ".telephone", ".fax", ".email", ".connectors", ".more", "record.heading", "blurb.end", ".no-end")  # fmt: skip


def load_layout(project: Project, name: str) -> dict[str, Any]:
    """The checked profile of a layout. ProjectError: no such file, unknown or missing name, wrong type or pattern."""
    path = project.layout(name)
    where = project.place(path)
    return check_layout(read_toml(path, where), where)


def check_layout(layout: dict[str, Any], where: str) -> dict[str, Any]:
    """`layout` itself when every name, type, pattern and reason in it is known; ProjectError otherwise."""
    family = layout.get("family")
    if family not in FIELDS:
        raise ProjectError("layout-family-unknown", where, found=family, expected=", ".join(FIELDS))
    known = FIELDS[family]
    flat = list(_flatten(layout, "", where))
    for name, value in flat:
        if name not in known:
            raise ProjectError("layout-key-unknown", where, found=name, nearest=nearest(name, known))
        if not isinstance(value, known[name]):
            raise ProjectError("layout-value", where, name=name, expected=known[name].__name__, found=repr(value))
        if known[name] is int and (isinstance(value, bool) or value < 1):
            raise ProjectError("layout-value", where, name=name, expected="1 ...", found=repr(value))
        if name.endswith(_PATTERNS):
            _check_pattern(name, value, where)
        _check_reason(name, value, where)
    missing = [name for name in known if name not in dict(flat)]
    if missing:
        raise ProjectError("layout-key-missing", where, missing=", ".join(missing))
    return layout


def _flatten(table: Mapping[str, Any], above: str, where: str) -> Any:
    for key, value in table.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{name}.", where)
            continue
        yield name, value
        if isinstance(value, list):
            for item in value:
                if isinstance(item, Mapping):
                    yield from _flatten(item, f"{name}.", where)


def _check_pattern(name: str, value: str, where: str) -> None:
    try:
        re.compile(value)
    except re.error as error:
        raise ProjectError("layout-pattern", where, name=name, detail=error) from None


def _check_reason(name: str, value: Any, where: str) -> None:
    closed = _CLOSED.get(name)
    if closed and value not in closed:
        raise ProjectError("layout-reason", where, found=value, expected=", ".join(closed))
