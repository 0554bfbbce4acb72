"""The plan's own entries: whose words they are, and from which section on they hold."""

import pytest

from inkwright.agents.llm.schemas import Cast, PlannedEntry
from inkwright.agents.planning.plan_entries import create_plan_entries
from inkwright.memory.retrieval.visibility import find_visible_entries
from tests.builders import build_ledger, build_plan, build_run


async def plan_entries(*items: dict[str, str], request: str = "Write about a lighthouse."):
    cast = Cast(entries=[PlannedEntry.model_validate(i) for i in items])
    run = build_run(cast, brief={"request": request}, plan=build_plan(sections=3))
    return await create_plan_entries(run.session, run.plan.outline)


async def test_the_prompts_own_words_are_no_subject_and_no_statement():
    made = await plan_entries(
        {"subject": "a name", "statement": "Mara keeps the light."},
        {"subject": "the person, place or thing it is about", "statement": "It is old."},
        {"subject": "Mara", "statement": "the fact, in one sentence"},
        {"subject": "key events", "statement": "A storm breaks."},
        {"subject": "Mara", "statement": "She keeps the light.", "attribute": "subject"},
    )
    assert [(e.subject, e.attribute) for e in made] == [("Mara", "")]


async def test_words_that_the_request_has_too_may_be_meant():
    item = {"subject": "key events", "statement": "The key events are told backwards."}
    (entry,) = await plan_entries(item, request="Tell the key events of a storm backwards.")
    assert entry.subject == "key events"


@pytest.mark.parametrize(
    ("said", "start"),
    [("s2", "s2"), ("from s2 on", "s2"), ("Part 2", "s2"), ("", None), ("None", None)],
)
async def test_the_section_from_which_an_entry_is_true_is_made_out(said: str, start: str | None):
    (entry,) = await plan_entries({"subject": "Mara", "statement": "Gone.", "from_section": said})
    assert entry.from_section == start


@pytest.mark.parametrize("said", ["s99", "the middle", "s1 or s2"])
async def test_an_entry_true_from_nobody_knows_where_is_left_out(said: str):
    item = {"subject": "Mara", "statement": "Gone.", "from_section": said}
    assert await plan_entries(item) == ()


@pytest.mark.parametrize("origin", ["plan", "person"])
@pytest.mark.parametrize("pinned", [False, True])
async def test_what_is_true_only_later_is_shown_to_no_earlier_section(origin: str, pinned: bool):
    (entry,) = await plan_entries({"subject": "Mara", "statement": "Gone.", "from_section": "s2"})
    ledger = build_ledger([entry.model_copy(update={"origin": origin, "pinned": pinned})])
    outline = build_plan(sections=3).outline
    seen = [bool(find_visible_entries(ledger, outline, s.id, {})) for s in outline.sections]
    assert seen == [False, True, True]
