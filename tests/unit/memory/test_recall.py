"""Recall: what bears on a section's orders, within a budget, each with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.agents.llm.tokenizer import ScaledTokenizer
from inkwright.memory.domain.entry import Entry
from inkwright.memory.retrieval.passages import Passage
from inkwright.memory.retrieval.recall import RecallResult, build_entry_key, recall
from tests.memory.texts import TEXTS

COUNT = ScaledTokenizer(1.2).count
NAMES = st.sampled_from(["Mara", "Port Selm", "林舟", "the lamp", "灯", "x", ""])


def an_entry(number: int, subject: str, statement: str = "It is so.", **fields: object) -> Entry:
    return Entry.model_validate(
        {"id": f"p.{number}", "subject": subject, "statement": statement, "origin": "plan"} | fields
    )


def recalled(
    orders: str,
    entries: list[Entry],
    passages: list[Passage] | None = None,
    nearest: dict[str, float] | None = None,
    budget: int = 10_000,
    accounts: dict[str, str] | None = None,
) -> RecallResult:
    return recall(
        orders,
        entries,
        passages or [],
        nearest or {},
        budget_tokens=budget,
        count_tokens=COUNT,
        titles={"s1": "The Rock"},
        summaries=accounts,
    )


@st.composite
def memories(draw: st.DrawFn) -> tuple[list[Entry], list[Passage], dict[str, float]]:
    entries = [
        an_entry(n, draw(NAMES), draw(TEXTS), pinned=draw(st.booleans()), aliases=(draw(NAMES),))
        for n in range(draw(st.integers(0, 8)))
    ]
    passages = [Passage(f"s1@1#{n}", "s1", draw(TEXTS)) for n in range(draw(st.integers(0, 6)))]
    ids = [*map(build_entry_key, entries), *(p.id for p in passages)]
    found = draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
    return entries, passages, {i: n / 10 for n, i in enumerate(found)}


@given(memories(), TEXTS, TEXTS, st.integers(0, 400))
def test_recall_never_exceeds_its_budget(memory, orders, account, budget):
    found = recalled(orders, *memory, budget=budget, accounts={"s1": account})
    assert not found.text or COUNT(found.text) <= budget
    assert found.tokens <= budget


@given(memories(), TEXTS, st.integers(0, 400))
def test_the_same_inputs_recall_the_same(memory, orders, budget):
    assert recalled(orders, *memory, budget=budget) == recalled(orders, *memory, budget=budget)


@given(memories(), TEXTS, st.integers(0, 400))
def test_what_is_shown_is_in_the_text_and_what_is_not_says_why(memory, orders, budget):
    entries = {e.id: e for e in memory[0]}
    found = recalled(orders, *memory, budget=budget)
    for shown in found.entry_decisions:
        line = entries[shown.entry].line
        assert (line in found.text) or shown.how != "raw"
        assert shown.reason
    assert all(quoted.reason for quoted in found.excerpt_decisions)


@pytest.mark.parametrize(
    ("subject", "aliases", "orders"),
    [
        ("Mara Voss", ("the keeper",), "Purpose: the keeper lights the lamp"),
        ("林舟", (), "写出林舟怎样回到码头"),
        ("Lin Zhou", ("林舟",), "写出林舟怎样回到码头"),
        ("GPU", (), "使用GPU训练"),
    ],
)
def test_an_entry_whose_name_the_orders_use_is_found_though_vector_search_missed_it(
    subject, aliases, orders
):
    named = an_entry(1, subject, "Blue.", aliases=aliases)
    others = [an_entry(n, f"Other {n}", "Something long about nothing.") for n in range(2, 30)]
    nearest = {build_entry_key(e): n / 100 for n, e in enumerate(others)}
    found = recalled(orders, [named, *others], nearest=nearest, budget=COUNT(named.line) + 2)
    assert found.text == named.line
    assert "the orders name" in found.entry_decisions[0].reason


def test_what_is_pinned_comes_before_everything_else():
    pinned = an_entry(1, "House style", "Past tense.", pinned=True)
    named = an_entry(2, "Mara", "Blue.")
    found = recalled("Mara", [named, pinned], budget=COUNT(pinned.line) + 2)
    assert [(s.entry, s.how) for s in found.entry_decisions] == [("p.1", "raw"), ("p.2", "dropped")]
    assert found.entry_decisions[0].reason == "pinned"
    assert found.entry_decisions[1].reason.startswith("over budget")


def test_what_a_section_is_itself_about_comes_before_what_its_orders_only_mention():
    own, neighbours = an_entry(1, "Mara", "Blue."), an_entry(2, "Voss", "Old.")
    found = recall(
        "Purpose: Mara waits. Nearby sections: Voss returns.",
        [own, neighbours],
        [],
        {build_entry_key(neighbours): 0.1},
        budget_tokens=COUNT(own.line) + 2,
        count_tokens=COUNT,
        titles={},
        own_instructions="Mara waits.",
    )
    assert found.text == own.line


def test_a_near_entry_comes_before_one_that_is_only_recent():
    near, recent = an_entry(1, "Harbour", "Deep."), an_entry(2, "Orchard", "Old.")
    found = recalled(
        "boats", [near, recent], nearest={build_entry_key(near): 0.1}, budget=COUNT(near.line) + 2
    )
    assert found.text == near.line
    assert found.entry_decisions[0].reason == "near in meaning"


def test_words_shared_with_the_orders_count():
    rare, other = an_entry(1, "A", "The astrolabe is broken."), an_entry(2, "B", "It rained.")
    found = recalled("Mend the astrolabe", [rare, other], budget=COUNT(rare.line) + 2)
    assert found.text == rare.line
    assert found.entry_decisions[0].reason == "shares words"


def test_entries_are_told_in_the_order_of_the_ledger():
    entries = [an_entry(n, name) for n, name in enumerate(["Voss", "Mara", "Lamp"], 1)]
    found = recalled("Lamp and Mara and Voss", entries)
    assert found.text.splitlines() == [e.line for e in entries]


def test_near_passages_are_shown_with_their_origin_within_their_share():
    entries = [an_entry(n, f"Name {n}", "Something about nothing at all.") for n in range(1, 200)]
    passages = [Passage(f"s1@1#{n}", "s1", "The lamp went out. " * 12) for n in range(1, 9)]
    nearest = {p.id: 0.1 for p in reversed(passages)}
    found = recalled("lamp", entries, passages, nearest, budget=1000)
    shown = [line for line in found.text.splitlines() if line.startswith("From The Rock: The lamp")]
    assert shown
    assert sum(map(COUNT, shown)) <= 310
    assert found.tokens <= 1000


def test_without_entries_near_passages_have_the_whole_budget():
    passages = [Passage(f"s1@1#{n}", "s1", "The lamp went out. " * 12) for n in range(1, 20)]
    found = recalled("lamp", [], passages, {p.id: 0.1 for p in passages}, budget=1000)
    assert 800 < found.tokens <= 1000
    assert {q.how for q in found.excerpt_decisions} == {"raw", "dropped"}
    request = [Passage("source1#1", "source", "Write of the lamp.")]
    assert "From the request:" in recalled("lamp", [], request, {"source1#1": 0.1}).text


@pytest.mark.parametrize(
    ("orders", "subject", "aliases", "text", "missed"),
    [
        (
            "Subjects: the keeper",
            "Mara Voss",
            ("the keeper",),
            "It rained. Mara Voss was born in Selm. The boat came in.",
            "Mara Voss was born in Selm.",
        ),
        ("写林舟回到码头", "林舟", (), "下雨了。林舟生在临江。船来了。", "林舟生在临江。"),
    ],
)
def test_what_memory_missed_about_a_name_is_found_in_the_text_by_whichever_name(
    orders, subject, aliases, text, missed
):
    known = an_entry(1, subject, "Blue.", aliases=aliases, attribute="eyes")
    found = recalled(orders, [known], [Passage("s1@1#1", "s1", text)])
    assert found.text == f"{known.line}\nFrom The Rock: {missed}"
    assert [(q.passage, q.how) for q in found.excerpt_decisions] == [("s1@1#1", "raw")]


def test_a_sentence_that_only_repeats_an_entry_is_not_shown_beside_it():
    known = an_entry(1, "Mara", "green.", attribute="eye colour")
    said = Passage("s1@1#1", "s1", "The eye colour of Mara is green.")
    assert recalled("Mara", [known], [said]).text == known.line


def test_a_passage_too_long_for_what_is_left_is_told_in_short_or_dropped_with_the_reason():
    long = Passage("s1@1#1", "s1", "The lamp went out. " * 60)
    orders, near = "lamp", {"s1@1#1": 0.1}
    found = recalled(orders, [], [long], near, budget=60, accounts={"s1": "A lamp fails. More."})
    assert found.text == "From The Rock, in short: A lamp fails."
    (quoted,) = found.excerpt_decisions
    assert (quoted.how, quoted.reason) == (
        "summary",
        "too long for the rest of the budget; near in meaning",
    )
    (quoted,) = recalled(orders, [], [long], near, budget=60).excerpt_decisions
    assert (quoted.how, quoted.reason) == ("dropped", "over budget; near in meaning")


def test_a_named_entry_too_long_for_what_is_left_is_shown_by_its_first_sentence():
    long = an_entry(1, "Mara", "She has blue eyes. " + "And so on and on. " * 60)
    found = recalled("Mara", [long], budget=60)
    assert found.text == "- [p.1] Mara: She has blue eyes."
    assert [(s.how, s.reason) for s in found.entry_decisions] == [
        ("summary", "too long for the rest of the budget; the orders name mara")
    ]


def test_a_passage_that_vector_search_did_not_find_is_not_shown():
    assert recalled("lamp", [], [Passage("s1@1#1", "s1", "The lamp.")]).text == ""
