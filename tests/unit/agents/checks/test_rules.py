"""Rules: what code can see for itself, in English and Chinese."""

import pytest

from inkwright.agents.checks import rules
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.text.phrases import find_phrase

ENGLISH = (
    "The keeper climbed the stairs. Mara’s green lamp burned until the morning came, and nobody on "
    "the quay said a word about it. Later that day she wrote the hour in her book, closed it, and "
    "went down to the boats, where the men were waiting for the tide to turn."
)
CHINESE = (
    "她爬上楼梯，修剪灯芯，在簿子上记下时刻。绿灯一直亮到天明，码头上没有人说话。"
    "后来她用GPU训练了一个模型，又把簿子合上，走到船边，和等潮水的人站在一起。"
)


def finding(text: str, **fields: object):
    constraint = Constraint.model_validate({"id": "c1", "text": "The rule"} | fields)
    (found,) = rules.check(text, [constraint])
    return found


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (ENGLISH, {"kind": "length", "min_words": 40, "max_words": 60}),
        (CHINESE, {"kind": "length", "min_words": 60, "max_words": 80}),
        (ENGLISH, {"kind": "must_contain", "phrases": ["Mara's green lamp", "THE KEEPER"]}),
        (CHINESE, {"kind": "must_contain", "phrases": ["绿灯", "GPU"]}),
        (ENGLISH, {"kind": "must_not_contain", "phrases": ["lam", "red lamp", "oat"]}),
        (CHINESE, {"kind": "must_not_contain", "phrases": ["红灯", "PU"]}),
        (ENGLISH, {"kind": "pattern", "pattern": r"^The keeper"}),
        (CHINESE, {"kind": "pattern", "pattern": "绿灯.*天明"}),
        (ENGLISH, {"kind": "language", "language": "en"}),
        (CHINESE, {"kind": "language", "language": "zh-CN"}),
        ("Too short to tell.", {"kind": "language", "language": "fr"}),
    ],
)
def test_a_rule_that_is_kept_is_met(text, fields):
    found = finding(text, **fields)
    assert (found.status, found.by) == ("met", "rule")


@pytest.mark.parametrize(
    ("text", "fields", "evidence"),
    [
        (ENGLISH, {"kind": "length", "min_words": 100}, "at least 100"),
        (ENGLISH, {"kind": "length", "max_words": 10}, "at most 10"),
        (CHINESE, {"kind": "length", "min_words": 100}, "at least 100"),
        (ENGLISH, {"kind": "must_contain", "phrases": ["keeper", "whale"]}, "missing: whale"),
        (CHINESE, {"kind": "must_contain", "phrases": ["绿灯", "鲸鱼"]}, "missing: 鲸鱼"),
        (ENGLISH, {"kind": "must_not_contain", "phrases": ["whale", "GREEN  LAMP"]}, "green lamp"),
        (CHINESE, {"kind": "must_not_contain", "phrases": ["码头"]}, "码头"),
        (ENGLISH, {"kind": "pattern", "pattern": r"\d{4}"}, r"nothing matches \d{4}"),
        (ENGLISH, {"kind": "language", "language": "zh"}, ENGLISH[:80]),
        (CHINESE, {"kind": "language", "language": "en"}, CHINESE[:80]),
        (ENGLISH, {"kind": "language", "language": "fr"}, ENGLISH[:80]),
    ],
)
def test_a_broken_rule_is_found_with_its_evidence(text, fields, evidence):
    found = finding(text, **fields)
    assert found.status == "broken"
    assert evidence in found.evidence


def test_what_is_forbidden_is_quoted_as_it_stands_in_the_text():
    found = finding(ENGLISH, kind="must_not_contain", phrases=["mara's GREEN lamp"])
    assert found.evidence == "Mara’s green lamp"
    assert found.evidence in ENGLISH


@pytest.mark.parametrize(
    ("fields", "evidence"),
    [
        ({"kind": "must_contain", "phrases": ["stairs"]}, "The keeper climbed the stairs."),
        ({"kind": "pattern", "pattern": "gr.en"}, "green"),
        ({"kind": "length", "min_words": 40}, "51 words"),
        ({"kind": "length", "min_words": 40, "counted": "characters"}, "209 characters"),
        ({"kind": "length", "about_words": 52, "where": 1}, "51 words"),
        ({"kind": "must_not_contain", "phrases": ["whale"]}, ""),
    ],
)
def test_what_is_met_has_the_words_that_meet_it_or_the_count(fields, evidence):
    found = finding(ENGLISH, **fields)
    assert (found.status, found.evidence) == ("met", evidence)


