"""What an archivist's answer makes of memory: what supersedes, conflicts, or is no news."""

from typing import Any

import pytest

from inkwright.agents.extraction import archivist
from inkwright.agents.llm.schemas import Delta, DeltaItem
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Section
from tests.builders import empty_memory

TEXT = "Mara's eyes are blue now. She came back at last."
BLUE, BACK = "Mara's eyes are blue now.", "She came back at last."
SECTION = Section(id="s9", title="The End", target_words=20)


def taken(shown: list[Entry], **item: Any) -> tuple[Entry, ...]:
    """Return the entries that one item of an answer about ``TEXT`` makes."""
    given = {"action": "add", "subject": "Mara", "quote": BLUE} | item
    answer = Delta(summary="Said.", items=[DeltaItem.model_validate(given)])
    return archivist.build_result(empty_memory(), SECTION, TEXT, 1, answer, shown).delta


def shown(origin: str = "plan", **fields: Any) -> Entry:
    told = {"id": "p.1", "subject": "Mara", "attribute": "eye colour", "statement": "green"}
    return Entry.model_validate(told | {"origin": origin} | fields)


def test_another_value_supersedes_the_one_that_its_writer_was_shown() -> None:
    (entry,) = taken([shown()], attribute="eye colour", statement="blue")
    assert (entry.statement, entry.supersedes) == ("blue", "p.1")


def test_another_value_of_what_was_not_shown_stands_beside_it() -> None:
    (entry,) = taken([], attribute="eye colour", statement="blue")
    assert entry.supersedes is None


def test_the_same_value_in_other_words_is_not_kept_twice() -> None:
    assert taken([shown()], attribute="eye colour", statement="She has green eyes.") == ()


def test_another_story_time_supersedes_nothing() -> None:
    (entry,) = taken([shown()], attribute="eye colour", statement="blue", story_time="as a child")
    assert (entry.supersedes, entry.story_time) == (None, "as a child")


def test_what_a_person_said_is_superseded_only_where_the_text_is_said_to_change_it() -> None:
    theirs = shown("person", id="m.1")
    (passing,) = taken([theirs], attribute="eye colour", statement="blue")
    assert passing.supersedes is None
    (meant,) = taken([theirs], id="m.1", action="change", statement="blue")
    assert (meant.id, meant.supersedes, meant.statement) == ("s9.1", "m.1", "blue")


@pytest.mark.parametrize("action", ["retract", "keep"])
def test_what_a_person_said_cannot_be_retracted_by_a_model(action: str) -> None:
    theirs = shown("person", id="m.1")
    assert taken([theirs], id="m.1", action=action, statement="blue", subject="") == ()


@pytest.mark.parametrize("action", ["retract", "change"])
def test_a_thread_is_paid_off_by_the_words_that_settle_it(action: str) -> None:
    thread = shown(kind="thread", attribute="", statement="Will she come back?")
    (entry,) = taken([thread], id="p.1", action=action, quote=BACK, statement="")
    assert (entry.kind, entry.supersedes, entry.statement) == ("event", "p.1", BACK)


def test_a_thread_is_not_paid_off_without_words_that_do_it() -> None:
    thread = shown(kind="thread", attribute="", statement="Will she come back?")
    assert taken([thread], id="p.1", action="retract", quote="Not there.") == ()


def test_an_entry_without_its_exact_words_is_refused() -> None:
    assert taken([], statement="blue", quote="Her eyes were blue.") == ()
