"""inkwright-bench from its command line, against the simulated server."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import bench, simulated
from benchmarks.methods import PEERS
from benchmarks.sets import SETS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def careful(sim, monkeypatch):
    """The simulated model, set in the environment: it forgets nothing and keeps lengths."""
    return _set_up(sim, monkeypatch, forget_probability=0.0, length_error=0.0)


@pytest.fixture
def careless(sim, monkeypatch):
    """The simulated model as the benchmarks use it."""
    return _set_up(sim, monkeypatch)


@pytest.mark.parametrize("method", PEERS)
def test_a_peer_with_a_careful_model_meets_everything(careful, tmp_path, method):
    assert run(tmp_path, "unitgen", "--method", method) == 0
    found = score(tmp_path, f"unitgen/{method}-seed1")
    assert (found["CR"], found["STIC-2"], found["leak"], found["short"]) == (100, 1, 0, 0)
    assert found["calls"] == len(careful.calls(kind="chat"))


def test_single_shot_asks_once_with_the_request_alone(careful, tmp_path):
    careful.configure(log_messages=True)
    run(tmp_path, "longbench_write", "--method", "single-shot")
    (call,) = careful.calls(kind="chat")
    task = SETS["longbench_write"].load()[0]
    assert call.messages == [{"role": "user", "content": task.request}]


def test_agentwrite_shows_each_step_all_text_so_far(careful, tmp_path):
    careful.configure(log_messages=True)
    run(tmp_path, "unitgen", "--method", "agentwrite")
    _, *steps = careful.calls(kind="chat")
    texts = [call.answer for call in steps]
    for number, call in enumerate(steps):
        assert all(text in call.messages[0]["content"] for text in texts[:number])


def test_cogwriter_writes_without_a_look_at_other_parts_and_mends_lengths(careless, tmp_path):
    careless.configure(log_messages=True)
    run(tmp_path, "unitgen", "--method", "cogwriter")
    calls = careless.calls(kind="chat")
    plans, parts = calls[:2], calls[2:]
    assert [c.schema_name for c in plans] == ["WritingPlan", "WritingPlan"]
    first = [c for c in parts if "<draft>" not in c.messages[0]["content"]]
    again = [c for c in parts if "<draft>" in c.messages[0]["content"]]
    assert len(first) == 12
    assert again
    assert not any(a.answer in b.messages[0]["content"] for a in first for b in first)


def test_recurrent_shows_memory_last_paragraph_and_the_nearest(careful, tmp_path):
    careful.configure(log_messages=True)
    run(tmp_path, "unitgen", "--method", "recurrent")
    writes = careful.calls(kind="chat", role="writer")
    assert len(writes) == 12
    prompt = writes[-1].messages[0]["content"]
    shown = [n for n, call in enumerate(writes[:-1]) if call.answer in prompt]
    assert shown[-1] == 10, "the last paragraph"
    assert len(shown) == 3, "and the two nearest of the others"


def test_ours_runs_the_application_with_the_arms_given(careless, tmp_path):
    assert run(tmp_path, "unitgen", "--method", "ours", "--memory", "none", "--review", "off") == 0
    assert score(tmp_path, "unitgen/ours-memory=none-review=off-seed1")["calls"] > 12
    assert not careless.calls(role="archivist")
    assert not careless.calls(role="reviewer")


def test_review_mends_what_a_careless_writer_forgets_and_puts_elsewhere(careless, tmp_path):
    run(tmp_path, "unitgen", "--method", "ours")
    run(tmp_path, "unitgen", "--method", "ours", "--review", "off")
    reviewed = score(tmp_path, "unitgen/ours-seed1")
    unreviewed = score(tmp_path, "unitgen/ours-review=off-seed1")
    assert unreviewed["STIC-2"] < 0.95
    assert unreviewed["leak"] > 0
    assert [reviewed[name] for name in ("CR", "STIC-2", "leak", "short")] == [100, 1, 0, 0]
    assert reviewed["flagged"] == 0


def test_a_torn_run_goes_on_and_asks_nothing_twice(careless, tmp_path):
    run(tmp_path, "unitgen", "--method", "agentwrite", limit=2)
    folder = tmp_path / "unitgen/agentwrite-seed1"
    whole, calls = (folder / "answers.jsonl").read_bytes(), (folder / "calls.jsonl").read_bytes()
    (folder / "answers.jsonl").write_bytes(whole[:-20])
    (folder / "calls.jsonl").write_bytes(calls[:-20])
    before = score(tmp_path, "unitgen/agentwrite-seed1")
    careless.reset_log()
    run(tmp_path, "unitgen", "--method", "agentwrite", limit=2)
    assert len(careless.calls(kind="chat")) == 1, "the one whose line was torn"
    rows = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    assert [r["response"] for r in rows] == [
        json.loads(line)["response"] for line in whole.splitlines()
    ]
    assert score(tmp_path, "unitgen/agentwrite-seed1") == before


def test_judge_requests_are_written_for_sets_that_a_judge_scores(careful, tmp_path):
    run(tmp_path, "writingbench_length", "--method", "single-shot")
    folder = tmp_path / "writingbench_length/single-shot-seed1"
    rows = [json.loads(line) for line in (folder / "judge_requests.jsonl").read_text().splitlines()]
    assert len({row["custom_id"] for row in rows}) == 5
    text = json.loads((folder / "answers.jsonl").read_text())["response"]
    assert all(text in row["body"]["messages"][0]["content"] for row in rows)


def test_a_task_that_fails_is_named_and_tried_again(careful, tmp_path, capsys):
    careful.configure(faults=[{"fault": "no_json", "match": {"schema": "WritingPlan"}}])
    assert run(tmp_path, "unitgen", "--method", "agentwrite") == 1
    assert "WritingPlan: " in capsys.readouterr().err
    careful.configure(faults=[])
    assert run(tmp_path, "unitgen", "--method", "agentwrite") == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--method", "agentwrite", "--review", "off"], "--review is an arm of ours"),
        (["--limit", "0"], "--limit must be at least 1"),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, arguments, said):
    assert bench.main(["unitgen", "--out", str(tmp_path), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_answers_of_another_model_are_not_mixed_in(careful, tmp_path, monkeypatch, capsys):
    run(tmp_path, "unitgen", "--method", "single-shot")
    monkeypatch.setenv("INKWRIGHT_MODEL", "another")
    assert run(tmp_path, "unitgen", "--method", "single-shot") == 2
    assert "give another --out" in capsys.readouterr().err


def test_the_simulated_model_needs_no_setting(tmp_path):
    assert run(tmp_path, "unitgen", "--method", "single-shot", "--simulated") == 0
    assert score(tmp_path, "unitgen/single-shot-seed1")["CR"] == 100


def test_the_installed_command_finds_its_checkout_from_any_folder(tmp_path):
    (tmp_path / "path").mkdir()
    (tmp_path / "path/inkwright").symlink_to(ROOT / "inkwright")
    assert installed(tmp_path) == (2, "inkwright-bench: --limit must be at least 1\n")


def test_the_installed_command_says_so_where_there_is_no_checkout(tmp_path):
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "inkwright", tmp_path / "path/inkwright", ignore=ignored)
    code, said = installed(tmp_path)
    assert (code, said.startswith("inkwright-bench needs a checkout")) == (2, True)


def installed(folder):
    """Return exit code and words of the command, with the package alone on the path."""
    code = "from inkwright.bench_command import main; raise SystemExit(main())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "unitgen", "--limit", "0"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "path"), "PATH": "", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def run(folder, *arguments, limit=1):
    return bench.main([*arguments, "--limit", str(limit), "--out", str(folder)])


def score(folder, name):
    return json.loads((folder / name / "score.json").read_text())


def _set_up(sim, monkeypatch, **changes):
    tasks = [task for name in ("unitgen", "longbench_write") for task in SETS[name].load()]
    told = simulated.config(tasks, **changes)
    sim.configure(**told.model_dump(exclude_unset=True))
    for name, value in (
        ("API_BASE", sim.base),
        ("MODEL", sim.model),
        ("EMBEDDER_MODEL", told.embedding_model),
    ):
        monkeypatch.setenv(f"INKWRIGHT_{name}", value)
    return sim
