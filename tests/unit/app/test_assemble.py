"""Sections become one text, with the headings asked for."""

import pytest

from inkwright.app.manuscripts.assemble import assemble
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Heading, Outline, Section


def section(sid: str, *within: str, level: int = 1) -> Section:
    return Section(id=sid, title=f"Title {sid}", level=level, within=within, target_words=10)


OUTLINE = Outline(
    title="Tides",
    continuity="free",
    headings=(
        Heading(id="h1", title="Ebb", level=1),
        Heading(id="h2", title="Mud", level=2),
        Heading(id="h3", title="Flood", level=1),
    ),
    sections=(
        section("s1", "h1", level=2),
        section("s2", "h1", "h2", level=3),
        section("s3", "h3", level=2),
        section("s4"),
    ),
)
DRAFTS = {
    sid: Draft(section=sid, version=1, stage="drafted", text=f"Text {sid}.", words=2, manifest=1)
    for sid in ("s1", "s2", "s3", "s4")
}


def test_all_headings_stand_once_at_their_depth():
    text = assemble(OUTLINE, DRAFTS, "all")
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Tides",
        "## Ebb",
        "### Title s1",
        "### Mud",
        "#### Title s2",
        "## Flood",
        "### Title s3",
        "## Title s4",
    ]


def test_chapter_headings_leave_out_what_is_below_them():
    text = assemble(OUTLINE, DRAFTS, "chapters")
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == ["# Tides", "## Ebb", "## Flood", "## Title s4"]


def test_without_headings_the_text_is_exactly_the_sections():
    assert assemble(OUTLINE, DRAFTS, "none") == "Text s1.\n\nText s2.\n\nText s3.\n\nText s4.\n"


@pytest.mark.parametrize("headings", ["all", "chapters", "none"])
def test_a_missing_section_is_a_named_gap(headings):
    some = {sid: draft for sid, draft in DRAFTS.items() if sid != "s2"}
    assert "*[Missing: section s2, “Title s2”]*" in assemble(OUTLINE, some, headings)
