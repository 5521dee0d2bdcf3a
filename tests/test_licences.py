"""What `LICENSE-DATA.md` says of share-alike sources is what stands in the tables."""

from __future__ import annotations

import csv
import re
from collections import Counter

from conftest import ROOT

TEXT = (ROOT / "LICENSE-DATA.md").read_text(encoding="utf-8")


def tables() -> Counter[str]:
    """Rows of the lookups that cite a source under the ODbL, by file."""
    lookups = ROOT / "mappings" / "lookups"
    with (lookups / "sources.csv").open(encoding="utf-8", newline="") as file:
        tokens = {row["token"] for row in csv.DictReader(file) if "ODbL" in row["licence"]}
    assert tokens == {"dr5hn"}
    found: Counter[str] = Counter()
    for path in sorted(lookups.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found[path.name] += bool(tokens & set((row.get("source") or "").split()))
    return +found


def test_the_rows_under_share_alike_are_counted_file_by_file():
    found = tables()
    told = {name: int(number) for name, number in re.findall(r"`([\w-]+\.csv)` \((\d+)\)", TEXT)}
    assert told == found
    assert re.search(rf"concerns {found.total()} rows only", TEXT) and f"`dr5hn`の{found.total()}行" in TEXT


def test_the_positions_are_free_and_counted():
    lookups = ROOT / "mappings" / "lookups"
    with (lookups / "coordinates.csv").open(encoding="utf-8", newline="") as file:
        found = Counter(row["source"] for row in csv.DictReader(file))
    with (lookups / "sources.csv").open(encoding="utf-8", newline="") as file:
        licences = {row["token"]: row["licence"] for row in csv.DictReader(file) if row["graph"] == "coordinates"}
    assert licences == {"localgovjp": "CC0 1.0", "natural-earth": "public domain"} and set(found) == set(licences)
    assert f"the {found['localgovjp']} local governments of Japan" in TEXT and f"for {found['natural-earth']} towns" in TEXT
