"""What a request fixes before any outline: its length, and its requirements with a quote each."""

import pytest

from inkwright.agents.llm.schemas import Requirements
from inkwright.agents.planning.requirements import (
    DEFAULT_WORDS,
    collect_constraints,
    compute_target_words,
    verify_requirements,
)
from inkwright.memory.domain.brief import Brief, Constraint

REQUEST = (
    'A story about a lamp. Every section must mention "the green lamp". Section 2 has at least '
    "40 words. Never name the keeper."
)


def found(*items: dict[str, object], **fields: object) -> Requirements:
    plain = {"title": "The Lamp", "kind": "story", "fiction": True, "requirements": items}
    return Requirements.model_validate(plain | fields)


def taken(*items: dict[str, object], request: str = REQUEST) -> tuple[Constraint, ...]:
    """Return what the model's reading alone comes to."""
    return tuple(verify_requirements(Brief(request=request), found(*items), request))


def a_requirement(**fields: object) -> dict[str, object]:
    quote = 'Every section must mention "the green lamp"'
    return {"quote": quote, "text": quote, "kind": "judged"} | fields


@pytest.mark.parametrize(
    ("request_", "units", "words"),
    [
        ("A story of 800 words.", None, 800),
        ("A 2,500-word report.", None, 2500),
        ("A 3k words essay", None, 3000),
        ("写一个约3000字的故事。", None, 3000),
        ("A diary with 52 weekly entries of about 100 words each.", 52, 5200),
        ("A 52,000-word diary with 52 entries, each about one week.", 52, 52_000),
        ("A diary of 52 entries of 100 words, one for every week.", 52, 5200),
        ("写52篇日记，每篇约100字。", 52, 5200),
        ("A report; each section has at least 90 words.", None, DEFAULT_WORDS),
        ("A report.", None, DEFAULT_WORDS),
    ],
)
def test_the_length_of_the_whole_is_read_from_the_request(request_, units, words):
    assert compute_target_words(Brief(request=request_), found(units=units)) == words


def test_the_briefs_own_length_comes_first_and_the_models_last():
    assert (
        compute_target_words(Brief(request="A story of 800 words.", words=90), found(words=7)) == 90
    )
    assert compute_target_words(Brief(request="A long story."), found(words=700)) == 700
    assert compute_target_words(Brief(request="A long story."), found(words=-3)) == DEFAULT_WORDS


def test_a_requirement_is_kept_with_an_id_where_its_quote_stands_in_the_request():
    (kept,) = taken(a_requirement(kind="must_contain", phrases=["the green lamp"], scope="all"))
    assert (kept.kind, kept.phrases) == ("must_contain", ("the green lamp",))
    assert kept.source == "request"
    assert kept.where.scope == "all"


@pytest.mark.parametrize("quote", ["Every chapter must rhyme", "", "  ", "!?", "the red lamp"])
def test_a_requirement_without_a_quote_of_the_request_is_dropped(quote):
    assert taken(a_requirement(quote=quote)) == ()


def test_a_quote_counts_whatever_its_case_marks_and_line_breaks():
    assert taken(a_requirement(quote="EVERY section must\nmention the green lamp!"))


def test_a_phrase_that_the_request_does_not_name_is_not_demanded():
    (kept,) = taken(a_requirement(kind="must_contain", phrases=["a golden lamp"]))
    assert kept.kind == "judged"
    assert kept.phrases == ()


def test_the_same_requirement_twice_is_one():
    assert len(taken(a_requirement(), a_requirement(kind="must_contain"))) == 1
    twice = collect_constraints(Brief(request=REQUEST), found(a_requirement()), REQUEST)
    assert len(twice) == len(collect_constraints(Brief(request=REQUEST), None, REQUEST))


def test_a_length_that_says_nothing_or_contradicts_itself_is_dropped():
    quote = "Section 2 has at least 40 words"
    nothing = a_requirement(quote=quote, text="a", kind="length", scope="once", first=2)
    assert taken(nothing, nothing | {"text": "b", "min_words": 50, "max_words": 40}) == ()


def test_a_length_of_the_whole_is_left_to_the_brief():
    assert taken(a_requirement(kind="length", min_words=40, scope="whole")) == ()


def test_a_section_length_becomes_a_rule():
    quote = "Section 2 has at least 40 words"
    item = a_requirement(quote=quote, kind="length", scope="once", first=2, min_words=40)
    (kept,) = taken(item)
    assert (kept.min_words, kept.max_words, str(kept.where)) == (40, None, "section 2")


def test_places_that_cannot_be_are_mended():
    (kept,) = taken(a_requirement(scope="range", first=-3, last=-9, every=0))
    assert (kept.where.first, kept.where.last, kept.where.every) == (1, None, 1)


def test_a_requirement_told_in_another_language_is_quoted_instead():
    (kept,) = taken(a_requirement(text="每一节都必须提到绿色的灯"))
    assert kept.text == 'Every section must mention "the green lamp"'


def test_the_briefs_own_constraints_come_first_and_keep_their_ids():
    own = (Constraint(id="c2", text="No ghosts"), Constraint(text="Be brief"))
    brief = Brief(request=REQUEST, constraints=own, language="en")
    all_of_them = collect_constraints(brief, found(a_requirement()), REQUEST)
    assert [c.id for c in all_of_them] == ["c2", "c1", "c3", "c4", "c5", "c6"]
    assert all_of_them[-1].kind == "language"


