"""Curation: guards, acts, and where stated, curated and withdrawn statements go."""

from __future__ import annotations

import pytest

from kg import curate, pipeline
from kg.errors import CurationError, ProjectError
from kg.model import graph_of

HEAD = """
[[curate]]
record = "000-2018-london"
by = "a curator"
on = 2026-11-21
reason = {{ en = "because", ja = "理由" }}
{body}
"""


def decide(project, body: str) -> None:
    """Leave one decision in the curation files."""
    for path in project.files("mappings/curation", "*.toml"):
        path.unlink()
    project.curation("000").write_text(HEAD.format(body=body), encoding="utf-8")


def curated(project, body: str):
    decide(project, body)
    sources = pipeline.load(project)
    return {r.id: r for r in curate.apply(sources.records, sources.decisions)}


def test_set_with_a_fitting_guard(copy_of_project):
    records = curated(copy_of_project, 'field = "norm.start"\nexpect = "2019-01-20"\nset = "2019-01-21"')
    assert records["000-2018-london"].norm["start"] == "2019-01-21"


def test_add_remove_and_split(copy_of_project):
    theme = "Rebuilding Through Regional Potential and Local Capital"
    guard = f'field = "norm.themes"\nexpect = ["{theme}"]\n'
    added = curated(copy_of_project, guard + 'add = ["Another theme"]')
    assert added["000-2018-london"].norm["themes"] == [theme, "Another theme"]
    removed = curated(copy_of_project, guard + f'remove = ["{theme}"]')
    assert removed["000-2018-london"].norm["themes"] == []
    split = curated(copy_of_project, guard + f'item = "{theme}"\nsplit = ["Rebuilding", "Local Capital"]')
    assert split["000-2018-london"].norm["themes"] == ["Rebuilding", "Local Capital"]


def test_reject_leaves_the_record_out(copy_of_project):
    records = curated(copy_of_project, 'field = "norm.start"\nexpect = "2019-01-20"\nreject = true')
    assert "000-2018-london" not in records and "000-2018-seoul" in records


@pytest.mark.parametrize(
    ("body", "field", "expected", "found"),
    [
        ('field = "norm.start"\nexpect = "2019-01-19"\nset = "2019-01-21"', "norm.start", "'2019-01-19'", "'2019-01-20'"),
        ('field = "norm.start"\nexpect_absent = true\nset = "2019-01-21"', "norm.start", "(absent)", "'2019-01-20'"),
        ('field = "norm.edtf"\nexpect = "x"\nset = "y"', "norm.edtf", "'x'", "(absent)"),
        (
            'field = "norm.edtf"\nexpect_absent = true\nwhen = { "verbatim.office" = "Paris" }\nset = "y"',
            "verbatim.office", "'Paris'", "'London'",
        ),
    ],
)  # fmt: skip
def test_a_guard_that_does_not_fit_stops_with_the_difference(copy_of_project, body, field, expected, found):
    with pytest.raises(CurationError) as error:
        curated(copy_of_project, body)
    text = str(error.value)
    assert error.value.code == "curation-guard" and "mappings/curation/000.toml:2" in text
    assert field in text and expected in text and found in text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('field = "norm.start"\nset = "x"', "curation-guard-missing"),
        ('field = "norm.start"\nexpect = "a"\nexpect_absent = true\nset = "x"', "curation-guard-missing"),
        ('field = "norm.start"\nexpect = "a"', "curation-act"),
        ('field = "norm.start"\nexpect = "a"\nset = "x"\nadd = ["y"]', "curation-act"),
        ('field = "norm.start"\nexpct = "a"\nset = "x"', "curation-key"),
        ('field = "verbatim.office"\nexpect = "London"\nset = "x"', "curation-field"),
    ],
)
def test_a_misshapen_decision_is_refused(copy_of_project, body, code):
    with pytest.raises(ProjectError) as error:
        curated(copy_of_project, body)
    assert error.value.code == code


def test_an_unknown_record_is_refused_with_the_nearest(copy_of_project):
    decide(copy_of_project, 'field = "norm.start"\nexpect = "2019-01-20"\nset = "x"')
    path = copy_of_project.curation("000")
    path.write_text(path.read_text().replace("000-2018-london", "000-2018-lodnon"))
    sources = pipeline.load(copy_of_project)
    with pytest.raises(CurationError) as error:
        curate.apply(sources.records, sources.decisions)
    assert "000-2018-london" in str(error.value)


def test_a_changed_value_is_withdrawn_from_the_record_graph(copy_of_project):
    decide(copy_of_project, 'field = "norm.start"\nexpect = "2019-01-20"\nset = "2019-01-21"')
    made = pipeline.graphs(pipeline.load(copy_of_project))
    starts = {graph_of(q).rsplit("graph/", 1)[1]: q.split('"')[1] for q in made.lines if "2018-london>" in q.split(" ")[0] and "startDate>" in q}
    assert starts == {"curation/000-2018-london": "2019-01-21"}
    assert [q.split('"')[1] for q in made.withdrawn if "startDate>" in q] == ["2019-01-20"]


def test_each_decision_is_an_activity_with_who_why_and_when(graphs, sources):
    base = sources.vocabulary.base
    runs = {q.split(" ")[0] for q in graphs.lines if q.startswith(f"<{base}id/run/curate-")}
    assert len(runs) == len(sources.decisions) > 50
    for run in runs:
        said = " ".join(q for q in graphs.lines if q.startswith(run))
        for part in ("#wasAssociatedWith>", '#comment> "', "@ja", "@en", "terms/date>", "terms/description>"):
            assert part in said, (run, part)


# ---- identity


IDENTITY = """
[[curate]]
record = "004-contact"
field = "norm.relations"
expect = {expect}
by = "a curator"
on = 2026-11-21
reason = {{ en = "because", ja = "理由" }}
{act}
"""


def identified(project, act: str):
    """The curated record of the contact lines of 004 under one decision on what it names."""
    (record,) = [r for r in pipeline.load(project).records if r.id == "004-contact"]
    rows = ", ".join("{ " + ", ".join(f'{k} = "{v}"' for k, v in row.items()) + " }" for row in record.norm["relations"])
    for path in project.files("mappings/curation", "*.toml"):
        path.unlink()
    project.curation("004").write_text(IDENTITY.format(expect=f"[{rows}]", act=act), encoding="utf-8")
    sources = pipeline.load(project)
    (found,) = [r for r in curate.apply(sources.records, sources.decisions) if r.id == record.id]
    return record, found


def test_same_as_renames_a_thing_throughout_its_record(copy_of_project):
    old, new = "org/clair-koryu-shinzen-ka", "org/clair-section"
    before, after = identified(copy_of_project, f'item = "{old}"\nsame-as = "{new}"')
    assert "clair-koryu-shinzen-ka" in str(before.norm) and "clair-koryu-shinzen-ka" not in str(after.norm)
    assert str(after.norm) == str(before.norm).replace("clair-koryu-shinzen-ka", "clair-section")


def test_same_as_refuses_a_thing_that_the_field_does_not_name(copy_of_project):
    with pytest.raises(CurationError) as error:
        identified(copy_of_project, 'item = "org/nobody"\nsame-as = "org/clair-section"')
    assert error.value.code == "curation-guard" and "org/nobody" in str(error.value)


def test_not_same_as_is_said_in_the_field(copy_of_project):
    before, after = identified(copy_of_project, 'item = "contact/004"\nnot-same-as = "contact/000"')
    assert after.norm["relations"] == [
        *before.norm["relations"], {"kind": "contact", "slug": "004", "toKind": "contact", "toSlug": "000"},
    ]  # fmt: skip
