"""The scorers, on the worked examples of the task sets' README files and on answers known right."""

import doctest
import json
from importlib import import_module

import pytest

from benchmarks.scorers import hellobench, longbench_write, longen, longproc, repetition, unitgen
from benchmarks.scorers.counting import longbench_words, longen_words
from benchmarks.sets import SETS

TASK = {
    "type": "Episode",
    "number": 4,
    "min_words": 5,
    "checks_once": {"1": "paper crown"},
    "checks_range": {"2": "long drought", "3": "long drought"},
    "checks_periodic": {"2": "owl post", "4": "owl post"},
}


@pytest.mark.parametrize("name", ["counting", "longbench_write", "longen", "repetition"])
def test_what_a_scorers_docstrings_show_is_so(name):
    assert doctest.testmod(import_module(f"benchmarks.scorers.{name}")).failed == 0


def test_longbench_counts_an_apostrophe_as_a_break_and_digits_not_at_all():
    assert longbench_words("don't") == 2
    assert longbench_words("2024") == 0
    assert longbench_words("她有 3 条 boats。") == 4


def test_longen_counts_marks_and_blank_separated_words():
    assert longen_words("don't stop in 2024.") == 4
    assert longen_words("她走了。（完）") == 7


@pytest.mark.parametrize(
    ("asked", "written", "score"),
    [(100, 0, 0), (100, 100, 100), (100, 250, 50), (100, 400, 0), (100, 50, 50), (300, 100, 0)],
)
def test_longbench_length_score(asked, written, score):
    assert longbench_write.length_score(asked, written) == pytest.approx(score)


def test_longbench_scores_are_given_by_length_and_language():
    answered = [
        ({"prompt": "Write 100 words.", "length": 100}, "word " * 100),
        ({"prompt": "写一篇4000字的文章。", "length": 4000}, "字" * 2000),
    ]
    assert longbench_write.score(answered) == {
        "S_l": 75.0,
        "S_l [0,500)": 100.0,
        "S_l [4k,20k]": 50.0,
        "S_l en": 100.0,
        "S_l zh": 50.0,
    }


def test_longbench_has_the_languages_its_readme_counts():
    prompts = [task.record for task in SETS["longbench_write"].load()]
    found = longbench_write.score([(r, "") for r in prompts])
    spoken = [longbench_write.language(r["prompt"]) for r in prompts]
    assert (spoken.count("zh"), spoken.count("en")) == (46, 44)
    assert found["S_l"] == 0


@pytest.mark.parametrize(
    ("kind", "constraint", "low", "high"),
    [
        ("about", "around 4000 words", 3200, 4800),
        ("range", "4000-5000 words", 4000, 5000),
        ("range", "6000字至8000字", 6000, 8000),
        ("above", "more than 4000 words", 4000, 6000),
        ("below", "小于8000字", 4000, 8000),
    ],
)
def test_longen_reads_every_kind_of_constraint(kind, constraint, low, high):
    assert longen.interval(kind, constraint) == (low, high)


def test_longen_scores_by_kind():
    answered = [
        ({"type": "about", "constraint": "about 100 words", "language": "en"}, "w " * 120),
        ({"type": "above", "constraint": "more than 100 words", "language": "en"}, "w " * 75),
    ]
    assert longen.score(answered) == {"score": 0.75, "about": 1.0, "above": 0.5, "en": 0.75}


def test_a_perfect_unitgen_answer():
    text = (
        "#*# Episode 1: A Paper  Crown lay on the mat.\n\n#*# Episode 2: The long drought and an"
        " owl post.\n\n#*# Episode 3: Still the long drought goes on.\n\n#*# Episode 4: At last"
        " the owl post came in.\n\n*** finished"
    )
    found = unitgen.score([(TASK, text)])
    assert (found["CR"], found["STIC-2"], found["leak"], found["short"]) == (100, 1, 0, 0)
    assert found["wAvg"] == 1