def test_without_a_models_account_the_briefs_constraints_and_what_code_reads_remain():
    brief = Brief(request=REQUEST, constraints=(Constraint(text="No ghosts"),))
    first, *read = collect_constraints(brief, None, REQUEST)
    assert first.text == "No ghosts"
    assert [(c.kind, c.phrases, str(c.where)) for c in read] == [
        ("must_contain", ("the green lamp",), "all"),
        ("judged", (), "section 2"),
        ("judged", (), "all"),
    ]
    assert all(c.quote and c.quote in REQUEST for c in read)


def test_a_section_that_the_quote_does_not_name_is_not_believed():
    (kept,) = taken(a_requirement(quote="Never name the keeper", scope="once", first=7))
    assert kept.where.scope == "whole"
    length = {"kind": "length", "scope": "once", "first": 7, "min_words": 40}
    assert taken(a_requirement(**length)) == ()


SERIES = (
    "Write the log of a lighthouse, 12 watches numbered 1 to 12. Start every watch with "
    "'== Watch 1 ==' and so on. Watch 3 mentions a red kite, and no other watch has one. From "
    "watch 2, every 4 watches, the lamp is trimmed. Close with '-- off watch --'. At most "
    "2,000 words."
)


def series(*items: dict[str, object], **fields: object) -> tuple[Constraint, ...]:
    """Return what the model's reading adds to what code reads, its frame first."""
    form = {"units": 12, "unit_title": "Watch {n}", "opening": "== Watch {n} =="} | fields
    every = collect_constraints(Brief(request=SERIES), found(*items, **form), SERIES)
    (length,) = [c for c in every if c.kind == "length"]
    assert (str(length.where), length.upper_bound) == ("whole", 2000)
    told = {i.get("kind") for i in items}
    by_code = {c.text for c in collect_constraints(Brief(request=SERIES), None, SERIES)}
    by_model = [c for c in every if c.text not in by_code and c is not length]
    return tuple([*by_model, length] if "length" in told else by_model)


def test_words_that_every_unit_opens_with_and_the_last_one_closes_with_become_formats():
    opens, closes = series(closing="-- off watch --")
    assert (opens.kind, opens.opens, str(opens.where)) == ("format", "== Watch {n} ==", "all")
    assert (closes.kind, closes.closes, str(closes.where)) == ("format", "-- off watch --", "last")
    assert all(c.text in SERIES for c in (opens, closes))


def test_an_opening_or_a_closing_that_the_request_does_not_have_is_dropped():
    assert series(opening="## Watch {n}", closing="The end") == ()


def test_a_heading_with_marks_of_its_own_is_an_opening_too():
    (opens,) = series(opening="", unit_title="== Watch {n} ==")
    assert opens.opens == "== Watch {n} =="


def test_what_belongs_to_some_sections_only_is_forbidden_in_all_others():
    kite = {
        "quote": "Watch 3 mentions a red kite", "text": "It has a red kite.",
        "kind": "must_contain", "phrases": ["red kite"], "scope": "once", "first": 3,
        "only_there": True,
    }  # fmt: skip
    must, _, never = series(kite)
    assert must.only_there
    assert (never.kind, never.phrases) == ("must_not_contain", ("red kite",))
    assert str(never.where) == "all but section 3"
    assert never.where.positions(5) == (1, 2, 4, 5)


def test_a_judged_requirement_that_only_says_the_frame_again_is_dropped():
    again = {"quote": "Start every watch with '== Watch 1 =='", "text": "Headed", "kind": "judged"}
    assert [c.kind for c in series(again)] == ["format"]


@pytest.mark.parametrize(
    ("fields", "quote", "kind"),
    [
        ({"kind": "event", "phrases": ["red kite"]}, "A red kite falls", "event"),
        ({"kind": "tense", "value": "Past"}, "all in past forms", "tense"),
        ({"kind": "tense", "value": "Past"}, "the lamp is trimmed", "judged"),
        ({"kind": "tense", "value": "soon"}, "all in past forms", "judged"),
        ({"kind": "point_of_view", "value": "first"}, "as a first-person log", "point_of_view"),
        ({"kind": "point_of_view", "value": "first"}, "the lamp is trimmed", "judged"),
        ({"kind": "language", "value": "en"}, "the lamp is trimmed", "judged"),
        ({"kind": "format", "value": "table"}, "with a table", "format"),
        ({"kind": "format", "value": "table"}, "the lamp is trimmed", "judged"),
        ({"kind": "format", "value": "poster"}, "with a table", "judged"),
        ({"kind": "reading_level", "value": "grade 8"}, "for grade 8", "reading_level"),
        ({"kind": "citation", "value": "numeric"}, "with citations", "citation"),
        ({"kind": "fact"}, "the lamp is trimmed", "fact"),
        ({"kind": "tone"}, "the lamp is trimmed", "tone"),
        ({"kind": "must_contain", "phrases": ["table"]}, "with a table", "judged"),
    ],
)
def test_a_kind_needs_what_its_rule_needs_and_words_that_speak_of_it_or_is_judged(
    fields: dict[str, object], quote: str, kind: str
):
    (kept,) = taken({"quote": quote, "text": quote} | fields, request=f"A log, {quote}.")
    assert kept.kind == kind


def test_a_bound_on_the_whole_is_kept_when_the_request_names_it():
    bound = {"quote": "At most 2,000 words", "text": "Short", "kind": "length", "max_words": 2000}
    *_, last = series(bound)
    assert (last.kind, last.max_words, str(last.where)) == ("length", 2000, "whole")
    assert [c.kind for c in series(bound | {"max_words": 900})] == ["format", "length"]