@pytest.mark.parametrize(
    ("text", "fields", "status", "evidence"),
    [
        (ENGLISH, {"kind": "length", "about_words": 80, "where": 1}, "broken", "at least 72"),
        (ENGLISH, {"kind": "length", "about_words": 52}, "met", "51 words"),
        (ENGLISH, {"kind": "length", "about_words": 58}, "broken", "at least 55"),
        (CHINESE, {"kind": "length", "max_words": 9, "counted": "characters"}, "broken", "most 9"),
        (ENGLISH, {"kind": "pattern", "pattern": "gr.en", "absent": True}, "broken", "green"),
        (ENGLISH, {"kind": "pattern", "pattern": "whale", "absent": True}, "met", ""),
        (ENGLISH, {"kind": "banned", "phrases": ["quay"]}, "broken", "quay"),
        (ENGLISH, {"kind": "reading_level", "max_grade": 14}, "met", "grade"),
        (ENGLISH, {"kind": "reading_level", "max_grade": 2}, "broken", "Later that day"),
        (CHINESE, {"kind": "reading_level", "max_grade": 2}, "not reviewed", "English"),
        ("So it is.", {"kind": "reading_level", "max_grade": 2}, "not reviewed", "short"),
        ("As shown [3].", {"kind": "citation", "style": "numeric"}, "met", "[3]"),
        ("See Li (2019).", {"kind": "citation", "style": "author-year"}, "met", "Li (2019"),
        ("It fell (Li, 2019).", {"kind": "citation", "style": "author-year"}, "met", "(Li, 2019)"),
        ("As shown.", {"kind": "citation", "style": "numeric"}, "broken", "no citation"),
    ],
)
def test_each_kind_is_checked_by_its_own_rule(text, fields, status, evidence):
    found = finding(text, **fields)
    assert found.status == status
    assert evidence in found.evidence


def test_a_pattern_that_would_take_for_ever_is_given_up():
    found = finding("a" * 5000 + "!", kind="pattern", pattern="(a|aa)+$")
    assert (found.status, "seconds" in found.evidence) == ("not reviewed", True)


def test_a_structure_is_found_in_the_titles_in_order():
    wanted = Constraint(id="c1", text="Parts", kind="structure", sections=("Aims", "Methods"))
    (found,) = rules.check("text", [wanted], ["Aims", "Means", "Methods"])
    assert found.status == "met"
    (found,) = rules.check("text", [wanted], ["Methods", "Aims"])
    assert (found.status, found.evidence) == ("broken", "Parts (missing: Methods)")


def test_an_event_with_exact_words_is_broken_when_they_are_not_there_whatever_a_judge_says():
    event = Constraint(id="c1", text="A whale is seen", kind="event", phrases=("whale",))
    assert rules.check(ENGLISH, [event]) == []
    (found,) = rules.check_required_words(ENGLISH, [event])
    assert (found.status, found.evidence) == ("broken", "A whale is seen (missing: whale)")
    assert rules.check_required_words("A whale!", [event]) == []


def test_judged_constraints_are_left_to_the_judge():
    assert rules.check(ENGLISH, [Constraint(id="c1", text="Be kind")]) == []


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("a cat sat", "cat", "cat"),
        ("concatenate", "cat", None),
        ("cats", "cat", None),
        ("cat_1", "cat", "cat"),
        ("3 boats", "3", "3"),
        ("13 boats", "3", None),
        ("Kot i который кот", "кот", "кот"),
        ("répété", "été", None),
        ("l'été dernier", "été", "été"),
        ("the  green\nlamp", "green lamp", "green\nlamp"),
        ("使用GPU训练", "GPU", "GPU"),
        ("使用GPUS训练", "GPU", None),
        ("林舟走了", "林舟", "林舟"),
        ("サービスを開始", "サービス", "サービス"),
        ("C++ and C", "C++", "C++"),
        ("(see below)", "(see below)", "(see below)"),
        ("a.b", "a.b", "a.b"),
        ("axb", "a.b", None),
        ("caf\u00e9", "cafe\u0301", "caf\u00e9"),
        ("don’t", "don't", "don’t"),
        ("STRASSE", "strasse", "STRASSE"),
        ("a state‑of‑the‑art lamp", "state-of-the-art", "state‑of‑the‑art"),
        ("“Go,” she said", '"Go," she', "“Go,” she"),
        ("« Go, » she said", '"Go," she', "« Go, » she"),
        ("wait… now", "wait...", "wait…"),
        ("wait . . . now", "wait…", "wait . . ."),
        ("a red *kite* rose", "red kite", "red *kite*"),
        ("a **red kite** rose", "*red kite*", "red kite**"),
        ("the har­bour wall", "harbour wall", "har­bour wall"),
        ("the harbour wall", "har­bour", "harbour"),
        ("one -- two", "one—two", "one -- two"),
        ("one — two", "one - two", "one — two"),
        ("well-known", "well known", None),
        ("23 boats", "2*3 boats", None),
        ("the dogs’ bowls", "dogs' bowls", "dogs’ bowls"),
        ("「走吧」他说", "“走吧”", "「走吧」"),
    ],
)
def test_a_phrase_is_found_at_the_bounds_of_words(text, phrase, found):
    match = find_phrase(text, phrase)
    assert (match.group() if match else None) == found
