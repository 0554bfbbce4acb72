"""What a citing sentence rests on, by rule: exact passages, or what is wrong with it."""

import pytest

from inkwright.memory.citations import syntax
from inkwright.memory.citations.citation_evidence import (
    ClaimEvidence,
    find_evidence,
    find_uncited_sentences,
)
from inkwright.memory.domain.source import Source
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store.sources import StoredSource

LONG = " ".join(f"Sentence {n} of the chapter tells of one more quay." for n in range(100, 120))
PORT = Source(
    key="kerr:2021/a",
    title="The port",
    text=f"The harbour has 13 docks on its northern side. {LONG} "
    "Goods of 2.4 million tonnes pass through it in a year, says Marie Durand.",
)
DAM = Source(key="dam", title="Le barrage", text="Le barrage commande la marée dans le fleuve.")
ZH = Source(key="zh", title="港口", text="布雷斯特港口共有13个船坞，其中3个是干船坞。")
BARE = Source(key="roe1999", kind="reference", title="Ports")


@pytest.fixture
def shelf() -> SourceIndex:
    return SourceIndex(
        [StoredSource(number=n, source=s) for n, s in enumerate((PORT, DAM, ZH, BARE), 1)]
    )


def ground(shelf: SourceIndex, text: str, *, shown: bool = True) -> ClaimEvidence:
    [found] = find_evidence(text, shelf, shelf.passages if shown else ())
    return found


def test_a_claim_put_together_from_two_passages_rests_on_both(shelf: SourceIndex) -> None:
    found = ground(shelf, "With 13 docks it takes 2.4 million tonnes a year [@kerr:2021/a].")
    assert found.fault == ""
    assert len(found.evidence) == 2
    words = " ".join(map(shelf.get_text, found.evidence))
    assert "13 docks" in words
    assert "2.4 million" in words


def test_what_no_passage_shown_has_is_a_fault_still(shelf: SourceIndex) -> None:
    assert ground(shelf, "It has 14 docks [@kerr:2021/a].").fault == (
        "14 is not in the passage it cites"
    )
    told = "With 13 docks it takes 2.4 million tonnes a year, Paul Petit says [@kerr:2021/a]."
    assert ground(shelf, told).fault == "Paul Petit is not in the passage it cites"


def test_a_claim_in_other_words_is_left_to_the_judge_with_what_its_writer_was_given(
    shelf: SourceIndex,
) -> None:
    for claim in ("大坝控制着河里的潮水[@dam]。", "A weir rules how water runs there [@dam]."):
        found = ground(shelf, claim)
        assert (found.fault, found.is_certain) == ("", False)
        assert [e.key for e in found.evidence] == ["dam"]
        assert ground(shelf, claim, shown=False).fault == "nothing in [@dam] says this"


def test_a_name_is_looked_for_in_a_source_of_its_own_script(shelf: SourceIndex) -> None:
    assert ground(shelf, "The port of Brest has 13 basins [@zh].").fault == ""
    told = ground(shelf, "The port of Brest has 14 basins [@zh].").fault
    assert told == "14 is not in the passage it cites"
    assert "Brest" in ground(shelf, "Le barrage de Brest commande la marée [@dam].").fault


def test_every_source_that_a_sentence_cites_must_say_something_of_it(shelf: SourceIndex) -> None:
    claim = "It has 13 docks on its northern side [@kerr:2021/a; @roe1999]."
    assert ground(shelf, claim).fault == "nothing in [@roe1999] says this"
    assert ground(shelf, claim.replace("; @roe1999", "")).fault == ""


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("It is so [dam].", "It is so [@dam]."),
        ("It is so (@dam, @kerr:2021/a).", "It is so [@dam; @kerr:2021/a]."),
        ("港口有13个船坞【@dam】。", "港口有13个船坞[@dam]。"),
        ("港口有13个船坞（@dam；@kerr:2021/a）。", "港口有13个船坞[@dam; @kerr:2021/a]。"),
        ("As @dam says, it is so.", "As [@dam] says, it is so."),
        ("据@dam指出，如此。", "据[@dam]指出，如此。"),
        ("Write to ann@dam or @dammed.", "Write to ann@dam or @dammed."),
        ("See [@dam, p. 3] and [nobody].", "See [@dam, p. 3] and [nobody]."),
    ],
)
def test_citations_that_models_write_in_their_own_ways_are_read(told: str, meant: str) -> None:
    assert syntax.tidy_citations(told, ["dam", "kerr:2021/a"]) == meant


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        (
            "As Kerr et al. [@dam] found, it has 13 docks. It is old.",
            ["As Kerr et al. [@dam] found, it has 13 docks."],
        ),
        (
            "Kerr et al. [@dam] and Roe et al. [@roe] say so [@roe; @a]. So it is [@a].",
            ["Kerr et al. [@dam] and Roe et al. [@roe] say so [@roe; @a].", "So it is [@a]."],
        ),
        ("It is so. [@dam] Then it is not.", ["It is so. [@dam]"]),
        ("It is so [@dam]. [@a] It is not.", ["It is so [@dam]. [@a]"]),
        ("如此[@dam]，亦如彼。另有[@a]。", ["如此[@dam]，亦如彼。", "另有[@a]。"]),
    ],
)
def test_a_citation_belongs_to_its_whole_sentence(text: str, claims: list[str]) -> None:
    assert [claim.text for claim in syntax.find_claims(text)] == claims


def test_an_address_is_no_citation() -> None:
    assert syntax.find_keys("Write to [ann@port.fr] or see [见@dam].") == ("dam",)


def test_sentences_with_figures_or_quotations_that_cite_nothing_are_found() -> None:
    text = (
        "The pier is old. It was built in 1807. It has 13 docks [@dam]. “It never closes,” "
        "he said. 港口有13个船坞。 It is 7 metres deep. [@dam]"
    )
    assert find_uncited_sentences(text) == [
        "It was built in 1807.",
        "“It never closes,” he said.",
        "港口有13个船坞。",
    ]
