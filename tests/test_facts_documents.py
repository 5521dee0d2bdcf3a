"""The records of prose against the documents that they were read from."""

from __future__ import annotations

import hashlib


def test_names_and_dates_stand_where_the_records_say(documents, sources):
    """Everything printed stands in the characters of its record, whose hash is that of the passage."""
    texts = {d.id: (documents / d.file).read_bytes().decode() for d in sources.documents.values() if d.file}
    accounts = [record for record in sources.records if record.type == "account"]
    assert len(accounts) > 80
    for record in accounts:
        passage = texts[record.document][slice(*record.place.chars)]
        assert hashlib.sha256(passage.encode()).hexdigest() == record.place.sha256
        for words in record.verbatim.values():
            for text in words:
                assert text in passage, (record.id, text)
