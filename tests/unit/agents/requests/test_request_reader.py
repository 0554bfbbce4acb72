"""What a request asks for, clause by clause: typed where a rule can see it, judged elsewhere."""

import pytest

from inkwright.agents.requests.clause_rules import asks_for_words
from inkwright.agents.requests.request_coverage import (
    account_for,
    list_unchecked,
    merge_readings,
)
from inkwright.agents.requests.request_reader import read_request
from inkwright.memory.domain.constraint import Constraint

REPORT = (
    "A 700-word report for a town council on the harbour's ferry. Include a table that compares "
    "costs, end with exactly three recommendations numbered 1 to 3, do not mention any politician "
    "by name, and keep the tone formal. The ferry was built in 1970."
)


def read(request: str) -> list[Constraint]:
    return merge_readings(request, ())


def test_every_clause_becomes_a_constraint_in_the_requests_own_words():
    table, ending, names, tone = read(REPORT)
    assert (table.kind, table.block, table.min_count) == ("block", "table", 1)
    assert (ending.block, ending.min_count, ending.max_count) == ("numbered list", 3, 3)
    assert (ending.at, str(ending.where)) == ("end", "last")
    assert (names.kind, str(names.where)) == ("judged", "all")
    assert (tone.kind, str(tone.where)) == ("tone", "all")
    assert all(c.text == c.quote and c.text in REPORT for c in (table, ending, names, tone))


@pytest.mark.parametrize(
    ("clause", "kind", "where", "field", "value"),
    [
        ('Never use the word "hive mind".', "must_not_contain", "all", "phrases", ("hive mind",)),
        ("Never use the word dear.", "must_not_contain", "all", "phrases", ("dear",)),
        ("不使用“疫情”这个词。", "must_not_contain", "all", "phrases", ("疫情",)),
        ("Verwende nie das Wort „Schnee“.", "must_not_contain", "all", "phrases", ("Schnee",)),
        ("N'utilise jamais le mot « virus ».", "must_not_contain", "all", "phrases", ("virus",)),
        ("Nunca uses la palabra «mar».", "must_not_contain", "all", "phrases", ("mar",)),
        ("第3篇必须提到“红伞”。", "must_contain", "section 3", "phrases", ("红伞",)),
        ("Mention a red kite.", "must_contain", "whole", "phrases", ("red kite",)),
        ('Sign off with the words "See you."', "format", "last", "closes", "See you."),
        ("结尾一句必须是“茶凉了。”", "format", "last", "closes", "茶凉了。"),
        ("请以“再见了。”结尾。", "format", "last", "closes", "再见了。"),
        ('The last sentence must be "It rained."', "format", "last", "closes", "It rained."),
        ('It ends when Tom must say "go" to Mara.', "must_contain", "last", "phrases", ("go",)),
        ('It must start when Tom sees "The Bell".', "judged", "whole", "closes", None),
        ('Begin with the words "Dear sea".', "format", "section 1", "opens", "Dear sea"),
        ('No entry may begin with "Today".', "pattern", "all", "absent", True),
        ("Write in the second person.", "point_of_view", "all", "person", "second"),
        ("必须用第一人称叙述。", "point_of_view", "all", "person", "first"),
        ("Erzähle in der Ich-Form.", "point_of_view", "all", "person", "first"),
        ("Tell it in the past tense.", "tense", "all", "tense", "past"),
        ("Write it in French.", "language", "all", "language", "fr"),
        ("It should be in 12 chapters.", "structure", "whole", "min_count", 12),
        ("分八章。", "structure", "whole", "max_count", 8),
        ("Every chapter closes with a checklist of five items.", "block", "all", "max_count", 5),
        ("Each section needs a quotation.", "block", "all", "block", "quotation"),
        ("Ajoute un tableau des coûts.", "block", "whole", "block", "table"),
        ("不能用感叹号。", "pattern", "all", "pattern", "[!！]"),
        ("Do not use bullet points.", "pattern", "all", "absent", True),
        ("The storm must break before midnight.", "judged", "whole", "required", True),
        ("The last line must be spoken by Tom.", "judged", "last", "required", True),
        ("In chapter 4 the dog must die.", "judged", "section 4", "required", True),
        ("If possible, avoid jargon.", "judged", "all", "required", False),
        ("Termine par une question.", "judged", "last", "required", True),
        ("Evita los anglicismos.", "judged", "all", "required", True),
        ("Grandmother dies in November.", "judged", "whole", "required", True),
    ],
)
def test_a_clause_is_typed_where_code_can_see_to_it(clause, kind, where, field, value):
    (constraint,) = read(f"A text. {clause}" if clause.isascii() else f"一篇文章。{clause}")
    assert (constraint.kind, str(constraint.where)) == (kind, where)
    assert getattr(constraint, field) == value


