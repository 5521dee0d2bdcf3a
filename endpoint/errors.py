"""What a visitor is told when something cannot be done: one table of codes, one form for machines, one for people."""

from __future__ import annotations

import json
from dataclasses import dataclass

from endpoint.words import error_text, word
from kg.errors import KgError

STATUS = {
    # what was asked for
    "query-missing": 400,
    "query-repeated": 400,
    "query-empty": 400,
    "query-syntax": 400,
    "query-form": 400,
    "query-unsupported": 400,
    "query-encoding": 400,
    "prefix-missing": 400,
    "prefix-unknown": 400,
    "graph-iri": 400,
    "update-refused": 400,
    "service-refused": 400,
    "engine-dataset": 400,
    "engine-dialect": 400,
    "engine-refused": 400,
    "answer-too-large": 400,
    "request-bad": 400,
    "datetime-form": 400,
    "argument-bad": 400,
    "not-found": 404,
    "not-in-copy": 404,
    "method-not-allowed": 405,
    "not-acceptable": 406,
    "body-too-large": 413,
    "query-too-long": 413,
    "media-type-unsupported": 415,
    "too-many-requests": 429,
    "request-header-too-large": 431,
    # what the server could not do
    "internal-error": 500,
    "engine-partial": 502,
    "engine-failed": 503,
    "query-timeout": 503,
    "query-memory": 503,
    "query-crash": 503,
    "query-cancelled": 503,
    "queue-full": 503,
    "not-ready": 503,
}
_RETRY_SECONDS = 30
_BY_STATUS = {400: "request-bad", 404: "not-found", 405: "method-not-allowed", 406: "not-acceptable",
              413: "body-too-large", 415: "media-type-unsupported", 429: "too-many-requests",
              431: "request-header-too-large"}


class VisitorError(KgError):
    """A refusal; its words stand in `endpoint/messages.toml`."""

    def __init__(self, code: str, headers: dict[str, str] | None = None, **values: object) -> None:
        super().__init__(code, None, **values)
        self.headers = headers or {}

    def text(self, language: str = "en") -> str:
        return error_text(self.code, self.values, language)


@dataclass(frozen=True)
class Trouble:
    """An error as it goes to the visitor."""

    code: str
    status: int
    title: str
    detail: str
    headers: dict[str, str]
    values: dict[str, object]

    def problem_json(self, type_base: str) -> bytes:
        """RFC 9457. `type` leads to the page that explains the code."""
        fields = {
            "type": f"{type_base}#{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **{k: v for k, v in self.values.items() if isinstance(v, (int, str, list)) and k not in ("detail",)},
        }
        return json.dumps(fields, ensure_ascii=False).encode("utf-8")


def trouble(error: KgError, language: str) -> Trouble:
    """What to say about an error. A code that the table does not know is a fault of the server's."""
    code = error.code if error.code in STATUS else "internal-error"
    values = error.values if code == error.code else {}
    headers = dict(getattr(error, "headers", {}))
    status = STATUS[code]
    if status == 503:
        headers["Retry-After"] = str(getattr(error, "retry_after", _RETRY_SECONDS))
    return Trouble(code, status, word("status", str(status), language), error_text(code, values, language), headers,
                   dict(values))


def code_of_status(status: int) -> str:
    """The code for an error that the web framework raised."""
    return _BY_STATUS.get(status, "internal-error" if status >= 500 else "request-bad")
