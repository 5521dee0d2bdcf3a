"""Where things lie: the only module that knows folder names.

A project is a folder with `ontology/`, `shapes/` and `mappings/`. It is the nearest such folder above the working
directory; failing that, the checkout that this file belongs to; failing that, the copy in the installed package.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import ProjectError

_FOLDERS = ("ontology", "shapes", "mappings")


@dataclass(frozen=True)
class Project:
    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        start = (start or Path.cwd()).resolve()
        package = Path(__file__).resolve().parent
        for folder in (start, *start.parents, package.parent, package / "data"):
            if all((folder / name).is_dir() for name in _FOLDERS):
                return cls(folder)
        raise ProjectError("project-missing", str(start), expected=", ".join(_FOLDERS))

    @property
    def ontology(self) -> Path:
        return self.root / "ontology"

    @property
    def shapes(self) -> Path:
        return self.root / "shapes"

    @property
    def mappings(self) -> Path:
        return self.root / "mappings"

    @property
    def register(self) -> Path:
        return self.mappings / "documents.toml"

    def layout(self, name: str) -> Path:
        return self.mappings / "layouts" / f"{name}.toml"

    def records(self, document: str) -> Path:
        return self.mappings / "records" / f"{document}.jsonl"

    def curation(self, document: str) -> Path:
        return self.mappings / "curation" / f"{document}.toml"

    def lookup(self, name: str) -> Path:
        return self.mappings / "lookups" / f"{name}.csv"

    def record_schema(self, type_: str) -> Path:
        return self.mappings / "records" / f"{type_}.schema.json"

    def files(self, folder: str, pattern: str) -> list[Path]:
        """Files of a folder of the project in the order of their names (never in that of the file system)."""
        return sorted((self.root / folder).glob(pattern), key=lambda p: p.as_posix())

    def place(self, path: Path, line: int | None = None) -> str:
        """`path:line` as a reader would type it, relative to the project."""
        shown = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name
        return f"{shown}:{line}" if line else shown


def read_text(path: Path, where: str) -> str:
    """A UTF-8 text file; ProjectError with the place of the first wrong byte otherwise."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ProjectError("file-missing", where, expected=path.name) from None
    except IsADirectoryError:
        raise ProjectError("file-missing", where, expected=path.name) from None
    except UnicodeDecodeError as error:
        raise ProjectError("file-encoding", where, byte=error.start + 1) from None


def read_toml(path: Path, where: str) -> dict[str, Any]:
    """A TOML file; a repeated key or any other fault is a ProjectError with its line."""
    try:
        return tomllib.loads(read_text(path, where))
    except tomllib.TOMLDecodeError as error:
        raise ProjectError("toml-syntax", where, detail=error) from None


def read_csv(path: Path, where: str, columns: tuple[str, ...] = ()) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with a header, each with its line number. A row of another width is a ProjectError."""
    reader = csv.reader(read_text(path, where).splitlines(keepends=True))
    header = next(reader, [])
    missing = [name for name in columns if name not in header]
    if missing or len(set(header)) != len(header):
        raise ProjectError("csv-header", f"{where}:1", expected=", ".join(columns), found=", ".join(header) or "-")
    for row in reader:
        if not row:
            continue
        if len(row) != len(header):
            raise ProjectError("csv-width", f"{where}:{reader.line_num}", expected=len(header), found=len(row))
        yield reader.line_num, dict(zip(header, row, strict=True))


def csv_row(cells: Sequence[str]) -> str:
    """One row as it stands in a CSV file, without its line break."""
    row = io.StringIO()
    csv.writer(row, lineterminator="").writerow(cells)
    return row.getvalue()
