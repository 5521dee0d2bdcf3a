"""`/openapi.json`: every public route in OpenAPI 3.1, with the lists, facets and columns that the release has."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from flask import Flask, Response, request
from werkzeug.routing import Rule

from endpoint.answers import named
from endpoint.listing import SORTS
from endpoint.negotiation import JSON
from endpoint.site import Site, reader_language
from kg.tabular import Column

Node = dict[str, Any]
"""a node of the description"""

_INNER = ("static",)
"""routes that are parts of the pages"""
_TEXT: Node = {"type": "string"}
_BOTH: Node = {"type": "object", "additionalProperties": _TEXT}
"""texts by language"""


@cache
def words() -> dict[str, Any]:
    return tomllib.loads((files("endpoint") / "openapi.toml").read_text(encoding="utf-8"))


def register(app: Flask, site: Site) -> None:
    app.add_url_rule("/openapi.json", "openapi", lambda: _written(app, site))


def _written(app: Flask, site: Site) -> Response:
    content = json.dumps(description(app, site, reader_language()), ensure_ascii=False, indent=1).encode("utf-8")
    response = named(content + b"\n", JSON.content_type())
    response.headers["Vary"] = "Accept-Language"
    return response


def description(app: Flask, site: Site, language: str) -> Node:
    vocabulary = site.vocabulary
    rules = sorted((rule for rule in app.url_map.iter_rules() if rule.endpoint not in _INNER), key=lambda rule: rule.rule)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": vocabulary.text(vocabulary.dataset).get(language) or "",
            "description": vocabulary.definition(vocabulary.dataset).get(language) or "",
            "version": site.release.release.version,
        },
        "servers": [{"url": request.script_root or "/"}],
        "paths": {template(rule): _path(rule, site, language) for rule in rules},
        "components": {"schemas": _schemas(site)},
    }


def template(rule: Rule) -> str:
    """`/doc/<kind>/<key>` as `/doc/{kind}/{key}`."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def _path(rule: Rule, site: Site, language: str) -> Node:
    known = words()["route"].get(rule.rule, {})
    summary = known.get(language, template(rule))
    found: Node = {}
    for method in sorted((rule.methods or set()) & {"GET", "POST"}):
        operation: Node = {
            "operationId": f"{rule.endpoint}-{method.lower()}",
            "summary": summary,
            "parameters": _parameters(rule, known, site, language, method),
            "responses": _responses(known),
        }
        if method == "POST":
            operation["requestBody"] = {
                "required": "body" in known, "content": {media: {"schema": _body(media)} for media in known.get("body", ["*/*"])},
            }  # fmt: skip
        found[method.lower()] = operation
    return found


def _body(media: str) -> Node:
    if media != "application/x-www-form-urlencoded":
        return _TEXT
    return {"type": "object", "properties": {"query": {**_TEXT, "minLength": 1}}, "required": ["query"]}


def _parameters(rule: Rule, known: Node, site: Site, language: str, method: str) -> list[Node]:
    found = [_in_path(name, known, site) for name in sorted(rule.arguments)]
    for name in known.get("parameters", ()) if method == "GET" else ():
        entry = words()["parameter"][name]
        found.append(_in_query(name, entry[language], entry["schema"], name == "query"))
    if known.get("facets"):
        found.append(_in_query("sort", "", {"type": "string", "enum": list(SORTS)}))
        for facet in site.lists.all_facets.values():
            schema = {"type": "array", "items": {"type": "string", "enum": sorted(facet.iris)}}
            if facet.iris:
                found.append(_in_query(facet.name, facet.caption.get(language) or "", schema))
    if known.get("of_class"):
        found.append(_in_query("class", "", {"type": "string", "enum": sorted(site.lists.classes)}))
    return found


