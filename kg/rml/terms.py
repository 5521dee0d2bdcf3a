"""Term maps compiled to functions from a record to N-Quads terms (RML-Core 12.2).

Everything that the mapping alone decides - paths, templates, constants, escapes, datatypes - is decided here once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NoReturn

from kg.errors import MappingError
from kg.messages import nearest
from kg.model import iri, literal
from kg.rml import iris
from kg.rml import literals as lit
from kg.rml.document import Constant, TermMap
from kg.rml.faults import DataFault
from kg.rml.paths import Path, compile_path
from kg.rml.templates import Slot, TemplateSyntax, iri_safe, parse_template, uri_safe

Term = Callable[[Any, int], Sequence[str]]
"""(record, its number) -> terms, one for each value; a value that gives none raises DataFault"""
Texts = Callable[[Any], Sequence[str]]

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


@dataclass(frozen=True)
class Scope:
    """What the terms of one triples map share."""

    where: str
    """path of the mapping"""
    map: str
    """the triples map, as messages name it"""
    base: str | None
    fresh: Iterator[int]
    """numbers for the blank nodes that have no expression"""

    def fail(self, code: str, **values: object) -> NoReturn:
        raise MappingError(code, self.where, map=self.map, **values)


def compile_term(term: TermMap, scope: Scope, at: str) -> Term:
    """`at` names the term map in messages."""
    if term.kind == "constant":
        fixed = (constant_term(term.constant, scope, at),) if term.constant else ()
        return lambda record, number: fixed
    if term.kind == "none":
        label = f"_:a{next(scope.fresh)}r"
        return lambda record, number: (f"{label}{number}",)
    if term.term_type == "Literal":
        return _literals(term, scope, at)
    if term.term_type == "BlankNode":
        texts = compile_texts(term, scope, at)
        return lambda record, number: [_blank(text) for text in texts(record)]
    return _iris(term, scope, at)


def constant_term(constant: Constant, scope: Scope, at: str) -> str:
    """The N-Quads term of a constant; MappingError for an IRI, a language tag or a lexical form that is none."""
    if constant.is_iri:
        if not iris.is_iri(constant.value):
            scope.fail("rml.iri", node=at, value=constant.value, base="-")
        return iri(constant.value)
    if constant.language is not None:
        return lit.quoted(constant.value) + _language_suffix(constant.language, scope, at)
    if constant.datatype is None:
        return lit.quoted(constant.value)
    form = _lexical_form(constant.datatype, scope, at)
    try:
        return literal(form(constant.value), datatype=constant.datatype)
    except DataFault as fault:
        scope.fail(fault.code, node=at, **fault.values)


def compile_reference(text: str, scope: Scope, at: str) -> Path:
    try:
        return compile_path(text)
    except ValueError as error:
        scope.fail("rml.reference", node=at, path=text, detail=error)


def template_parts(template: str, scope: Scope, at: str) -> tuple[str | Slot, ...]:
    try:
        return parse_template(template)
    except TemplateSyntax as error:
        scope.fail("rml.template", node=at, template=template, column=error.column, expected=error.expected)


def compile_texts(term: TermMap, scope: Scope, at: str, safe: Callable[[str], str] | None = None) -> Texts:
    """The values of an expression as text; `safe` is applied to the references of a template (RML-Core 7.1.3)."""
    if term.kind == "constant":
        fixed = (term.text,)
        return lambda record: fixed
    if term.kind == "reference":
        find = compile_reference(term.text, scope, at).find
        return lambda record: [lit.natural(value) for value in find(record)]
    return _template(template_parts(term.text, scope, at), scope, at, safe)


def _template(parts: Sequence[str | Slot], scope: Scope, at: str, safe: Callable[[str], str] | None) -> Texts:
    """A path that stands twice has one value at a time: the product is over the set of references."""
    paths = list(dict.fromkeys(part.path for part in parts if isinstance(part, Slot)))
    finds = [compile_reference(path, scope, at).find for path in paths]
    order = [paths.index(part.path) for part in parts if isinstance(part, Slot)]
    pattern = "".join("%s" if isinstance(part, Slot) else part.replace("%", "%%") for part in parts)

    encode = lit.natural if safe is None else _encoder(safe)
    if len(order) == 1:
        find = finds[0]
        return lambda record: [pattern % encode(value) for value in find(record)]

    in_order = order == list(range(len(paths)))

    def texts(record: Any) -> Sequence[str]:
        columns = [find(record) for find in finds]
        if in_order and all([len(column) == 1 for column in columns]):
            return (pattern % tuple([encode(column[0]) for column in columns]),)
        rows = product(*([encode(value) for value in column] for column in columns))
        return [pattern % tuple([row[i] for i in order]) for row in rows]

    return texts


def _encoder(safe: Callable[[str], str]) -> Callable[[object], str]:
    return lambda value: safe(value if type(value) is str else lit.natural(value))


def _iris(term: TermMap, scope: Scope, at: str) -> Term:
    uri = term.term_type in {"URI", "UnsafeURI"}
    unsafe = term.term_type in {"UnsafeIRI", "UnsafeURI"}
    legal = iris.is_uri if uri else iris.is_iri
    safe = None if unsafe else uri_safe if uri else iri_safe
    if term.kind == "template" and not unsafe:
        parts = template_parts(term.text, scope, at)
        if isinstance(parts[0], str) and iris.is_safe_start(parts[0]):
            # "~" is legal wherever an encoded value is, and completes no percent escape of the text around it
            sample = "".join("~" if isinstance(part, Slot) else part for part in parts)
            if not legal(sample):
                scope.fail("rml.iri", node=at, value=term.text, base=scope.base or "-")
            bracketed = _template(("<", *parts, ">"), scope, at, safe)
            return lambda record, number: bracketed(record)
    texts = compile_texts(term, scope, at, safe)
    make = _unsafe_maker(scope.base) if unsafe else _maker(legal, scope.base)
    return lambda record, number: [make(text) for text in texts(record)]


def _maker(legal: Callable[[str], bool], base: str | None) -> Callable[[str], str]:
    """RML-Core 12.2: as it stands, or with the base IRI before it (put before, not resolved), or a data error."""

    def make(text: str) -> str:
        if legal(text):
            return f"<{text}>"  # `legal` is stricter than the check of kg.model.iri
        if base is not None and legal(base + text):
            return f"<{base}{text}>"
        raise DataFault("rml.iri", value=text, base=base or "-")

    return make


def _unsafe_maker(base: str | None) -> Callable[[str], str]:
    def make(text: str) -> str:
        found = iris.unsafe_term(text) or iris.unsafe_term((base or "") + text)
        if found is None:
            raise DataFault("rml.iri", value=ascii(text), base=base or "-")
        return found

    return make


def _blank(text: str) -> str:
    """A label that two texts share only if they are equal (RML-Core 12, on identifiers of blank nodes)."""
    return "_:b" + "".join(char if char in _PLAIN else f"_{ord(char):x}_" for char in text)


def _literals(term: TermMap, scope: Scope, at: str) -> Term:
    find: Callable[[Any], Sequence[Any]]
    if term.kind == "reference":
        find = compile_reference(term.text, scope, at).find
    else:
        find = compile_texts(term, scope, at)
    if term.language is not None:
        return _tagged(find, term.language, scope, at)
    if term.datatype is not None:
        return _typed(find, term.datatype, scope, at)
    return lambda record, number: [lit.natural_literal(value) for value in find(record)]


def _tagged(find: Callable[[Any], Sequence[Any]], language: TermMap, scope: Scope, at: str) -> Term:
    at = f"{at} rml:languageMap"
    if language.kind == "constant":
        suffix = _language_suffix(language.text, scope, at)
        return lambda record, number: [lit.quoted(lit.natural(value)) + suffix for value in find(record)]
    tags = compile_texts(language, scope, at)

    def terms(record: Any, number: int) -> Sequence[str]:
        values = [lit.quoted(lit.natural(value)) for value in find(record)]
        return [value + _tag(tag) for value in values for tag in tags(record)]

    return terms


def _tag(value: str) -> str:
    tag = lit.language_tag(value)
    if tag is None:
        raise DataFault("rml.language", value=value)
    return f"@{tag}"


def _language_suffix(value: str, scope: Scope, at: str) -> str:
    try:
        return _tag(value)
    except DataFault as fault:
        scope.fail(fault.code, node=at, **fault.values)


def _typed(find: Callable[[Any], Sequence[Any]], datatype: TermMap, scope: Scope, at: str) -> Term:
    at = f"{at} rml:datatypeMap"
    if datatype.kind == "constant":
        form = _lexical_form(datatype.text, scope, at)
        constant_term(Constant(datatype.text, True), scope, at)
        suffix = literal("", datatype=datatype.text)[2:]
        return lambda record, number: [lit.quoted(form(value)) + suffix for value in find(record)]
    datatypes = _iris(datatype, scope, at)

    def terms(record: Any, number: int) -> Sequence[str]:
        names = datatypes(record, number)
        return [_typed_literal(value, name[1:-1]) for value in find(record) for name in names]

    return terms


def _typed_literal(value: Any, datatype: str) -> str:
    try:
        form = lit.lexical_form(datatype)
    except KeyError:
        raise DataFault("rml.datatype", **_datatype_values(datatype)) from None
    return lit.quoted(form(value)) + literal("", datatype=datatype)[2:]


def _lexical_form(datatype: str, scope: Scope, at: str) -> Callable[[object], str]:
    try:
        return lit.lexical_form(datatype)
    except KeyError:
        scope.fail("rml.datatype", node=at, **_datatype_values(datatype))


def _datatype_values(datatype: str) -> dict[str, str]:
    return {"value": datatype, "nearest": nearest(datatype.removeprefix(lit.XSD), lit.known_datatypes())}
