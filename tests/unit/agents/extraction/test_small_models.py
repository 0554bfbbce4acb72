"""What a small model's answer leaves out or gets wrong is found in the text, or refused."""

from typing import Any

import pytest

from inkwright.agents.extraction import archivist
from inkwright.agents.llm.schemas import Delta, DeltaItem
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.domain.outline import Section
from tests.builders import build_entry, build_memory, build_run, empty_memory

TEXT = (
    "The existing ferry system consists of two ferries, run by Anna Voss. She was born in 1958. "
    "“We’ll stop,” she said, “when the pier at Northgate is sold.” It takes 25 minutes to cross."
)
SECTION = Section(id="s1", title="Ferries", target_words=60)


def entries(*items: dict[str, Any], shown: tuple[Entry, ...] = ()) -> tuple[Entry, ...]:
    answer = Delta(summary="", items=[DeltaItem.model_validate(i) for i in items])
    return archivist.build_result(empty_memory(), SECTION, TEXT, 1, answer, shown).delta


def words_of(entry: Entry) -> str:
    assert entry.span is not None
    return TEXT[entry.span.start : entry.span.end]


@pytest.mark.parametrize(
    ("quote", "exact"),
    [
        ("it takes 25 minutes to cross", "It takes 25 minutes to cross."),
        ('"We\'ll stop," she said', "We’ll stop,” she said"),
        (
            "The ferry system consists of two ferries, which are run by Anna Voss.",
            "The existing ferry system consists of two ferries, run by Anna Voss.",
        ),
    ],
)
def test_a_quote_that_is_nearly_exact_is_stored_as_the_text_has_it(quote: str, exact: str) -> None:
    (entry,) = entries({"quote": quote, "subject": "Anna Voss", "statement": quote})
    assert words_of(entry) == exact


@pytest.mark.parametrize("quote", ["", "the words of the draft"])
def test_a_fact_without_its_words_is_found_by_what_it_states(quote: str) -> None:
    (entry,) = entries(
        {"quote": quote, "subject": "crossing", "statement": "It takes 25 minutes to cross."}
    )
    assert words_of(entry) == "It takes 25 minutes to cross."


@pytest.mark.parametrize(
    "statement",
    ["The system consists of 3 ferries run by Anna Voss.", "The mayor opened a new school."],
)
def test_a_fact_that_the_text_does_not_bear_out_is_refused(statement: str) -> None:
    assert entries({"subject": "Anna Voss", "statement": statement}) == ()


def test_a_fact_about_nobody_in_the_text_is_refused_whatever_words_it_quotes() -> None:
    made_up = {"subject": "Bo Lind", "attribute": "eye colour", "statement": "grey"}
    assert entries(made_up | {"quote": "It takes 25 minutes to cross."}) == ()


@pytest.mark.parametrize(
    ("statement", "subject"),
    [
        ("The existing ferry system consists of two ferries.", "existing ferry system"),
        ("It was run by Anna Voss.", "Anna Voss"),
        ("The pier at Northgate is sold.", "pier at Northgate"),
    ],
)
def test_a_subject_that_is_missing_is_read_off_the_text(statement: str, subject: str) -> None:
    (entry,) = entries({"statement": statement, "quote": statement})
    assert entry.subject == subject


def test_a_name_that_memory_has_is_the_subject_before_any_other() -> None:
    known = build_entry("p.1", "the owner", subject="Voss", attribute="")
    (entry,) = entries({"statement": "It was run by Anna Voss."}, shown=(known,))
    assert entry.subject == "Voss"


def test_ids_and_actions_that_mean_nothing_lose_no_fact() -> None:
    items = [
        {"quote": "It takes 25 minutes to cross.", "id": "1", "action": "retract"},
        {"quote": "She was born in 1958.", "id": "s1.1", "action": "keep", "subject": "Anna Voss"},
    ]
    delta = entries(*({"statement": i["quote"]} | i for i in items))
    assert [words_of(e) for e in delta] == [i["quote"] for i in items]


def test_an_old_entry_that_an_id_names_by_mistake_stays_as_it_is() -> None:
    span = Span(section=SECTION.id, draft=1, start=0, end=68)
    old = build_entry("s1.1", "two", subject="ferries", attribute="", origin="section", span=span)
    answer = Delta(
        summary="",
        items=[
            DeltaItem(
                quote="It takes 25 minutes to cross.",
                subject="crossing",
                statement="It takes 25 minutes to cross.",
                action="keep",
                id="s1.1",
            )
        ],
    )
    draft_text = {"s1": TEXT}
    memory = build_memory([old])
    memory = type(memory)(memory.ledger, lambda section, version: draft_text[section])
    (entry,) = archivist.build_result(memory, SECTION, TEXT, 2, answer, ()).delta
    assert (entry.id, entry.subject) == ("s1.2", "crossing")


def test_the_same_words_about_one_subject_are_one_entry() -> None:
    item = {"quote": "She was born in 1958.", "subject": "Anna Voss"}
    delta = entries(
        item | {"statement": "Anna Voss was born in 1958."},
        item | {"statement": "She was born in 1958."},
    )
    assert len(delta) == 1


async def remember(*items: dict[str, Any]) -> tuple[archivist.ArchivistResult, list[str]]:
    answers = [Delta(summary="", items=[DeltaItem.model_validate(i)]) for i in items]
    run = build_run(*answers)
    result = await archivist.remember(run.session, empty_memory(), SECTION, TEXT, 1, [])
    return result, run.client.refused


async def test_the_prompts_own_words_are_no_subject() -> None:
    echo = {"subject": "the person, place or thing it is about", "quote": "She was born in 1958."}
    result, _ = await remember(echo | {"statement": "Anna Voss was born in 1958."})
    assert [e.subject for e in result.delta] == ["Anna Voss"]


async def test_an_answer_of_nothing_but_the_prompts_own_words_is_asked_for_once_more() -> None:
    echo = {"subject": "a name", "statement": "the fact, in one sentence", "quote": "the fact"}
    good = {"quote": "She was born in 1958.", "statement": "She was born in 1958."}
    result, refused = await remember(echo, good)
    assert refused == ["none of its quotes stands in the text: copy the words exactly"]
    assert len(result.delta) == 1
