"""A revision breaks no rule that was kept, touches no other text, and does not go on for ever.

Every revising step is given the answers of a model that says anything at all.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwright.agents.checks import rules
from inkwright.agents.drafting import editor
from inkwright.agents.drafting.subset_sum import choose_subset
from inkwright.agents.llm.schemas import Edit, Edits
from inkwright.agents.orchestration.section_graph import MAX_ROUNDS
from inkwright.agents.revision import instructed_edit
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.protected_spans import ProtectedSpan
from inkwright.memory.text.words import count_words, sentences
from tests.agents.small_runs import Small

WORDS = (
    "A red kite flew.",
    "Nobody saw it.",
    "The lamp was lit!",
    "旧船停在港口。",
    "So it went on.",
)
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
NUMBERS = st.lists(st.integers(-2, 12), max_size=12)
NEW = st.sampled_from(
    ["Words came.", "A red kite fell.", "又来了一句。", "", "I'm sorry, I can't help."]
)
EDITS = st.lists(st.tuples(st.integers(-1, 10), st.integers(-1, 10), NEW), max_size=6)
RULES = (
    Constraint(id="c1", text="kite", kind="must_contain", phrases=("red kite",)),
    Constraint(id="c2", text="no lamp", kind="must_not_contain", phrases=("lamp",)),
    Constraint(id="c3", text="ends", kind="pattern", pattern=r"[.!。]\s*$"),
)


@given(TEXTS, NUMBERS, st.integers(0, 60), st.integers(0, 60))
def test_a_cut_breaks_no_rule_that_was_kept_and_takes_no_more_than_it_may(
    text, numbers, surplus, most
):
    parts = sentences(text)
    left = editor.cut_sentences(text, parts, numbers, surplus, most, RULES)
    assert not rules.find_new_breaches(text, left, RULES)
    assert count_words(text) - count_words(left) <= most
    kept = iter(parts)
    assert all(any(p.text == s.text for p in kept) for s in sentences(left))


@given(TEXTS, EDITS)
def test_a_patch_touches_nothing_outside_its_sentences(text, items):
    parts = sentences(text)
    edits = Edits(edits=[Edit(first=a, last=b, text=new) for a, b, new in items])
    found = editor.apply_edits(text, parts, edits)
    named = {n for a, b, _ in items if 1 <= a <= b <= len(parts) for n in range(a, b + 1)}
    at = 0
    for number, part in enumerate(parts, 1):
        if number not in named:
            at = found.index(part.text, at) + len(part.text)


@given(TEXTS, EDITS, st.sets(st.integers(1, 9)))
def test_a_proposal_changes_only_the_hunks_that_are_taken(text, items, taken):
    parts = sentences(text)
    answer = instructed_edit.Rewording(
        edits=[Edit(first=a, last=b, text=new) for a, b, new in items if new]
    )
    usable = list(instructed_edit._iter_usable_edits(answer, range(len(parts))))
    hunks = [
        instructed_edit.Hunk(
            number=n,
            start=parts[e.first - 1].start,
            end=parts[e.last - 1].end,
            before=text[parts[e.first - 1].start : parts[e.last - 1].end],
            after=new,
        )
        for n, (e, new) in enumerate(instructed_edit._iter_changing_edits(text, parts, usable), 1)
    ]
    proposal = instructed_edit.EditorProposal(
        section="s1", version=1, text=text, hunks=tuple(hunks)
    )
    found = proposal.with_hunks(taken)
    expected, at = "", 0
    for hunk in hunks:
        expected += text[at : hunk.start] + (hunk.after if hunk.number in taken else hunk.before)
        at = hunk.end
    assert found == expected + text[at:]
    assert proposal.with_hunks(()) == text


@given(st.lists(st.integers(-5, 40), max_size=60), st.integers(0, 900), st.integers(0, 900))
@settings(deadline=None)
def test_the_choice_never_takes_more_than_it_may(sizes, wanted, most):
    found = choose_subset(sizes, wanted, most)
    assert sum(sizes[p] for p in found) <= most
    assert len(set(found)) == len(found)
    assert all(sizes[p] > 0 for p in found)


def test_a_patch_that_touches_held_text_is_left_out():
    text = "One went out. Two stayed in. Three came back."
    held = [ProtectedSpan(start=0, end=13)]
    parts = sentences(text)
    assert editor._touches_protected(held, parts, Edit(first=1, last=1, text="x"))
    assert not editor._touches_protected(held, parts, Edit(first=2, last=3, text="x"))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("salt", ["a", "b"])
async def test_an_editor_that_oscillates_ends_at_the_cap_with_the_best_version(runs, salt):
    said = [f"the {word} lamp" for word in ("green", "grey", "golden")]
    constraints = [
        {"text": f'It must say "{phrase}"', "kind": "must_contain", "phrases": [phrase], "where": 1}
        for phrase in said
    ]
    outcome = await runs.run(
        Small(
            request="A report on lamps.",
            brief={
                "outline": [{"title": "Lamps", "purpose": "All of them.", "words": 120}],
                "constraints": constraints,
            },
            arms={"plan": "given", "memory": "none"},
            sim={"forget_probability": 1.0, "editor_oscillates": True, "salt": salt},
        )
    )
    versions = outcome.versions["s1"]
    drafted, accepted = versions[0], versions[-1]
    patches = [c for c in outcome.calls if c.schema_name == "Edits"]
    assert len([c for c in patches if "<findings>" in c.messages[1]["content"]]) <= MAX_ROUNDS + 1
    had = {p for p in said if p in drafted.text}
    assert had <= {p for p in said if p in accepted.text}
