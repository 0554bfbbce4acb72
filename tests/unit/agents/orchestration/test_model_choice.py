"""Which of the writer's models a section is given to."""

import pytest

from inkwright.agents.orchestration import model_choice
from inkwright.agents.orchestration.model_choice import UNITS, Demands
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.outline import Outline, Section, SectionSource
from inkwright.memory.domain.placement import Placement
from inkwright.memory.store.plans import Plan

MODELS = ("small", "middle", "large")


def level_of(**demands: float) -> int:
    return model_choice.choose_level(model_choice.compute_difficulty(Demands(**demands)), MODELS)


def test_what_asks_for_nothing_goes_to_the_weakest():
    assert level_of() == 0


@pytest.mark.parametrize("name", Demands._fields)
def test_each_demand_alone_can_be_too_much_for_the_weakest(name: str):
    unit = getattr(UNITS, name)
    assert level_of(**{name: unit * 0.99}) == 0
    assert level_of(**{name: unit}) == 1
    assert level_of(**{name: unit * 2}) == 2


def test_what_is_too_much_for_all_goes_to_the_strongest():
    assert level_of(requirements=1000) == len(MODELS) - 1


def test_demands_that_are_small_each_are_hard_together():
    most = {name: unit * 0.6 for name, unit in zip(Demands._fields, UNITS, strict=True)}
    assert level_of(**most) == 1


@pytest.mark.parametrize("name", Demands._fields)
def test_to_ask_for_more_never_makes_a_section_easier(name: str):
    base = Demands(2, 200, 1, 1, 1)
    more = base._replace(**{name: getattr(base, name) + 1})
    assert model_choice.compute_difficulty(more) > model_choice.compute_difficulty(base)


@pytest.mark.parametrize(
    ("model", "stronger"),
    [("small", "middle"), ("middle", "large"), ("large", None), ("gone", None), ("", None)],
)
def test_a_section_is_handed_to_the_next_stronger_model(model: str, stronger: str | None):
    assert model_choice.find_stronger_model(MODELS, model) == stronger


def test_the_plan_says_what_a_section_asks_for():
    first = Placement(scope="once", first=1)
    plan = Plan(
        version=1,
        outline=Outline(
            title="The harbour",
            continuity="free",
            sections=(
                Section(
                    id="s1",
                    title="Quay",
                    target_words=300,
                    cites=(SectionSource(source="a"), SectionSource(source="a", point="once more")),
                ),
                Section(id="s2", title="Light", target_words=100, after=("s1",)),
            ),
        ),
        constraints=(
            Constraint(id="c1", kind="must_contain", phrases=("fog", "buoy"), where=first),
            Constraint(id="c2", kind="banned", phrases=("very", "quite", "rather")),
            Constraint(id="c3", text="It stays calm.", where=first),
            Constraint(id="c4", text="Be dry.", required=False, where=first),
            Constraint(id="c5", kind="length", max_words=400, where=first),
        ),
    )
    first_section, second_section = plan.outline.sections
    assert model_choice.measure_planned_demands(plan, first_section) == Demands(
        requirements=4, words=300, sources=1, dependants=1
    ), "two phrases, one ban, one judged; neither a wish nor a length"
    assert model_choice.measure_planned_demands(plan, second_section) == Demands(
        requirements=1, words=100
    )
