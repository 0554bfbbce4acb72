"""What a draft was checked against: a record, and the line of text that is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.memory.domain.check_record import (
    ConstraintCheck,
    DroppedSourceCheck,
    EntryCheck,
    FindingVerdict,
    MissedFactsLook,
    NodeCheck,
    Recheck,
    RepairAttempt,
    RepetitionPatch,
    UnknownCheck,
    parse_check,
)

TEXTS, NUMBERS = st.text(max_size=20), st.integers(0, 10**9)
DIGESTS = st.from_regex(r"\A[0-9a-f]{16}\Z")


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("entry:plan.1:2", EntryCheck("plan.1", 2)),
        ("entry:s1.3:gone", EntryCheck("s1.3", None)),
        ("node:ab12", NodeCheck("ab12")),
        ("constraint:cd34", ConstraintCheck("cd34")),
        ("source:Smith2020:dropped", DroppedSourceCheck("Smith2020")),
        ("look:1", MissedFactsLook(1)),
        ("repair:c1", RepairAttempt("c1")),
        ("once more:2", RepetitionPatch(2)),
        ("reread", Recheck()),
        ("verdict:accepted:c1:0f", FindingVerdict("accepted", "c1", "0f")),
        ("verdict:perhaps:c1:0f", UnknownCheck("verdict:perhaps:c1:0f")),
        ("entry:plan.1:two", UnknownCheck("entry:plan.1:two")),
        ("look:01", UnknownCheck("look:01")),
        ("source:Smith2020", UnknownCheck("source:Smith2020")),
        ("reread:1", UnknownCheck("reread:1")),
        ("of a later release", UnknownCheck("of a later release")),
    ],
)  # fmt: skip
def test_what_a_library_holds_is_read_and_written_back_as_it_was(text, record):
    assert parse_check(text) == record
    assert record.stored == text


@given(
    st.one_of(
        st.builds(EntryCheck, TEXTS, st.none() | NUMBERS),
        st.builds(NodeCheck, TEXTS),
        st.builds(ConstraintCheck, TEXTS),
        st.builds(DroppedSourceCheck, TEXTS),
        st.builds(MissedFactsLook, NUMBERS),
        st.builds(RepairAttempt, TEXTS),
        st.builds(RepetitionPatch, NUMBERS),
        st.just(Recheck()),
        st.builds(FindingVerdict, st.sampled_from(["accepted", "dismissed"]), TEXTS, DIGESTS),
    )
)
def test_a_record_is_read_back_whatever_is_in_its_names(record):
    assert parse_check(record.stored) == record
