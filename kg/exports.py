"""What is given back: statements for Wikidata, and the links as a linkset. Pure functions of a published release.

QuickStatements, version 1: https://www.wikidata.org/wiki/Help:QuickStatements ; SSSOM 1.0: https://w3id.org/sssom/
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from kg import link, published
from kg.errors import ReleaseError
from kg.queries import text_of
from kg.store import Row, Store, Term, serialise

PRESENT = "wikidata-ties"
"""the registered table of what Wikidata has already"""
_STATEMENTS = (("P190", "export-ties"), ("P463", "export-memberships"))
_START, _AT, _ADDRESS = "P580", "P585", "S854"
_ITEM = re.compile(r"entity/(Q[1-9][0-9]*)$")
_UNSPECIFIED = "UnspecifiedMatching"
"""term of SEMAPV for a link whose way nobody has told"""

Statement = tuple[str, str, str]
"""subject, property, object"""


def opened(folder: Path, prefixes: Mapping[str, str], base: str) -> Store:
    """The data of one published release."""
    path = folder / published.DATA
    if not path.is_file():
        raise ReleaseError("release-missing", str(folder))
    return Store.load(path, prefixes, base)


def quickstatements(store: Store, present: Iterable[Statement] = ()) -> str:
    """Commands for what records state and Wikidata lacks, sorted, one a line: a tie is a statement at both of its ends.

    `present` are the statements that Wikidata has. Each command has one reference: the address of the document, else the
    page of ours about the lines that say it.
    """
    have = set(present)
    found: dict[Statement, list[Row]] = defaultdict(list)
    for property_, query in _STATEMENTS:
        for row in store.select(text_of(query)):
            found[_item(row["subject"]), property_, _item(row["object"])].append(row)
    lines = ["\t".join([*statement, *_qualifiers(rows)]) for statement, rows in sorted(found.items()) if statement not in have]
    return "".join(f"{line}\n" for line in lines)


def _item(term: Term) -> str:
    match = _ITEM.search(term.value)
    if not match:
        raise ReleaseError("release-damaged", term.value, expected="Q...")
    return match[1]


def _qualifiers(rows: list[Row]) -> list[str]:
    cells: list[str] = []
    for name, property_ in (("start", _START), ("asOf", _AT)):
        times = sorted({time for row in rows if name in row and (time := when(row[name].value))})
        if times:
            cells += [property_, times[0]]
            break
    addresses = sorted({row["page"].value for row in rows if "page" in row} or {row["evidence"].value for row in rows})
    return [*cells, _ADDRESS, f'"{addresses[0]}"']


def when(text: str) -> str:
    """A date, month or year as QuickStatements has it: `1955` is `+1955-00-00T00:00:00Z/9`; "" for anything else."""
    match = re.match(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?$", text)
    if not match:
        return ""
    year, month, day = match.groups()
    return f"+{year}-{month or '00'}-{day or '00'}T00:00:00Z/{11 if day else 10 if month else 9}"


def linkset(store: Store, base: str, prefixes: Mapping[str, str]) -> dict[str, bytes]:
    """The files of the linkset by name: SSSOM with every row, N-Triples with what is accepted."""
    triples = serialise(store.construct(text_of("export-linkset")), "ntriples")
    return {"linkset.sssom.tsv": _sssom(store, base, prefixes).encode(), "linkset.nt": triples}


def _sssom(store: Store, base: str, prefixes: Mapping[str, str]) -> str:
    rows = sorted({_row(row, prefixes) for row in store.select(text_of("export-links"))})
    spaces = {"id": f"{base}id/", **{name: prefixes[name] for name in ("rdfs", "semapv", "skos", "sssom")}}
    others = sorted({_space(cell) for row in rows for cell in _iris(row) if cell and not cell.startswith(tuple(spaces.values()))})
    known = {space: name for name, space in prefixes.items()}
    spaces |= {known.get(space, f"x{number}"): space for number, space in enumerate(others, 1)}
    text = io.StringIO()
    text.write(f"#mapping_set_id: {base}graph/link\n")
    text.write('#mapping_set_title: "Links of jichi to Wikidata, e-Stat and GeoNames"\n')
    text.write("#license: https://creativecommons.org/publicdomain/zero/1.0/\n#curie_map:\n")
    text.writelines(f'#  {name}: "{space}"\n' for name, space in sorted(spaces.items()))
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(link.COLUMNS)
    for row in rows:
        writer.writerow([_curie(cell, spaces) if name in link.CURIES else cell for name, cell in zip(link.COLUMNS, row, strict=True)])
    return text.getvalue()


def _row(row: Row, prefixes: Mapping[str, str]) -> tuple[str, ...]:
    def cell(name: str, otherwise: str = "") -> str:
        return row[name].value if name in row else otherwise

    return (
        cell("thing"), cell("label"), cell("property"), cell("modifier"), cell("object"), "", cell("category"),
        cell("justification", f"{prefixes['semapv']}{_UNSPECIFIED}"), cell("author"), cell("authorLabel"), cell("date"),
        cell("source"), cell("confidence"), cell("comment"),
    )  # fmt: skip


def _iris(row: tuple[str, ...]) -> list[str]:
    return [cell for name, cell in zip(link.COLUMNS, row, strict=True) if name in link.CURIES]


def _space(iri: str) -> str:
    """An IRI without its last part, with which a short name can be made."""
    return iri.rstrip("/")[: max(iri.rstrip("/").rfind("/"), iri.rfind("#")) + 1]


def _curie(iri: str, spaces: Mapping[str, str]) -> str:
    fitting = [name for name, space in spaces.items() if iri.startswith(space)]
    name = max(fitting, key=lambda name: len(spaces[name])) if fitting else ""
    return f"{name}:{iri.removeprefix(spaces[name])}" if name else iri
