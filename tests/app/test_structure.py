"""A work's outline, changed by its person: texts go along, and are still whose they were."""

import pytest

from inkwright.app.api.outline import WorkOutline
from inkwright.app.api.section import SectionText
from inkwright.memory.changes import outline_edits
from inkwright.memory.domain.draft import compute_word_share
from inkwright.memory.errors import WorkBusy
from inkwright.memory.store import drafts, works
from inkwright.memory.store.library import Library
from inkwright.memory.text.words import FIRST_RULE
from tests.builders import begun, drafted, planned

FIRST, SECOND = "It rained all day.\n\nThen it stopped.", "The sun came out."


@pytest.fixture
def work(library: Library) -> str:
    made = begun(library)
    with works.hold_lease(library, made) as lease:
        planned(library, lease, 3)
        drafted(library, lease, "s1", FIRST)
        drafted(library, lease, "s2", SECOND)
    return made


def test_joined_sections_have_both_texts_and_their_authors(library: Library, work: str) -> None:
    SectionText(work, "s2").edit("I saw the sun.")
    WorkOutline(work).apply(outline_edits.build_join("s1"))
    joined = drafts.current(library, work)["s1"]
    assert joined.text == f"{FIRST}\n\nI saw the sun."
    assert [joined.text[h.start : h.end] for h in joined.held] == ["I saw the sun."]
    share = compute_word_share(joined, FIRST_RULE)
    assert (share.person, share.model) == (4, 7)


def test_a_split_section_is_divided_between_paragraphs(library: Library, work: str) -> None:
    plan = WorkOutline(work).apply(outline_edits.build_split("s1", "Later"))
    later = next(s.id for s in plan.outline.sections if s.title == "Later")
    current = drafts.current(library, work)
    assert (current["s1"].text, current[later].text) == ("It rained all day.", "Then it stopped.")
    assert current[later].held == ()


def test_a_preview_says_what_goes_out_of_date_and_writes_nothing(
    library: Library, work: str
) -> None:
    structure = WorkOutline(work)
    seen = structure.preview(
        outline_edits.build_section_edit("s2", purpose="Say how it cleared up.")
    )
    assert list(seen.stale) == ["s2"]
    assert seen.unwritten == ("s3",)
    assert structure.plan.version == 1
    structure.apply(outline_edits.build_section_edit("s2", purpose="Say how it cleared up."))
    assert structure.plan.version == 2


def test_texts_are_not_divided_while_a_run_writes_but_the_outline_can_change(
    library: Library, work: str
) -> None:
    structure = WorkOutline(work)
    with works.hold_lease(library, work):
        with pytest.raises(WorkBusy):
            structure.apply(outline_edits.build_join("s1"))
        assert structure.apply(outline_edits.build_move("s3", -1)).version == 2
