"""One line in, one line out; run again, only what is new is written."""

import json
from pathlib import Path

from tests.batch.conftest import put, results, short


def test_every_line_gets_a_typed_line_that_echoes_its_own_fields(batch):
    done = batch([short("brest", tag={"client": 7}), short("ostend")])

    assert done.exit_code == 0, done.output
    found = results()
    assert set(found) == {"brest", "ostend"}
    brest = found["brest"]
    assert brest["schema"] == "inkwright.batch/1"
    assert (brest["status"], brest["line"], brest["error"]) == ("complete", 1, None)
    assert brest["input"]["tag"] == {"client": 7}
    assert brest["sections"] == {"done": 2, "of": 2}
    assert brest["text"].count("## ") == 2
    assert abs(brest["words"] - 120) < 15
    assert brest["calls"]["by_role"]["writer"] >= 2
    assert brest["tokens"]["completion"] > 0


def test_the_schema_it_prints_is_that_of_its_lines(cli, batch):
    batch([short("brest"), "no JSON"])
    schema = json.loads(cli("batch", "--schema").output)
    lines = results().values()
    assert all(set(line) == set(schema["properties"]) for line in lines)
    assert schema["properties"]["schema"]["const"] == "inkwright.batch/1"
    assert "input" in schema["required"]
    assert "waits for approval" in schema["properties"]["status"]["description"]
    assert any(line["error"] == "in.jsonl line 2: not JSON: Expecting value" for line in lines)


def test_unchanged_lines_cost_no_calls_and_an_edited_one_is_a_new_work(batch, model):
    lines = [short("brest"), short("ostend")]
    batch(lines)
    before = results()
    model.reset_log()

    again = batch()
    assert again.exit_code == 0
    assert model.calls() == []
    assert results() == before

    lines[1]["request"] = "Write about the sea wall of Ostend."
    batch(lines)
    after = results()
    assert after["brest"] == before["brest"]
    assert after["ostend"]["work"] != before["ostend"]["work"]
    old = [json.loads(line) for line in Path("out.old.jsonl").read_text().splitlines()]
    assert [o["work"] for o in old] == [before["ostend"]["work"]]


def test_a_changed_field_of_the_callers_own_costs_nothing_and_is_echoed(batch, model):
    batch([short("brest", tag=1)])
    before = results()["brest"]
    model.reset_log()
    batch([short("ostend"), short("brest", tag=2)], "--max-calls", "1000")

    after = results()["brest"]
    assert (after["input"]["tag"], after["line"]) == (2, 2)
    assert after["text"] == before["text"]
    assert all("brest" not in str(c.messages) for c in model.calls(role="writer"))


def test_identical_lines_with_different_ids_are_different_works(batch):
    one = short("same")
    batch([one, {**one, "id": "other"}])
    found = results()
    assert found["same"]["work"] != found["other"]["work"]


def test_lines_without_an_id_are_told_apart_even_if_they_say_the_same(batch):
    one = short("x")
    del one["id"]
    batch([one, one])
    ids = sorted(results())
    assert ids[1] == f"{ids[0]}-2"


def test_duplicate_ids_are_refused_with_both_line_numbers_before_anything_is_sent(batch, model):
    done = batch([short("a"), "", short("b"), {**short("c"), "id": "a"}])
    assert done.exit_code == 2
    assert "lines 1 and 4 have the same id 'a'" in done.stderr
    assert model.calls() == []
    assert not Path("out.jsonl").exists()


def test_a_bad_line_fails_alone_with_its_number(batch):
    done = batch([
        short("good"),
        '{"id": "torn", "request": ',
        {"id": "slip", "request": "A note.", "wrods": 100},
        {"id": "none", "words": 100},
        "[1]",
        {"id": "zero", "request": "A note.", "words": 0},
    ])  # fmt: skip
    assert done.exit_code == 1
    found = {r["line"]: r for r in results().values()}
    assert found[1]["status"] == "complete"
    assert {found[n]["status"] for n in range(2, 7)} == {"failed"}
    for number, said in ((2, "line 2"), (3, "'words'"), (4, "request"), (6, "words")):
        assert said in found[number]["error"], found[number]["error"]
        assert f"line {number}" in found[number]["error"]


