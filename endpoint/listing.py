"""Lists of one release: the things of a class, narrowed by facets and years, in an order that a reader can follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from rdflib import SKOS

from endpoint.documents import query_text
from endpoint.facets import Facet, facets
from endpoint.labels import Labels
from endpoint.timeline import Calendar
from kg.collation import by_letters, by_reading
from kg.languages import is_kana_reading
from kg.model import Line
from kg.store import Store, Term
from kg.tabular import Column, Table, file_names, table
from kg.vocabulary import Vocabulary

SORTS = ("reading", "name", "date", "newest")
PER_PAGE = 200
"""rows on one page"""
_NAMES = (str(SKOS.prefLabel), str(SKOS.altLabel))
_UNDATED = "~"
"""after every date"""


@dataclass(frozen=True)
class Asked:
    """What a reader asks of a list. `first` and `last` are calendar years."""

    sort: str
    language: str
    chosen: Mapping[str, frozenset[str]] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True)
class Property:
    """What one column on the screen shows: one property, in a file one column or several."""

    predicate: str
    columns: tuple[Column, ...]


class Lists:
    """Makes lists; what a release says of a class is read once, when somebody first asks."""

    def __init__(self, store: Store, vocabulary: Vocabulary, labels: Labels, calendar: Calendar) -> None:
        self._store = store
        self._vocabulary = vocabulary
        self._labels = labels
        self._calendar = calendar
        self.table = lru_cache(64)(self._table)
        self.facets_of = lru_cache(64)(self._facets_of)
        self._key = lru_cache(50_000)(self._sort_key)

    @cached_property
    def classes(self) -> dict[str, tuple[str, int]]:
        """By the name in addresses: each class that has a shape and things, and their number."""
        rows = self._store.select(query_text("class-sizes"))
        numbers = {row["class"].value: int(row["number"].value) for row in rows}
        shaped = sorted(set(numbers) & set(self._vocabulary.fields))
        names = file_names(shaped, self._vocabulary)
        return {names[class_]: (class_, numbers[class_]) for class_ in shaped}

    @cached_property
    def named(self) -> frozenset[str]:
        """The names of the classes whose things have names of their own: what people look for."""
        return frozenset(name for name, (class_, _) in self.classes.items() if self._has_names(class_))

    def _has_names(self, class_: str) -> bool:
        found = self.table(class_)
        at = found.header.index("label_ja")
        return sum(bool(row[at]) for row in found.rows.values()) * 2 > len(found.rows)

    def name_of(self, class_: str) -> str | None:
        return next((name for name, (known, _) in self.classes.items() if known == class_), None)

    def _table(self, class_: str) -> Table:
        """Every column that a list shows or a file of it has: names, readings, and what the shapes speak of."""
        whole = table(self._store, self._vocabulary, class_)
        kept = [at for at, column in enumerate(whole.columns) if self._is_shown(column, class_)]
        rows = {thing: tuple(row[at] for at in kept) for thing, row in whole.rows.items()}
        return replace(whole, columns=tuple(whole.columns[at] for at in kept), rows=rows)

    def _is_shown(self, column: Column, class_: str) -> bool:
        if column.predicate is None or column.predicate == _NAMES[0]:
            return True
        if column.predicate == _NAMES[1]:
            return is_kana_reading(column.language)
        return column.predicate in self._of_class(class_)

    def _of_class(self, class_: str) -> set[str]:
        """The properties that the shapes of the class and of those above it speak of."""
        above = self._vocabulary.superclasses(class_)
        return {field.predicate for known in above for field in self._vocabulary.fields.get(known, ())}

    def properties(self, class_: str) -> tuple[Property, ...]:
        """The columns on the screen after that of the name."""
        found: dict[str, list[Column]] = {}
        for column in self.table(class_).columns:
            if column.predicate and column.predicate not in _NAMES:
                found.setdefault(column.predicate, []).append(column)
        return tuple(Property(predicate, tuple(columns)) for predicate, columns in found.items())

    def of(self, class_: str, things: Sequence[str]) -> Table:
        """The table of some things of a class, in their order."""
        found = self.table(class_)
        return replace(found, rows={thing: found.rows[thing] for thing in things})

    # ---- narrowing

    @cached_property
    def all_facets(self) -> dict[str, Facet]:
        return facets(self._store)

    def _facets_of(self, class_: str) -> tuple[Facet, ...]:
        """Those that tell the things of a class apart."""
        things = self.table(class_).rows
        tells = []
        for facet in self.all_facets.values():
            counts = facet.counts(things)
            if len(counts) > 1 or any(number < len(things) for number in counts.values()):
                tells.append(facet)
        return tuple(tells)

    def has_dates(self, class_: str) -> bool:
        return any(thing in self._calendar.dates for thing in self.table(class_).rows)

    def things(self, class_: str, asked: Asked, but: str = "") -> list[str]:
        """The things that are asked for, in order; the facet `but` is left out of account."""
        narrowing = [(f, asked.chosen[f.name]) for f in self.facets_of(class_) if f.name in asked.chosen and f.name != but]
        kept = [
            thing for thing in self.table(class_).rows
            if all(facet.keeps(thing, chosen) for facet, chosen in narrowing) and self._in_years(thing, asked)
        ]  # fmt: skip
        return sorted(kept, key=lambda thing: self._key(thing, asked.sort, asked.language))

    def _in_years(self, thing: str, asked: Asked) -> bool:
        if asked.first is None and asked.last is None:
            return True
        if thing not in self._calendar.dates:
            return False
        begin, end = self._calendar.dates[thing]
        first, last = int(begin[:4]), int(end[:4]) if end else 9999
        return (asked.last is None or first <= asked.last) and (asked.first is None or last >= asked.first)

    # ---- order

    def _sort_key(self, thing: str, sort: str, language: str) -> tuple[object, ...]:
        if sort in ("date", "newest"):
            begin, _ = self._calendar.dates.get(thing, (_UNDATED, None))
            turned = sort == "newest" and begin != _UNDATED
            return (tuple(-ord(c) for c in begin) if turned else tuple(map(ord, begin)), self._key(thing, "name", language))
        if sort == "name" and language != "ja":
            return (*by_letters(self._labels.name(thing, language)), thing)
        kana = next((text for tag, text in self._labels.readings(thing) if is_kana_reading(tag)), None)
        return (*by_reading(kana or self._labels.name(thing, "ja")), thing)

    # ---- as RDF

    def lines(self, class_: str, things: Iterable[str]) -> list[Line]:
        """The triples behind the rows, and the names of what they lead to."""
        shown = {*_NAMES, *(found.predicate for found in self.properties(class_))}
        wanted = {f"<{thing}>" for thing in things}
        own, names = set(), []
        for line in self._store.construct(query_text("listed"), {"class": Term(class_)}):
            subject, predicate, _ = line.split(" ", 2)
            if subject in wanted and (predicate[1:-1] in shown or line.endswith(f" <{class_}> .")):
                own.add(line)
            elif predicate[1:-1] == _NAMES[0]:
                names.append(line)
        led_to = {line.split(" ", 2)[2][:-2] for line in own}
        return sorted({*own, *(line for line in names if line.split(" ", 1)[0] in led_to)})
