"""Patches, trims and additions, from what an editor answers to the text that comes of it."""

from inkwright.agents.drafting import editor
from inkwright.agents.llm.schemas import Cuts, Edit, Edits
from inkwright.memory.domain.draft import Finding
from inkwright.memory.domain.protected_spans import ProtectedSpan
from tests.builders import build_plan, build_run, everywhere

TEXT = "One went out. Two stayed in. Three came back. Four slept."
FAULT = Finding(constraint="c1", status="broken", evidence="Two stayed in.")
NO_RAIN = everywhere("c2", "No rain", kind="must_not_contain", phrases=("rain",))


def edits(*items: tuple[int, int, str]) -> Edits:
    return Edits(edits=[Edit(first=first, last=last, text=text) for first, last, text in items])


async def patch(run, **options) -> str:
    return await editor.patch(
        run.session, run.plan, "s1", TEXT, [FAULT], {"c1": "Nobody stays in"}, **options
    )


async def test_an_editor_is_shown_the_fault_and_changes_its_sentence_only():
    run = build_run(edits((2, 2, "Two went too.")))
    assert await patch(run) == TEXT.replace("Two stayed in.", "Two went too.")
    (call,) = run.client.calls
    assert (call.role, call.label) == ("editor", "patch 1")
    assert '[c1] "Two stayed in.": Nobody stays in' in call.user


async def test_an_edit_that_would_break_a_rule_is_left_out():
    run = build_run(edits((2, 2, "The rain came."), (4, 4, "Four woke.")), plan=build_plan(NO_RAIN))
    assert await patch(run) == TEXT.replace("Four slept.", "Four woke.")


async def test_an_edit_of_protected_words_is_left_out_and_reported():
    start = TEXT.index("Two")
    span = ProtectedSpan(start=start, end=start + 3)
    run = build_run(edits((2, 2, "Two went too.")))
    assert await patch(run, protected_spans=[span]) == TEXT
    assert run.problems == ["s1: the editor would have changed text that is yours; it stays"]


async def test_an_answer_without_a_usable_edit_is_asked_for_once_more():
    run = build_run(edits((9, 9, "Nobody.")), edits((2, 2, "Two went too.")))
    assert "Two went too." in await patch(run)
    assert run.client.refused == ["it has no usable text for one of the numbered sentences"]


async def test_a_fault_about_a_subject_shows_the_editor_its_sentences_alone():
    run = build_run(edits((2, 2, "Two went too.")))
    await patch(run, subject_names=frozenset({"nobody"}))
    numbered = run.client.prompts[0].split("<sentences>")[1]
    assert "[3] Three" in numbered
    assert "[4] Four" not in numbered


async def test_a_trim_takes_no_more_than_it_may():
    run = build_run(Cuts(sentences=[1, 2, 3, 4]))
    text = await editor.trim(run.session, "s1", TEXT, (), 2, 2, turn=1)
    assert text == "One went out. Two stayed in. Three came back."


async def test_a_trim_leaves_what_a_rule_wants_there():
    keeps_four = everywhere("c3", "Four sleeps", kind="must_contain", phrases=("Four slept",))
    run = build_run(Cuts(sentences=[4, 1]))
    text = await editor.trim(run.session, "s1", TEXT, [keeps_four], 2, 4, turn=1)
    assert text == "Two stayed in. Three came back. Four slept."


async def test_words_are_added_in_sentences_that_are_there():
    far_too_much = "Two stayed in " + "so " * 40
    run = build_run(edits((1, 1, "One went out into the wind."), (2, 2, far_too_much)))
    text = await editor.densify(run.session, "s1", TEXT, (), 3, 5, turn=1)
    assert text == TEXT.replace("One went out.", "One went out into the wind.")
