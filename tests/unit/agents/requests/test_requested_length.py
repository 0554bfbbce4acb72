"""Lengths as people write them: a length belongs to the noun it is of."""

import pytest

from inkwright.agents.llm.parsing import is_han
from inkwright.agents.planning.requirements import compute_target_words, describe_length
from inkwright.agents.requests.number_words import parse_number
from inkwright.agents.requests.requested_length import parse_requested_length
from inkwright.agents.requests.requested_parts import find_parts
from inkwright.memory.domain.brief import Brief
from tests.unit.agents.planning.test_requirements import found


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,500", 1500),
        ("1.500", 1500),
        ("1 500", 1500),
        ("1'500", 1500),
        ("1,5k", 1500),
        ("2.5k", 2500),
        ("100.000", 100_000),
        ("2.5", 2.5),
        ("3万", 30_000),
        ("1.5万", 15_000),
        ("5千", 5000),
        ("3万5千", 35_000),
        ("一万五千", 15_000),
        ("一万五", 15_000),
        ("两万", 20_000),
        ("一千零五十", 1050),
        ("十二", 12),
        ("two thousand", 2000),
        ("twenty-five", 25),
        ("a dozen", 12),
        ("zwölf", 12),
    ],
)
def test_numbers_are_read_as_people_write_them(text, number):
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ("写一篇3万字的科幻小说", 30_000),
        ("全书30万字，每章3000字", 300_000),
        ("写一部小说，1.5万字", 15_000),
        ("写5千字", 5000),
        ("一万五千字的小说", 15_000),
        ("1万2000字的小说", 12_000),
        ("Introduction: 200 words. Body: 1,500 words. Conclusion: 300 words.", 2000),
        ("1. Introduction (200 words)\n2. Methods (300 words)", 500),
        ("Chapter 1: 500 words\nChapter 2: 700 words\nChapter 3: 800 words", 2000),
        ("An introduction of 200 words, a body of 1,500 words, a conclusion of 300 words", 2000),
        ("A report of 100.000 words", 100_000),
        ("An essay of 1,5k words", 1500),
        ("An essay, <500 words.", 475),
        ("An essay, >=2000 words", 2080),
        ("Use sentences under 20 words. Write a 2,000-word guide to tide tables.", 2000),
        ("The abstract must not exceed 250 words. The report is 5,000 words long.", 5000),
        ("Title of at most 12 words. A 3,000-word essay.", 3000),
        ("Keep paragraphs to 100 words. 12 chapters of 1,000 words.", 12_000),
        ("标题不超过15个字。写一篇3000字的文章。", 3000),
        ("每段不超过200字，全文3000字", 3000),
        ("Total 5,000 words; abstract 200 words", 5000),
        ("Abstract: 150 words.\nWord count: 4,000", 4000),
        ("A novel: 10 chapters x 2000 words", 20_000),
        ("Write ten 2000-word chapters about bees", 20_000),
        ("A guide in ten chapters, 3,000 words a chapter", 30_000),
        ("Each chapter should be 2,000 words. There are 5 chapters.", 10_000),
        ("Three parts, 600 words apiece", 1800),
        ("写10章，一章3000字", 30_000),
        ("写一部10章的小说，3000字/章", 30_000),
        ("10章，每章3000字", 30_000),
        ("一部20章的小说，章均2500字", 50_000),
        ("zwölf Kapitel zu je 800 Wörtern", 9600),
        ("dix chapitres de 900 mots chacun", 9000),
        ("A diary of a year on a farm, one entry a month, 250 words an entry.", 3000),
        ("Write a 12-page paper on heat", 3000),
        ("A ten-minute speech on bees", 1300),
        ("写一篇10分钟的演讲稿", 1300),
        ("A story of two thousand words", 2000),
        ("A five-hundred-word story", 500),
        ("2-3k words on tides", 2500),
        ("2 to 3 thousand words on tides", 2500),
        ("Un cuento de 1.500 palabras", 1500),
        ("Write an 800 word essay with a 50-word summary", 800),
        ("a 2,000-word chapter about tides", 2000),
    ],
)
def test_the_length_of_the_whole_is_that_of_the_noun_it_is_of(request_, words):
    length = parse_requested_length(request_, han=is_han(request_))
    assert length is not None
    assert length.words == words
    assert length.basis


@pytest.mark.parametrize(
    "request_", ["A poem about a 300-page book", "A walk of five minutes", "Sentences of 12 words"]
)
def test_what_is_no_length_of_the_piece_is_not_taken_for_one(request_):
    assert parse_requested_length(request_) is None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("in 12 chapters", 12),
        ("three parts", 3),
        ("分八章", 8),
        ("分为三个部分", 3),
        ("in zwölf Kapiteln", 12),
        ("en dix chapitres", 10),
        ("en tres partes", 3),
        ("52 weekly entries", 52),
        ("a diary of a year, one entry a month", 12),
        ("chapter 3", None),
        ("第六章", None),
        ("写一篇", None),
        ("two lovers part", None),
        ("exactly three recommendations", None),
    ],
)
def test_a_number_of_parts_is_read_where_one_is_asked_for(text, count):
    parts = find_parts(text)
    assert (parts and parts.count) == count


def test_the_model_chooses_among_lengths_that_may_all_be_meant_and_never_else():
    unsure = Brief(request="Write about a 500-word letter. It is a tale of 2,000 words.")
    assert compute_target_words(unsure, found(words=2000)) == 2000
    assert compute_target_words(unsure, found(words=77)) == 500
    assert compute_target_words(Brief(request="A tale of 800 words."), found(words=2000)) == 800


def test_a_length_that_nobody_asks_for_is_within_what_is_usual_for_the_kind():
    novel = Brief(request="Write a novel about a ferry.")
    assert compute_target_words(novel) == 50_000
    assert compute_target_words(novel, found(words=300)) == 40_000
    assert compute_target_words(Brief(request="A poem on fog."), found(words=9000)) == 600
    assert "a novel usually has 40,000 to 120,000" in describe_length(novel, 50_000)


def test_it_is_said_how_a_length_was_read_and_where_the_plan_has_another():
    brief = Brief(request="写10章，一章3000字")
    assert describe_length(brief, 30_000) == (
        "length: 30,000 words, read from “一章3000字”: 10 × 3,000"
    )
    assert "3,000 words are planned; the rule for lengths reads 30,000" in describe_length(
        brief, 3000
    )
