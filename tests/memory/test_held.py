"""Held text: found again wherever a patch moved it, and never lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.memory.domain.draft import Review
from inkwright.memory.domain.protected_spans import (
    ProtectedSpan,
    covers,
    find_new_ranges,
    find_surviving_spans,
    merge_spans,
    move_spans,
    touches,
)
from inkwright.memory.errors import BadInput, HeldTextLost
from inkwright.memory.store import drafts, works
from inkwright.memory.store.library import Library
from inkwright.memory.text.words import sentences
from inkwright.memory.user_work import user_drafts
from tests.builders import begun, drafted, planned
from tests.memory.texts import PROSE

BEFORE = "One goes. Two stays. Three goes. Two stays."


def spelled(spans: tuple[ProtectedSpan, ...], text: str) -> list[str]:
    return [text[s.start : s.end] for s in spans]


def test_a_stretch_moves_with_its_sentence_and_not_to_its_double():
    second = ProtectedSpan(start=BEFORE.rindex("Two"), end=len(BEFORE))
    after = "One goes, and on and on. Two stays. Three has gone. Two stays."
    assert move_spans([second], BEFORE, after) == (
        ProtectedSpan(start=after.rindex("Two"), end=len(after)),
    )


def test_a_stretch_that_is_gone_is_an_error_when_nobody_may_remove_it():
    with pytest.raises(HeldTextLost, match="Three goes"):
        move_spans([ProtectedSpan(start=21, end=32)], BEFORE, "One goes. Two stays.")
    assert (
        find_surviving_spans([ProtectedSpan(start=21, end=32)], BEFORE, "One goes. Two stays.")
        == ()
    )


def test_of_a_stretch_that_was_changed_the_other_sentences_stay_held():
    after = "One goes. Two left. Three goes. Two stays."
    left = find_surviving_spans([ProtectedSpan(start=0, end=len(BEFORE))], BEFORE, after)
    assert spelled(left, after) == ["One goes.", "Three goes. Two stays."]


def changed(text: str, keep: set[int], data: st.DataObject) -> str:
    """Return a text with other words, or none, for the sentences that are not to be kept."""
    pieces, at = [], 0
    for n, part in enumerate(sentences(text)):
        new = part.text
        if n not in keep:
            new = data.draw(st.sampled_from(["", "It rained. ", "他走了。", part.text]))
        pieces += [text[at : part.start], new]
        at = part.end
    return "".join([*pieces, text[at:]])


@given(PROSE, st.data())
def test_a_text_that_is_a_person_s_stays_theirs_whatever_they_change_in_it(text, data):
    after = changed(text, set(), data)
    theirs = [ProtectedSpan(start=start, end=end) for start, end in find_new_ranges(text, after)]
    assert covers(
        [*theirs, *find_surviving_spans([ProtectedSpan(start=0, end=len(text))], text, after)],
        after,
    )


@given(PROSE, st.data())
def test_whatever_sentences_are_replaced_held_ones_are_found_again_unchanged(text, data):
    parts = sentences(text)
    if not parts:
        return
    keep = data.draw(st.sets(st.integers(0, len(parts) - 1)))
    held = merge_spans(ProtectedSpan(start=parts[n].start, end=parts[n].end) for n in keep)
    after = changed(text, keep, data)
    assert spelled(move_spans(held, text, after), after) == spelled(held, text)


def test_what_a_person_wrote_is_the_sentences_that_were_not_there_before():
    after = "One goes. Two left long ago. Three goes. Two stays. 她走了。"
    mine = [after[start:end] for start, end in find_new_ranges(BEFORE, after)]
    assert mine == ["Two left long ago.", "她走了。"]


def test_a_change_touches_what_it_overlaps_and_not_what_it_borders_on():
    assert touches([ProtectedSpan(start=3, end=5)], 4, 9)
    assert not touches([ProtectedSpan(start=3, end=5)], 5, 9)
    assert not touches([ProtectedSpan(start=3, end=5)], 0, 3)


def test_white_space_between_stretches_does_not_make_a_text_mixed():
    assert covers([ProtectedSpan(start=0, end=4), ProtectedSpan(start=5, end=9)], "One. Two.\n")
    assert not covers([ProtectedSpan(start=0, end=4)], "One. Two.")


def test_a_person_s_text_for_a_section_without_a_draft_is_accepted(library: Library) -> None:
    work = begun(library)
    with works.hold_lease(library, work) as lease:
        planned(library, lease, 2)
        draft = user_drafts.save_text(library, lease, "s2", "Mine alone.", summary="Said.")
    row = drafts.load_section_row(library, work, "s2")
    assert (row.state, row.draft, row.drafted) == ("accepted", 1, 1)
    assert drafts.current(library, work)["s2"] == draft
    assert (draft.author, draft.stage, draft.held) == (
        "person",
        "person",
        (ProtectedSpan(start=0, end=11),),
    )
    assert drafts.load_manifests(library, work)["s2"].shown == ()


def test_a_model_s_patch_keeps_what_the_person_wrote_held(library: Library) -> None:
    work = begun(library)
    with works.hold_lease(library, work) as lease:
        planned(library, lease, 1)
        drafted(library, lease, "s1", "The lamp went out. Nobody came.")
        text = "The lamp went out. Somebody came."
        edited = user_drafts.save_text(library, lease, "s1", text, protected_ranges=[(19, 33)])
        after = "The lamp in the tower went out. Somebody came."
        patched = drafts.save_patch(
            library, lease, edited, text=after, stage="settled", review=None
        )
        assert (edited.author, patched.author) == ("mixed", "mixed")
        assert spelled(patched.held, after) == ["Somebody came."]
        with pytest.raises(HeldTextLost):
            drafts.save_patch(
                library, lease, patched, text="Gone.", stage="settled", review=Review()
            )
    assert drafts.current(library, work)["s1"] == patched


def test_a_section_that_is_not_there_is_named(library: Library) -> None:
    work = begun(library)
    with works.hold_lease(library, work) as lease:
        with pytest.raises(BadInput, match="not planned"):
            user_drafts.save_text(library, lease, "s1", "Mine.")
        planned(library, lease, 2)
        with pytest.raises(BadInput, match="no section 's9'; it has s1 to s2"):
            user_drafts.save_text(library, lease, "s9", "Mine.")
