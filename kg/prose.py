"""A difference of two releases as sentences for people: "3 new seminars", "Kumamoto City: English name changed"."""

from __future__ import annotations

import re

from kg.diff import Changed, Difference, Thing
from kg.messages import render

_NAMED = 5
"""things that are named where several are new or gone"""
_SHORT = 60
"""characters of a value that is told"""
_PROPERTY = {
    "added": ("prose-added", "prose-added-value"),
    "removed": ("prose-removed", "prose-removed-value"),
    "changed": ("prose-changed", "prose-changed-value"),
}
"""how the change of a property is told: without its values, and with them where they are short"""
_LANGUAGE = {"en": "prose-language-en", "ja": "prose-language-ja"}
_HEAD = re.compile(r" (?=(?:of|about|for|in|to)\b|\()")
_IRREGULAR = {"evidence": "evidence", "person": "people", "series": "series", "means": "means"}


def sentences(difference: Difference, language: str) -> list[str]:
    """First what is new and gone, by class; then each thing that changed. `difference` is told in `language`."""
    found = []
    for kind, code in (("added", "prose-new"), ("removed", "prose-gone")):
        by_class: dict[str, list[Thing]] = {}
        for thing in difference.things:
            if thing.kind == kind:
                class_ = thing.classes[0] if thing.classes else render("prose-thing", {}, language)
                by_class.setdefault(class_, []).append(thing)
        for class_, things in sorted(by_class.items()):
            word = plural(class_) if language == "en" and len(things) > 1 else class_
            values = {"number": len(things), "class": word, "names": _names(things, language)}
            found.append(render(code, values, language))
    return found + [_of_changed(thing, language) for thing in difference.things if thing.kind == "changed"]


def _names(things: list[Thing], language: str) -> str:
    comma = render("prose-comma", {}, language)
    named = comma.join(_called(thing, language) for thing in things[:_NAMED])
    rest = len(things) - _NAMED
    return render("prose-and-more", {"names": named, "number": rest}, language) if rest > 0 else named


def _called(thing: Thing, language: str) -> str:
    if thing.successor is None:
        return thing.name
    return render("prose-replaced", {"name": thing.name, "successor": thing.successor}, language)


def _of_changed(thing: Thing, language: str) -> str:
    told: dict[tuple, str] = {}
    for changed in thing.properties:
        # A copy of a name for other programs changes with the name itself: it is told once.
        key = (changed.removed, changed.added) if changed.languages else (changed.property,)
        told.setdefault(key, _of_property(changed, language))
    changes = render("prose-comma-changes", {}, language).join(told.values())
    return render("prose-thing-changed", {"name": thing.name, "changes": changes}, language)


def _of_property(changed: Changed, language: str) -> str:
    values = {"label": changed.label, "old": "".join(changed.removed), "new": "".join(changed.added)}
    sides = (changed.removed, changed.added)
    brief = all(len(side) <= 1 and all(len(value) <= _SHORT for value in side) for side in sides)
    of_words = _language(changed, language)
    if changed.removed and changed.added and of_words:
        return render("prose-changed-language", {"label": changed.label, "language": of_words}, language)
    act = "added" if not changed.removed else "removed" if not changed.added else "changed"
    return render(_PROPERTY[act][brief], values, language)


def _language(changed: Changed, language: str) -> str:
    """The language of the words that changed, where it is one; "" for dates, numbers and things."""
    if len(changed.languages) != 1:
        return ""
    tag = changed.languages[0]
    return render(_LANGUAGE[tag], {}, language) if tag in _LANGUAGE else tag


def plural(label: str) -> str:
    """The English plural of a class: of its head, the word before the first preposition or bracket."""
    head, *rest = _HEAD.split(label, maxsplit=1)
    *before, noun = head.split(" ")
    if noun.lower() in _IRREGULAR:
        noun = _IRREGULAR[noun.lower()]
    elif re.search(r"[^aeiou]y$", noun):
        noun = f"{noun[:-1]}ies"
    else:
        noun += "es" if re.search(r"(s|x|z|ch|sh)$", noun) else "s"
    return " ".join([*before, noun, *rest])
