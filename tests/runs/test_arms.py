"""Parts switched off for an ablation: what is off makes no call, and shows nothing."""

import asyncio
from typing import Any

import pytest

from inkwright.agents.llm.config import Ablation
from inkwright.agents.llm.events import ignore_event
from inkwright.agents.orchestration.run import RunInputs, redraft, settle
from inkwright.app.config.settings import Settings
from inkwright.app.services import engine
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.domain.brief import Brief, Constraint, Placement
from inkwright.memory.errors import BadInput
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.simserver.config import Fact, JudgeFail
from tests.simserver.process import SimServer

BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    continuity="strict",
    outline=writing.outline("The Quay", "The Light", "The Bar", subjects=("Mara",)),
    constraints=(
        Constraint(text="The tone must be brisk", where=Placement(scope="all")),
        Constraint(
            text="It says 'high water'",
            kind="must_contain",
            phrases=("high water",),
            where=Placement(scope="all"),
        ),
        Constraint(text="It says 'slack water'", kind="must_contain", phrases=("slack water",)),
    ),
)
TROUBLE = {
    "facts": [Fact(section="s1", subject="Mara", attribute="eye colour", value="green")],
    "judge_fails": [JudgeFail(constraint="brisk", section="s2")],
    "forget_probability": 1.0,
    "length_factor": 0.7,
}
ROLES = {"planner", "writer", "archivist", "reviewer", "editor", "embedder"}


@pytest.mark.parametrize(
    ("arm", "idle"),
    [
        ("review=full", set()),
        ("plan=none", {"planner", "embedder"}),
        ("plan=given", {"planner"}),
        ("memory=none", {"archivist", "embedder"}),
        ("memory=last", {"archivist", "embedder"}),
        ("memory=rolling", {"embedder"}),
        ("memory=vector", {"archivist"}),
        ("review=off", {"reviewer", "editor"}),
        ("review=rules", {"reviewer"}),
        ("plan=none memory=none review=off", ROLES - {"writer"}),
    ],
)
def test_a_part_that_is_off_makes_no_call_and_the_others_do(
    sim: SimServer, library: Library, arm: str, idle: set[str]
) -> None:
    sim.configure(**TROUBLE)
    arms: dict[str, Any] = dict(part.split("=") for part in arm.split())
    work = writing.begin(library, BRIEF, **arms)
    writing.write(library, work, calling(sim))

    asked = {call.role for call in sim.calls()}
    assert asked == ROLES - idle
    assert set(writing.roles(library, work)) == asked - {"embedder"}


@pytest.mark.parametrize(
    ("memory", "shown"),
    [
        ("none", set()),
        ("last", {"before"}),
        ("rolling", {"before", "summary"}),
        ("vector", {"before", "memory"}),
        ("full", {"before", "memory", "summary"}),
    ],
)
def test_a_writer_is_shown_only_the_memory_of_its_arm(
    sim: SimServer, library: Library, memory: str, shown: set[str]
) -> None:
    work = writing.begin(library, BRIEF, memory=memory)
    writing.write(library, work, calling(sim))
    last = sim.calls(role="writer", section="s3")[0]
    prompt = last.messages[-1]["content"]
    assert {tag for tag in ("before", "memory", "summary") if f"<{tag}>" in prompt} == shown


def test_without_planning_the_piece_is_one_section(sim: SimServer, library: Library) -> None:
    work = writing.begin(library, BRIEF.model_copy(update={"constraints": ()}), plan="none")
    writing.write(library, work, calling(sim))
    assert list(writing.texts(library, work)) == ["s1"]


def test_a_given_plan_is_used_as_it_stands(sim: SimServer, library: Library) -> None:
    work = writing.begin(library, BRIEF, plan="given")
    writing.write(library, work, calling(sim))
    found = writing.plan(library, work).outline
    assert [s.title for s in found.sections] == [item.title for item in BRIEF.outline]


def test_arms_are_works_of_their_own_and_the_report_names_them(
    sim: SimServer, library: Library
) -> None:
    settings = Settings.load(home=library.home, api_base=sim.base, model=sim.model)
    arms = Ablation(plan="given", memory="none", review="off")
    work = engine.begin_work(BRIEF, settings, arms)
    written = asyncio.run(engine.write(work.id, RunOptions(settings)))
    assert written.report["settings"]["arm"] == "plan=given memory=none review=off"
    assert engine.begin_work(BRIEF, settings, Ablation()).id != work.id


def test_a_redraft_makes_no_call_of_a_part_that_is_off_either(
    sim: SimServer, library: Library
) -> None:
    sim.configure(**TROUBLE)
    work = writing.begin(library, BRIEF, memory="none", review="off")
    how = calling(sim)
    writing.write(library, work, how)
    sim.reset_log()
    asyncio.run(
        redraft(
            work,
            RunInputs(library=library, calling=how, limits=writing.UNLIMITED, watch=ignore_event),
            ["s1"],
        )
    )
    assert {call.role for call in sim.calls()} == {"writer"}


def test_a_work_without_memory_or_review_cannot_be_settled_and_the_message_says_why(
    sim: SimServer, library: Library
) -> None:
    work = writing.begin(library, BRIEF, review="rules")
    how = calling(sim)
    writing.write(library, work, how)
    with pytest.raises(BadInput, match="begun with plan=full memory=full review=rules"):
        asyncio.run(
            settle(
                work,
                RunInputs(
                    library=library, calling=how, limits=writing.UNLIMITED, watch=ignore_event
                ),
            )
        )