def test_files_made_for_something_else_run_as_they_are(batch):
    line = {"nr": 12, "prompt": "Write about lamps in 80 words.", "type": "essay", "length": 80}
    done = batch([line], "--prompt-field", "prompt", "--id-field", "nr")
    assert done.exit_code == 0, done.output
    found = results()["12"]
    assert found["input"] == line
    assert found["status"] == "complete"


def test_defaults_are_shared_and_a_line_may_say_otherwise(batch):
    Path("house.yaml").write_text(
        "headings: none\nlanguage: en\n"
        "constraints:\n- {text: Say fog., kind: must_contain, phrases: [fog], where: 1}\n"
    )
    own = {"text": "Say lamp.", "kind": "must_contain", "phrases": ["lamp"], "where": 2}
    batch(
        [short("plain"), short("loud", headings="all", constraints=[own])],
        "--defaults", "house.yaml",
    )  # fmt: skip
    found = results()
    assert "#" not in found["plain"]["text"]
    assert "## " in found["loud"]["text"]
    assert "fog" in found["plain"]["text"]
    assert "fog" in found["loud"]["text"]
    assert "lamp" in found["loud"]["text"]


def test_outlines_wait_for_approval_and_are_then_written(batch, model):
    done = batch([short("brest")], "--plan-only")
    assert done.exit_code == 0, done.output
    planned = results()["brest"]
    assert (planned["status"], planned["text"]) == ("planned", "")
    assert [s["title"] for s in planned["outline"]] == ["North of brest", "South of brest"]
    assert model.calls(role="writer") == []

    batch([short("brest"), short("ostend")])
    assert {i: r["status"] for i, r in results().items()} == {
        "brest": "planned",
        "ostend": "complete",
    }
    batch(None, "--approved")
    assert {r["status"] for r in results().values()} == {"complete"}


def test_flagged_lines_are_taken_up_again_when_asked(batch, model):
    judged = {"id": "calm", "text": "It stays calm.", "where": "all"}
    model.configure(judge_fails=[{"constraint": "It stays calm."}], editor_ignores=1.0)
    done = batch([short("brest", constraints=[judged])])
    assert done.exit_code == 4
    assert results()["brest"]["status"] == "flagged"

    model.configure(judge_fails=[], editor_ignores=0.0)
    model.reset_log()
    assert batch().exit_code == 4
    assert model.calls() == []
    assert batch(None, "--retry", "flagged").exit_code == 0
    assert results()["brest"]["status"] == "complete"


def test_partial_and_failed_lines_are_taken_up_again_when_asked(batch, model):
    model.configure(faults=[{"fault": "400", "match": {"role": "writer", "section": "s2"}}])
    assert batch([short("brest")]).exit_code == 1
    found = results()["brest"]
    assert (found["status"], found["sections"]["done"]) == ("partial", 1)

    model.configure(faults=[])
    model.reset_log()
    assert batch().exit_code == 1
    assert model.calls() == []
    assert batch(None, "--retry", "failed").exit_code == 0
    assert results()["brest"]["status"] == "complete"


def test_an_output_that_is_no_batchs_is_left_alone(batch):
    put([{"mine": 1}], "out.jsonl")
    before = Path("out.jsonl").read_bytes()
    done = batch([short("brest")])
    assert done.exit_code == 2
    assert "out.jsonl line 1" in done.stderr
    assert Path("out.jsonl").read_bytes() == before


def test_the_input_is_never_taken_for_the_output(cli, model):
    put([short("brest")])
    done = cli("batch", "in.jsonl", "--out", "in.jsonl")
    assert done.exit_code == 2
    assert "is the input itself" in done.stderr


def test_a_dry_run_says_what_it_would_take_and_sends_nothing(batch, model):
    lines = [short(f"h{n}") for n in range(4)]
    said = batch(lines, "--dry-run").stdout
    assert "nothing was sent" in said
    assert model.calls() == []
    foretold = int(said.split("calls: ")[1].split()[0])

    batch()
    taken = sum(r["calls"]["total"] for r in results().values())
    assert abs(foretold - taken) <= 0.25 * taken
    assert "4 done, 0 bad, 0 to write" in batch(None, "--dry-run").stdout
