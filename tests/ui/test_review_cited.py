"""Citations on the Review page: each sentence beside the words it rests on, and what has none."""

import pytest

from inkwright.memory.domain.outline import Section, SectionSource
from inkwright.memory.domain.source import Source
from inkwright.memory.store.library import Library
from tests.builders import built, outline
from tests.ui.showing import said, shown, turned

TIDES = Source(
    key="tides",
    title="Tides <b>of</b> Brest",
    text="Here is the first page, of no use at all.\n\nThe range is 7.2 metres at springs.",
    pages=(0, 43),
)
PARTS = (
    "The range is 7.2 metres at springs [@tides].",
    "The range is 9.9 metres at springs [@tides].",
    "In 1807 a gauge was built.",
)


@pytest.fixture
def work(library: Library) -> str:
    with built(library, "A report.", sources=(TIDES,)) as made:
        cites = (SectionSource(source="tides", point="the range"),)
        one = Section(id="s1", title="One", target_words=100, cites=cites)
        made.plan(outline(one, Section(id="s2", title="Two", target_words=100)))
        made.draft("s1", " ".join(PARTS))
        made.draft("s2", "It rained.")
        return made.work


def test_each_citation_shows_its_passage_with_the_page_and_the_doubtful_come_first(
    work: str,
) -> None:
    test = turned(shown("review", work=work), "review tab", "Citations")
    labels = [e.label for e in test.expander if "Tab" not in e.label]
    assert [label.partition("  ")[0] for label in labels[-2:]] == [
        ":red[:material/cancel: unsupported]",
        ":gray[:material/help: not reviewed]",
    ]
    assert "Figures and quotations that rest on no source (1)" in labels
    drawn = "".join(str(h.proto.body) for h in test.get("html"))
    assert "The range is 7.2 metres at springs.</div>" in drawn
    assert "In 1807 a gauge was built." in drawn
    assert "<b>" not in drawn
    told = said(test)
    assert "9\\.9 is not in the passage it cites" in told
    assert "page 2" in told


def test_a_piece_that_cites_nothing_says_so(library: Library) -> None:
    with built(library, "A story.") as made:
        made.plan(outline(Section(id="s1", title="One", target_words=100)))
        made.draft("s1", "In 1807 it rained.")
    test = turned(shown("review", work=made.work), "review tab", "Citations")
    assert "Nothing in the piece cites a source" in said(test)