def test_unitgen_counts_what_is_missing_leaked_and_short():
    text = (
        "The episodes follow.\n#*# Episode 2: The long drought, but no post to be seen.\n"
        "#*# Episode 2: owl post comes twice, which does not count.\n"
        "#*# Episode 4: owl post, paper crown.\n#*# Episode 9: nowhere."
    )
    found = unitgen.score([(TASK, text)])
    assert found["CR"] == 50
    assert found["STIC-1"] == pytest.approx(2 / 3)
    assert found["STIC-2"] == pytest.approx(2 / 5)
    assert found["accuracy range"] == 1
    assert found["accuracy periodic"] == 0.5
    assert found["leak"] == pytest.approx(1 / 3), "crown in 2 and 4, drought in 4 are not due"
    assert found["short"] == 0
    assert unitgen.score([(TASK | {"min_words": 6}, text)])["short"] == 0.5


def test_unitgen_finds_chinese_units():
    task = TASK | {"type": "展厅", "number": 1, "checks_range": {}, "checks_periodic": {}}
    task["checks_once"] = {"1": "断桥"}
    found = unitgen.score([(task, "#*# 展厅 1：这里有断桥。")])
    assert (found["CR"], found["STIC-2"], found["short"]) == (100, 1, 0)


def test_repeated_runs_of_eight_words_are_seen():
    line = "one two three four five six seven eight"
    assert repetition.duplicate_share(f"{line} {line}") == pytest.approx(1 / 9)
    assert repetition.section_overlap([line, f"then {line}"]) == pytest.approx(2 / 3)
    assert repetition.section_overlap([line]) == 0


def test_hellobench_reports_how_much_of_the_least_length_is_reached():
    answered = [({"words": 100}, "w " * 150), ({"words": 100}, "w " * 50), ({"words": None}, "w")]
    assert hellobench.score(answered) == {"words / asked": 1.0, "reached": 0.5}


def test_longproc_calls_every_reference_answer_right():
    answered = []
    for task in SETS["longproc"].load():
        record = task.record
        answered.append((record, _reference(record)))
    found = longproc.score(answered)
    assert set(found.values()) == {1.0}
    assert len(found) == 6


def test_longproc_sees_a_wrong_step():
    tasks = SETS["longproc"].load()
    route = next(t.record for t in tasks if t.record["task"] == "path_traversal")
    lines = route["answer_nl"].strip().splitlines()
    half = "\n".join([*lines[: len(lines) // 2], "From Nowhere, take a bus to Nowhere."])
    assert longproc.path_traversal(route, f"<Route>\n{half}\n</Route>") == (
        0.0,
        len(lines) // 2 / len(lines),
    )
    sums = {"nums": [2, 3, 4, 5], "target": 14}
    right = "<Solution>\n2+3=5\n5+4=9\n9+5=14\n</Solution>"
    assert longproc.countdown(sums, right)[0] == 1
    assert longproc.countdown(sums, right.replace("9+5=14", "9+6=15"))[0] == 0, "6 is not in hand"
    assert longproc.countdown(sums, right.replace("5+4=9", "5+4=8"))[0] == 0, "not true"


def test_upstream_files_hold_what_upstream_scorers_read():
    names = {
        "unitgen": ("results.json", {"output_blocks", "checks_once", "type", "number"}),
        "longbench_write": ("pred.jsonl", {"length", "response_length", "response"}),
        "longen": ("longen.jsonl", {"type", "constraint", "response"}),
        "hellobench_2k": (
            "heuristic_text_generation_2k_results.jsonl",
            {"id", "instruction", "response"},
        ),
        "writingbench_length": ("responses.jsonl", {"index", "response"}),
    }
    for name, (file, fields) in names.items():
        task = SETS[name].load()[0]
        written = SETS[name].export([(task.record, "#*# Text.")])[file]
        row = json.loads(written)[0] if file.endswith(".json") else json.loads(written)
        assert fields <= row.keys()


def _reference(record):
    if record["task"] == "countdown":
        return "<Solution>\n" + "\n".join(record["solution"]) + "\n</Solution>"
    if record["task"] == "path_traversal":
        return f"<Route>\n{record['answer_nl']}\n</Route>"
    return record["solution"]
