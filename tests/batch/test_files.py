"""Manuscripts of a batch as files beside its output."""

from pathlib import Path

import pytest

from inkwright.app.batch import files as beside
from inkwright.memory.errors import ExportFailed
from tests.batch.conftest import results, short


def files(format: str = "docx") -> dict[str, Path]:
    return {i: Path(r["files"][format]) for i, r in results().items() if format in r["files"]}


def test_each_manuscript_is_a_file_whose_path_is_in_its_line(batch, model):
    lines = [short("brest"), short("ostend/7 oakum")]
    done = batch([*lines, "no json"], "--format", "docx", "--format", "md")
    assert done.exit_code == 1, done.output
    assert files()["brest"] == Path("out-files/brest.docx")
    assert all(f.read_bytes().startswith(b"PK") for f in files().values())
    assert len({*files().values()}) == 2
    assert files("md")["brest"].read_text() == results()["brest"]["text"]
    assert {f.parent for f in files().values()} == {Path("out-files")}


def test_files_that_are_lacking_are_made_without_a_call_and_the_others_left(batch, model):
    batch([short("brest"), short("ostend")])
    assert files() == {}
    model.reset_log()
    assert batch(None, "--format", "docx").exit_code == 0
    assert set(files()) == {"brest", "ostend"}
    made = files()["ostend"].stat().st_mtime_ns
    files()["brest"].unlink()
    assert batch(None, "--format", "docx").exit_code == 0
    assert files()["brest"].exists()
    assert files()["ostend"].stat().st_mtime_ns == made
    assert model.calls() == []


def test_a_file_that_is_not_ours_is_left_alone(batch, model):
    Path("out-files").mkdir()
    Path("out-files/brest.md").write_text("mine")
    batch([short("brest")], "--format", "md")
    assert Path("out-files/brest.md").read_text() == "mine"
    assert files("md")["brest"] == Path("out-files/brest-2.md")


def test_a_file_that_cannot_be_made_is_a_problem_of_its_line_and_made_the_next_time(
    batch, model, monkeypatch
):
    def fails(*_):
        raise ExportFailed("Pandoc could not make the file: odd")

    with monkeypatch.context() as broken:
        broken.setattr(beside, "make", fails)
        assert batch([short("brest")], "--format", "docx").exit_code == 0
    found = results()["brest"]
    assert (found["status"], found["files"]) == ("complete", {})
    assert "no docx file: Pandoc could not make the file: odd" in found["problems"]
    model.reset_log()
    assert batch(None, "--format", "docx").exit_code == 0
    assert files()["brest"].exists()
    assert results()["brest"]["problems"] == []
    assert model.calls() == []


def test_a_format_there_is_not_and_a_place_there_is_not_are_one_line(batch, model):
    done = batch([short("brest")], "--format", "odt")
    assert done.exit_code == 2
    assert "--format odt: it is one of md, docx, epub, pdf, " in done.stderr
    Path("out-files").write_text("in the way")
    done = batch([short("brest")], "--format", "md")
    assert done.exit_code == 2
    assert "out-files" in done.stderr
    assert model.calls(role="writer") == []


def test_what_ray_needs_is_said_before_anything_is_sent(batch, model, monkeypatch):
    lines = [short("brest")]
    assert "INKWRIGHT_LIBRARY_URL" in batch(lines, "--engine", "ray").stderr
    monkeypatch.setenv("INKWRIGHT_LIBRARY_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert "INKWRIGHT_INDEX_URL" in batch(lines, "--engine", "ray").stderr
    monkeypatch.setenv("INKWRIGHT_INDEX_URL", "http://127.0.0.1:1/novels")
    monkeypatch.setenv("INKWRIGHT_MODEL", "embedded")
    done = batch(lines, "--engine", "ray")
    assert done.exit_code == 2
    assert "models at an address" in done.stderr
    assert "--workers is for --engine ray" in batch(lines, "--workers", "2").stderr
    assert model.calls() == []


@pytest.mark.parametrize("address", ["chroma:8000", "http://", "http://h:1/a", "http://h/a b/c"])
def test_an_address_of_no_index_is_one_line(batch, model, monkeypatch, address):
    monkeypatch.setenv("INKWRIGHT_INDEX_URL", address)
    done = batch([short("brest")])
    assert done.exit_code == 2
    assert "INKWRIGHT_INDEX_URL: it must look like http://host:8000/NAME" in done.stderr
