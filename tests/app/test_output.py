"""The output folder: whole files, and never over what a person has changed."""

from pathlib import Path

import pytest

from inkwright.app.files import output_folder
from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import BadInput
from inkwright.memory.store import works
from inkwright.memory.store.library import Library


@pytest.fixture
def library(home: Path):
    opened = Library.open(home)
    yield opened
    opened.close()


@pytest.fixture
def work(library: Library) -> str:
    return works.begin(library, Brief(request="Tides."), {}).id


def test_what_was_written_is_written_again_over_itself(library, work, tmp_path):
    for text in ("one", "two", "three"):
        written = output_folder.write_files(library, work, tmp_path, {"manuscript.md": text})
        assert written == {"manuscript.md": tmp_path / "manuscript.md"}
    assert (tmp_path / "manuscript.md").read_text() == "three"
    assert [p.name for p in tmp_path.glob("*manuscript*")] == ["manuscript.md"]


def test_a_file_that_a_person_changed_is_left_alone(library, work, tmp_path):
    output_folder.write_files(library, work, tmp_path, {"manuscript.md": "one"})
    (tmp_path / "manuscript.md").write_text("mine")
    for text in ("two", "three"):
        written = output_folder.write_files(library, work, tmp_path, {"manuscript.md": text})
        assert written["manuscript.md"].name == "manuscript-2.md"
    assert (tmp_path / "manuscript.md").read_text() == "mine"
    assert (tmp_path / "manuscript-2.md").read_text() == "three"


def test_a_file_from_elsewhere_is_left_alone(library, work, tmp_path):
    (tmp_path / "report.json").write_text("{}")
    written = output_folder.write_files(library, work, tmp_path, {"report.json": "[]"})
    assert written["report.json"].name == "report-2.json"
    assert (tmp_path / "report.json").read_text() == "{}"


def test_a_link_is_not_followed_out_of_the_folder(library, work, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manuscript.md").symlink_to(tmp_path / "elsewhere.md")
    written = output_folder.write_files(library, work, tmp_path / "out", {"manuscript.md": "one"})
    assert written["manuscript.md"].name == "manuscript-2.md"
    assert not (tmp_path / "elsewhere.md").exists()


def test_killed_between_record_and_rename_the_file_is_still_known_as_ours(
    library, work, tmp_path, monkeypatch
):
    output_folder.write_files(library, work, tmp_path, {"manuscript.md": "one"})

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            output_folder.write_files(library, work, tmp_path, {"manuscript.md": "two"})
    assert (tmp_path / "manuscript.md").read_text() == "one"
    output_folder.write_files(library, work, tmp_path, {"manuscript.md": "three"})
    assert sorted(p.name for p in tmp_path.glob("*manuscript*")) == ["manuscript.md"]


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(
    library, work, tmp_path, monkeypatch
):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BadInput, match="No space left on device.*--out"):
        output_folder.write_files(library, work, tmp_path, {"manuscript.md": "one"})
    assert not list(tmp_path.glob("*manuscript*"))
    assert not list(tmp_path.glob(".manuscript*"))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(BadInput):
            output_folder.prepare_folder(folder)
