"""The methods on a server that counts as vLLM does."""

import sys

from benchmarks import served
from benchmarks.methods import METHODS


def test_every_method_has_a_row_of_what_the_server_counted(sim, monkeypatch, capsys):
    monkeypatch.setenv("INKWRIGHT_API_BASE", sim.base)
    monkeypatch.setenv("INKWRIGHT_MODEL", sim.model)
    monkeypatch.setenv("INKWRIGHT_EMBEDDER_MODEL", sim.config.embedding_model)
    monkeypatch.setattr(sys, "argv", ["served", "--sections", "2"])
    before = sim.metrics()
    served.main()

    _, _, *rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == ["ours", *METHODS]
    assert {row[-1] for row in rows} == {"complete"}
    grown = sim.metrics()["vllm:request_success_total"] - before["vllm:request_success_total"]
    assert sum(int(row[2].replace(",", "")) for row in rows) == grown


def test_a_method_that_does_not_end_is_stopped_and_told(sim, monkeypatch, capsys):
    monkeypatch.setenv("INKWRIGHT_API_BASE", sim.base)
    monkeypatch.setenv("INKWRIGHT_MODEL", sim.model)
    options = ["--methods", "single-shot", "--minutes", "0.02"]
    monkeypatch.setattr(sys, "argv", ["served", *options])
    sim.configure(faults=[{"fault": "hold", "match": {"role": "writer"}}])
    served.main()
    assert capsys.readouterr().out.splitlines()[-1].endswith("| not in 0.02 min |")
