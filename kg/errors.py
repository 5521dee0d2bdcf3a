"""Everything that stops, in one tree.

    KgError                   exit 1
    ├── MisuseError           exit 2   the call is wrong: an option, a path, an unknown name
    │   └── QueryError        exit 2   a query that cannot be answered as written
    ├── SourceError           exit 1   a document cannot be read, or has another layout than its register says
    ├── ProjectError          exit 1   a file of ours (TOML, CSV, JSON Lines, Turtle) is wrong
    │   └── MappingError      exit 1   an RML mapping is wrong, or uses what the interpreter does not have
    ├── CurationError         exit 1   a guard of the curation no longer fits
    └── ReleaseError          exit 1   a release is missing, incomplete or refused by the shapes

Problems in data are data (`kg.model.Problem`); an exception means that the step cannot go on.
The words of every message stand in `kg/messages.toml`, in Japanese and English.
"""

from __future__ import annotations

from kg.messages import render


class KgError(Exception):
    """A stop with a message code, the place it is about, and the values that the message names.

    `where` is a place as a reader would type it: `path`, `path:line`, or a document line such as `000:54`.
    """

    exit_code = 1

    def __init__(self, code: str, where: str | None = None, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.where = where
        self.values = values

    def text(self, language: str = "en") -> str:
        """One line: the place, the code, and what was expected, in `language` ("en" or "ja")."""
        message = render(self.code, self.values, language)
        return f"{self.where}: {self.code}: {message}" if self.where else f"{self.code}: {message}"

    def __str__(self) -> str:
        return self.text()


class MisuseError(KgError):
    exit_code = 2


class QueryError(MisuseError):
    pass


class SourceError(KgError):
    pass


class ProjectError(KgError):
    pass


class MappingError(ProjectError):
    pass


class CurationError(KgError):
    pass


class ReleaseError(KgError):
    pass
