"""What a piece says twice, and how it sounds: measures that a person can check by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.memory.text.repetition import find_repeats, measure_repetition
from inkwright.memory.text.style_metrics import count_cliches, measure_drift, measure_style

LONG = "The old boats lay by the quay in the grey light of morning."
OTHER = "Rain fell on every roof of the town until nobody could hear the bells."
SAMPLE = (
    "I rose early, as I always do; the kettle sang, the dog slept. Nothing moved on the water. "
    "You would have said the whole harbour was holding its breath, and perhaps it was. I drank my "
    "tea. I counted the boats, twice, and wrote the number down."
)


def test_a_sentence_of_two_sections_is_found_with_both_places():
    (found,) = find_repeats({"s1": f"{LONG} One more came.", "s2": f"Then it rained. {LONG}"})
    assert (found.section, found.of) == ("s2", "s1")
    assert found.quote == found.there == LONG


def test_a_sentence_that_says_the_same_in_another_order_is_found():
    texts = {
        "s1": "The keeper counted every boat twice before breakfast and wrote the number down.",
        "s2": "Before breakfast the keeper had counted every boat twice; the number was written.",
    }
    assert [r.section for r in find_repeats(texts)] == ["s2"]


@pytest.mark.parametrize(
    "line",
    [
        "O the sea, the grey, grey sea,\n",
        "My dear and only Anna,\n\n",
        "```python\nprint('one two three four five six seven eight nine')\n```\n\n",
        "| the name | of the boat | and its | year of | building and | loss |\n|---|---|\n\n",
    ],
    ids=["verse", "letter", "code", "table"],
)
def test_verses_salutations_code_and_tables_may_come_again(line):
    assert find_repeats({"s1": f"{line}It rained.", "s2": f"{line}The wind turned."}) == []


def test_a_section_that_repeats_itself_is_found_once_for_each_sentence():
    (found,) = find_repeats({"s1": f"{LONG} Then. {LONG}"})
    assert (found.section, found.of) == ("s1", "s1")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The old boats lay by the quay.", "The old boats lay down to sleep."),
        ("旧船停在港口的码头上。", "旧船停在港口，无人问津。"),
    ],
)
def test_two_sections_that_begin_alike_are_found(one, other):
    (found,) = find_repeats({"s1": one, "s2": other})
    assert found.kind == "opening"
    assert (found.quote, found.there) == (other, one)


def test_short_words_and_numbered_headings_are_no_repeats():
    assert not find_repeats(
        {"s1": "## Notes\n\nYes, it is so.", "s2": "## Notes\n\nYes, it is so."}
    )
    assert not find_repeats({"s1": "Week 1: The first week.", "s2": "Week 2: The second week."})


def test_the_measures_count_runs_of_eight_words():
    ten = "one two three four five six seven eight nine ten"
    once = measure_repetition({"s1": ten})
    assert (once.duplicate_8grams, once.cross_section) == (0, 0)
    twice = measure_repetition({"s1": ten, "s2": ten})
    assert twice.duplicate_8grams == 0.5
    assert twice.cross_section == 1
    half = measure_repetition({"s1": ten, "s2": "one two three four five six seven eight oh no"})
    assert half.cross_section == pytest.approx(2 / 6)


TEXTS = st.lists(st.sampled_from([LONG, OTHER, "Short one.", "旧船停在港口的码头上。"]), max_size=6)


@given(st.lists(TEXTS, max_size=4))
def test_every_repeat_quotes_both_places_exactly(sections):
    texts = {f"s{n}": " ".join(parts) for n, parts in enumerate(sections, 1)}
    for found in find_repeats(texts):
        assert found.quote in texts[found.section]
        assert found.there in texts[found.of]
    shares = measure_repetition(texts)
    assert 0 <= shares.duplicate_8grams <= 1
    assert 0 <= shares.cross_section <= 1


def test_a_voice_is_measured_by_its_sentences_words_and_marks():
    found = measure_style(SAMPLE)
    assert found is not None
    assert found.sentence_words == pytest.approx(46 / 5, abs=0.3)
    assert found.sentence_spread > 3
    assert found.marks_per_1000 > 100
    assert 0 < found.type_token <= 1


def test_a_sample_does_not_drift_from_itself():
    found = measure_drift(SAMPLE, SAMPLE)
    assert found is not None
    assert (found.sentence_words, found.type_token, found.marks_per_1000) == (0, 0, 0)
    assert found.vocabulary == 1


def test_another_voice_drifts_in_each_measure():
    flat = "The committee noted the report in full and without a debate of any kind at all. " * 9
    found = measure_drift(SAMPLE, flat + "It is a testament to the rich tapestry of the committee.")
    assert found is not None
    assert found.sentence_words > 0.3
    assert found.sentence_spread < -0.5
    assert found.type_token < -0.3
    assert found.marks_per_1000 == -1
    assert found.vocabulary < 0.5
    assert found.cliches_per_1000 > 5


def test_cliches_are_found_in_either_language_whatever_the_apostrophe():
    assert count_cliches("I couldn’t help but smile.") == {"couldn't help but": 1}
    assert count_cliches("众所周知，总而言之。") == {"众所周知": 1, "总而言之": 1}


def test_a_few_words_say_nothing_about_a_voice():
    assert measure_style("Too short.") is None
    assert measure_drift("Too short.", SAMPLE) is None