@pytest.mark.parametrize(
    "request_",
    [
        "Write a story about a keeper. Mara, 61, the keeper; Tom, a fisherman.",
        "A guide to bees. My neighbour has kept bees for thirty years and lent me her notes.",
        "A report on trains. Background: the lines were cut in the 2010s and are coming back.",
        "写一篇关于老茶馆的小说。老板姓陈，今年七十岁。图书馆建于1958年，有两个分馆。",
        "Ein Bericht über einen Verein. Der Verein wurde 1913 gegründet. Er hat 40 Mitglieder.",
        "A story. She lived by the sea. Her father was a baker. The house had a table by the door.",
    ],
)
def test_material_asks_for_nothing(request_):
    assert read(request_) == []


def test_a_models_reading_refines_a_judged_one_and_cannot_remove_a_typed_one():
    by_code = read(REPORT)
    fact = Constraint(
        text="No politician is named",
        kind="judged",
        where="2",
        source="request",
        quote="do not mention any politician by name",
    )
    blurred = Constraint(text="A table", source="request", quote="Include a table")
    merged = merge_readings(REPORT, [fact, blurred])
    assert fact in merged
    assert [c.kind for c in merged] == [c.kind for c in by_code]
    assert blurred not in merged


def test_a_whole_sentence_read_as_one_thing_replaces_none_of_its_clauses():
    sentence = REPORT.split(". ")[1]
    crude = Constraint(text="Be formal", kind="tone", source="request", quote=sentence)
    assert set(read(REPORT)) <= set(merge_readings(REPORT, [crude]))


def test_every_sentence_is_accounted_for():
    constraints = [c.model_copy(update={"id": f"c{n}"}) for n, c in enumerate(read(REPORT), 1)]
    subject, demands, material = account_for(REPORT, constraints)
    assert (subject.outcome, material.outcome) == ("subject", "material")
    assert (demands.outcome, demands.constraint_ids) == ("constraint", ("c1", "c2", "c3", "c4"))


def test_what_leaves_no_choice_and_has_no_constraint_is_named():
    constraints = [c for c in read(REPORT) if c.block != "numbered list"]
    accounts = account_for(REPORT, constraints)
    assert accounts[1].outcome == "not checked"
    assert list_unchecked(accounts) == ["end with exactly three recommendations numbered 1 to 3"]


def test_of_a_plan_of_an_earlier_release_nothing_is_said():
    assert account_for(REPORT, [Constraint(text="A table", source="request")]) == ()


def test_a_long_list_of_demands_is_cut_and_the_rest_is_not_checked():
    request = "A text. " + " ".join(f"The word number{n} must never be there." for n in range(90))
    constraints = read(request)
    assert len(constraints) == 60
    assert len(list_unchecked(account_for(request, constraints))) == 30


def test_a_bulleted_list_under_requirements_is_all_requirements():
    request = "Write a guide.\nRequirements:\n- plain words\n- a friendly voice\nThanks a lot."
    assert [c.text for c in read(request)] == ["plain words", "a friendly voice"]
    assert read_request(request)[-1].clauses[0].role == "material"


@pytest.mark.parametrize(
    "clause",
    [
        'Never use ",".',
        "第0章必须写雨。",
        "The items must be numbered 1 to 5000.",
        "Exactly 0 tables must be in section 0.",
        "It must have sections 5 to 2 and a list of 5000 items.",
        "“ ”必须提到",
        "Write it in 1 chapters of 9999999 words, never in 0.",
    ],
)
def test_numbers_and_marks_that_make_no_sense_do_no_harm(clause):
    request = f"A text. {clause}"
    assert account_for(request, read(request))


@pytest.mark.parametrize(
    ("quote", "phrase", "asked"),
    [
        ("Include a table", "table", False),
        ("end with three recommendations numbered 1 to 3", "numbered", False),
        ("It mentions the red kite", "red kite", True),
        ('Say "red kite" once', "red kite", True),
        ("Use the word kite", "kite", True),
        ("必须提到红伞", "红伞", True),
    ],
)
def test_a_phrase_is_a_rule_only_where_words_are_asked_for_as_words(quote, phrase, asked):
    assert asks_for_words(quote, quote, phrase) is asked
