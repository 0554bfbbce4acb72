"""What the methods cost, and what becomes of facts that early entries state."""

import asyncio

import pytest

from benchmarks import cost
from benchmarks.planting import planted

SECTIONS = 6


@pytest.fixture
def piece(sim):
    """Facts of a small piece, and the request that the simulated model reads well."""
    facts = planted(SECTIONS, seed=1)
    task = cost.request(SECTIONS, facts)
    sim.configure(known=(task,), facts=facts.facts, needs=facts.needs, log_messages=False)
    return task, facts


@pytest.mark.parametrize(
    ("method", "says"),
    [("single-shot", "right"), ("agentwrite", "right"), ("cogwriter", "wrong")],
)
def test_a_method_knows_what_it_is_shown(sim, piece, method, says):
    task, facts = piece
    found = asyncio.run(cost.peer(sim, task, facts, method))
    assert set(found.said) == {says}
    assert len(found.said) == len(facts.needs)


def test_ours_leaves_no_contradiction_and_calls_more_often(sim, piece):
    task, facts = piece
    found = cost.ours(sim, task, facts, "chapter")
    assert found.said == ["right"] * len(facts.needs)
    assert len(found.calls) > SECTIONS


def test_calls_of_which_each_waits_for_the_one_before_are_as_deep_as_many(sim, piece):
    task, facts = piece
    in_a_row = asyncio.run(cost.peer(sim, task, facts, "agentwrite"))
    assert cost.longest_row(in_a_row.calls, lambda _: 1) == len(in_a_row.calls) == 1 + SECTIONS
