"""Manuscripts of a batch as files beside its output."""

from pathlib import Path

import pytest

from inkwright.app.batch import exports as beside
from inkwright.app.export.export import render_file
from inkwright.memory.errors import ExportFailed, LibraryUnusable
from inkwright.memory.store import works
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


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            ExportFailed("Pandoc could not make the file: odd"),
            "Pandoc could not make the file: odd",
        ),
        (
            ValueError("All strings must be\nXML compatible"),
            "unexpected ValueError: All strings must ",
        ),
        (
            OSError(28, "No space left on device"),
            "unexpected OSError: [Errno 28] No space left on ",
        ),
    ],
)
def test_a_file_that_cannot_be_made_is_a_problem_of_its_line_and_made_the_next_time(
    batch, model, monkeypatch, caplog, fault, said
):
    def fails_for_brest(library, work, wanted):
        if "brest" in str(works.get(library, work).brief.request):
            raise fault
        return render_file(library, work, wanted)

    with monkeypatch.context() as broken:
        broken.setattr(beside, "render_file", fails_for_brest)
        done = batch([short("brest"), short("ostend")], "--format", "docx", "--concurrency", "1")
    assert done.exit_code == 1
    assert "1 file could not be made" in done.stdout
    assert f"brest: complete: no docx file: {said}" in done.stdout
    found = results()
    assert (found["brest"]["status"], found["brest"]["files"]) == ("complete", {})
    assert found["brest"]["problems"][0].startswith(f"no docx file: {said}")
    assert found["ostend"]["problems"] == []
    assert set(files()) == {"ostend"}
    logged = [r for r in caplog.records if r.levelname == "ERROR"]
    assert len(logged) == (0 if isinstance(fault, ExportFailed) else 1)
    assert all("line 1 (brest), docx file" in r.message and r.exc_info for r in logged)

    model.reset_log()
    assert batch(None, "--format", "docx").exit_code == 0
    assert set(files()) == {"brest", "ostend"}
    assert results()["brest"]["problems"] == []
    assert model.calls() == []


def test_a_folder_that_is_lost_on_the_way_is_each_lines_problem(batch, model, monkeypatch):
    def loses_the_folder(*arguments):
        folder = Path("out-files")
        if folder.is_dir():
            folder.rmdir()
            folder.write_text("in the way")
        return render_file(*arguments)

    with monkeypatch.context() as broken:
        broken.setattr(beside, "render_file", loses_the_folder)
        assert batch([short("brest"), short("ostend")], "--format", "md").exit_code == 1
    told = [line["problems"][0] for line in results().values()]
    assert len(told) == 2
    assert all(t.startswith("no md file: cannot write to ") for t in told)
    Path("out-files").unlink()
    assert batch(None, "--format", "md").exit_code == 0
    assert set(files("md")) == {"brest", "ostend"}


def test_a_library_that_is_lost_on_the_way_ends_the_batch(batch, model, monkeypatch):
    def fails(*_):
        raise LibraryUnusable("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(beside, "render_file", fails)
        done = batch([short("brest")], "--format", "md")
    assert done.exit_code == 2
    assert "the disk is full" in done.stderr
    assert batch(None, "--format", "md").exit_code == 0
    assert set(files("md")) == {"brest"}


@pytest.mark.parametrize("character", ["a", "漢", "𠀀", "👩\u200d👧"])
def test_ids_as_long_as_they_may_be_are_names_of_files(batch, model, character):
    own_ids = [character * (200 // len(character)), character * (100 // len(character))]
    lines = [{**short(name), "id": i} for name, i in zip(("brest", "ostend"), own_ids, strict=True)]
    done = batch(lines, "--format", "docx")
    assert done.exit_code == 0, done.output
    assert len({files()[own_id].read_bytes() for own_id in own_ids}) == 2


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