def _in_path(name: str, known: Node, site: Site) -> Node:
    schema: Node = {"type": "string"}
    if known.get("facets"):
        schema["enum"] = [f"{list_}{suffix}" for list_ in sorted(site.lists.classes) for suffix in ("", ".csv", ".html", ".json", ".ttl")]
    elif name in ("kind", "key", "code"):
        schema["pattern"] = "^[a-z0-9][a-z0-9-]*$"
    else:
        schema |= {"minLength": 1, "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$"}
    found: Node = {"name": name, "in": "path", "required": True, "schema": schema}
    example = known.get("example", {}).get(name) or _of_first_thing(site).get(name)
    return {**found, "example": example} if example else found


def _of_first_thing(site: Site) -> dict[str, str]:
    """The parts of the address of a thing that there is."""
    things = next(iter(site.kinds.values()), [])
    path = (site.names.path_of(things[0]) or "" if things else "").split("/")
    return {"kind": path[1], "key": path[2]} if len(path) == 3 else {}


def _in_query(name: str, text: str, schema: Node, required: bool = False) -> Node:
    found: Node = {"name": name, "in": "query", "required": required, "schema": schema}
    return {**found, "description": text} if text else found


def _responses(known: Node) -> Node:
    media = known.get("media", ["*/*"])
    found: Node = {}
    if media:
        content: Node = {m: {} for m in media}
        if "schema" in known:
            content["application/json"] = {"schema": {"$ref": f"#/components/schemas/{known['schema']}"}}
        found["200"] = {"description": "OK", "content": content}
    if known.get("see_other"):
        found["303"] = {"description": "See Other"}
    if known.get("choices"):
        found["300"] = {"description": "Multiple Choices"}
    problem: Node = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}, "text/html": {}}
    found["default"] = {"description": "RFC 9457", "content": problem}
    return found


def _schemas(site: Site) -> Node:
    rows = {name: _row(site, class_) for name, (class_, _) in sorted(site.lists.classes.items())}
    refs = [{"$ref": f"#/components/schemas/row-{name}"} for name in rows]
    result = _object({"iri": _TEXT, "name": _TEXT, "label_ja": _TEXT, "label_en": _TEXT, "class": _many(_TEXT), "text": _TEXT, "match": _TEXT})
    column = _object({"name": _TEXT, "property": _maybe(), "language": _maybe(), "title": _BOTH})
    entry = _object({"name": _TEXT, "class": _TEXT, "label": _BOTH, "number": {"type": "integer"}})
    return {
        **{f"row-{name}": row for name, row in rows.items()},
        "List": _object({
            "release": _TEXT, "list": _TEXT, "class": _TEXT, "label": _BOTH, "asked": {"type": "object"},
            "number": {"type": "integer"}, "columns": _many(column), "rows": _many({"anyOf": refs} if refs else {"type": "object"}),
        }),
        "Lists": _object({"release": _TEXT, "lists": _many(entry)}),
        "Search": _object({"release": _TEXT, "asked": _TEXT, "number": {"type": "integer"}, "results": _many(result)}),
        "Suggestions": _object({
            "asked": _TEXT, "suggestions": _many(_object({"iri": _TEXT, "name": _TEXT, "class": _TEXT, "href": _maybe()})),
        }),
        "Problem": {"type": "object", "required": ["type", "title", "status", "detail", "code"], "properties": {"status": {"type": "integer"}}},
    }  # fmt: skip


def _row(site: Site, class_: str) -> Node:
    """One row of a list: a property for each column, named by the shapes."""
    columns = site.lists.table(class_).columns
    return {**_object({column.name: _cell(column) for column in columns}), "title": class_}


def _cell(column: Column) -> Node:
    found = _many(_TEXT) if column.separator else {"type": ["string", "null"]}
    return {**found, "description": column.predicate} if column.predicate else _TEXT


def _object(properties: Node) -> Node:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _many(items: Node) -> Node:
    return {"type": "array", "items": items}


def _maybe() -> Node:
    return {"type": ["string", "null"]}
