"""Numbers of one thing that disagree between sections, by rule."""

import pytest

from inkwright.agents.checks.number_conflicts import (
    find_number_conflicts,
    find_unsupported_figures,
)


@pytest.mark.parametrize(
    ("noun", "first", "second"),
    [
        (
            "ferries",
            "The town operates two ferries between the islands.",
            "The system currently operates with a fleet of 20 diesel-powered ferries.",
        ),
        ("ferries", "The harbour's two ferries are old.", "All 20 ferries are diesel."),
        ("stations", "The line has seven stations.", "A network of 12 stations serves the bay."),
        ("boats", "The co-op owns four boats.", "The co-op owns six boats, all of oak."),
        ("fähren", "Die Stadt betreibt zwei Fähren.", "Eine Flotte von 20 Fähren liegt im Hafen."),
        ("bacs", "Les deux bacs sont vieux.", "Elle exploite une flotte de 20 bacs."),
        ("barcos", "Los dos barcos son viejos.", "Tiene una flota de 20 barcos."),
        ("渡轮", "两艘渡轮每天往返。", "港口共有20艘渡轮。"),
    ],
)
def test_two_sections_that_count_one_thing_differently_disagree(noun, first, second):
    (conflict,) = find_number_conflicts({"s1": first, "s2": second})
    assert (conflict.noun, conflict.other_section, conflict.section) == (noun, "s1", "s2")
    assert (conflict.there, conflict.quote) == (first, second)


@pytest.mark.parametrize(
    "texts",
    [
        ("The two men left.", "The three men came back."),
        ("She had two sons.", "He had three sons."),
        ("A fleet of 20 ferries lay there.", "The twenty ferries were sold."),
        ("A crew of 12 sailors manned her.", "“We were a crew of nine sailors,” he said."),
        ("All 20 ferries ran.", "Of all 20 ferries, its two ferries of steel were new."),
        ("It took all two days.", "A total of 14 days went by."),
    ],
)
def test_numbers_that_may_be_of_different_things_are_no_conflict(texts):
    assert find_number_conflicts(dict(enumerate_sections(texts))) == []


def enumerate_sections(texts):
    return [(f"s{n}", text) for n, text in enumerate(texts)]


def test_precise_figures_that_nothing_supports_are_named_once():
    texts = {
        "s1": "It saves $5 million by 2030. In 1987 there were 12 boats.",
        "s2": "Again, $5 million; the rate is 3.5% of 1,200.",
    }
    figures = find_unsupported_figures(texts, ["The budget is 1,200 and the rate 3.5 %."])
    assert [(f.section, f.figure) for f in figures] == [("s1", "$5 million")]
