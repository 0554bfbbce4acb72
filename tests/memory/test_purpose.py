"""What a call is for: three parts that are stored, and one label that people read."""

import sqlite3
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.memory.domain.purpose import Purpose, format_purpose, split_purpose
from inkwright.memory.store import journal, works
from inkwright.memory.store.library import Library

FIXTURE = Path(__file__).parent.parent / "fixtures" / "library-0.1.0-1cbb4d2" / "home.tar.gz"


@pytest.mark.parametrize(
    ("label", "parts"),
    [
        ("write", ("write", "", 0)),
        ("check 0", ("check", "", 0)),
        ("check 103", ("check", "", 103)),
        ("plan check", ("plan check", "", 0)),
        ("look again 2", ("look again", "", 2)),
        ("settle", ("settle", "", 0)),
        ("settle 2", ("settle", "", 2)),
        ("repair c1 1", ("repair", "c1", 1)),
        ("support 0", ("support", "", 0)),
        ("support 2.12", ("support", "12", 2)),
        ("a purpose of no release 7", ("a purpose of no release 7", "", 0)),
    ],
)
def test_a_label_of_an_older_library_is_split_and_shown_as_before(label, parts):
    assert split_purpose(label) == parts
    assert format_purpose(*parts) == label


@given(
    st.sampled_from(sorted(set(Purpose) - {Purpose.SUPPORT, Purpose.PLAN_CHECK})),
    st.from_regex(r"\A[a-z][a-z0-9-]{0,8}\Z"),
    st.integers(1, 10**6),
)
def test_what_is_shown_says_all_three_parts(purpose, subject, attempt):
    assert split_purpose(format_purpose(purpose, subject, attempt)) == (purpose, subject, attempt)


def test_the_calls_of_an_older_library_keep_their_labels_and_get_their_parts(tmp_path):
    with tarfile.open(FIXTURE) as packed:
        packed.extractall(tmp_path, filter="data")
    home = tmp_path / "home"
    with sqlite3.connect(home / "library.db") as db:
        query = "SELECT work, purpose FROM journal ORDER BY work, id"
        labels = db.execute(query).fetchall()
    db.close()
    library = Library.open(home)
    calls = [
        (work.id, call)
        for work in sorted(works.list_works(library), key=lambda w: w.id)
        for call in journal.load_calls(library, work.id)
    ]
    library.close()
    assert [(work, call.label) for work, call in calls] == labels
    assert {call.purpose for _, call in calls} <= set(Purpose)
    assert {(c.subject, c.attempt) for _, c in calls if c.purpose == "repair"} == {("c1", 1)}
