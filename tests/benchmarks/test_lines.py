"""A file of answers that was cut off goes on without losing or doubling one."""

import json

import pytest

from benchmarks.lines import Lines


def test_a_torn_last_line_is_taken_away_and_the_rest_stays(tmp_path):
    path = tmp_path / "answers.jsonl"
    lines = Lines(path, "id")
    lines.add({"id": "a", "response": "one\ntwo"})
    lines.add({"id": "b", "response": "雪"})
    path.write_bytes(path.read_bytes()[:-3])
    again = Lines(path, "id")
    assert ("a" in again, "b" in again) == (True, False)
    again.add({"id": "b", "response": "雪"})
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["a", "b"]


def test_a_line_cut_off_just_before_its_end_is_no_answer(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": "a"}\n{"id": "b"}')
    assert "b" not in Lines(path, "id")
    assert path.read_text() == '{"id": "a"}\n'


def test_a_doubled_line_counts_once(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": "a", "n": 1}\n{"id": "a", "n": 2}\n')
    lines = Lines(path, "id")
    assert (len(lines), lines["a"]["n"]) == (1, 1)
    assert path.read_text() == '{"id": "a", "n": 1}\n'
    with pytest.raises(ValueError, match="has a already"):
        lines.add({"id": "a"})


def test_damage_before_the_last_line_is_not_passed_over(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": "a"}\n{"id":\n{"id": "c"}\n')
    with pytest.raises(ValueError, match="line 2 cannot be read"):
        Lines(path, "id")
    assert '"c"' in path.read_text()
