"""A library that release 0.1.0 made opens, shows what it holds, and is gone on with."""

import hashlib
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Cli
from tests.simserver.process import SimServer

KEPT = Path(__file__).parent.parent / "fixtures" / "library-0.1.0-1cbb4d2"
EXPECTED: dict[str, Any] = json.loads((KEPT / "expected.json").read_text())
FERRY, ALMANAC, TIDES = EXPECTED
FILES = ("it.md", "it.docx", "it.epub", "it.zip")
OUTLINES = {
    FERRY: [
        ("Spring", ["First Crossing", "The Bell", "A Letter"]),
        ("Autumn", ["Fog", "The Wreck", "Home"]),
    ],
    ALMANAC: [
        "Weather letters late its lamps tide 1",
        "Rang so to and came late 2",
        "Spring never nobody asked the rang 3",
        "Weather for late its lamps while 4",
        "Twice ledger never nobody the pilot 5",
    ],
    TIDES: [
        "While the turns a counts crates 1",
        "So town for and for letters 2",
        "A the because ledger spring nobody 3",
    ],
}
"""The works' outlines, by their titles."""


@pytest.fixture(scope="module")
def old_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That library, unpacked, to be copied."""
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(KEPT / "home.tar.gz") as packed:
        packed.extractall(folder, filter="data")
    return folder / "home"


@pytest.fixture(autouse=True)
def old(home: Path, old_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library of every test be that one."""
    monkeypatch.setenv("INKWRIGHT_HOME", str(shutil.copytree(old_home, tmp_path / "old")))


def sections(cli: Cli, work: str) -> dict[str, dict[str, Any]]:
    """Return of every section that has a text what ``expected.json`` says of it."""
    versions = json.loads(cli("history", work, "--json").stdout)
    newest = {v["section"]: v for v in versions}
    found = {}
    for sid, version in newest.items():
        text = cli("text", work, sid).stdout.removesuffix("\n")
        digest = hashlib.sha256(text.encode()).hexdigest()
        found[sid] = {"version": version["version"], "words": version["words"], "sha256": digest}
    return found


def entries(cli: Cli, work: str) -> list[dict[str, Any]]:
    told = json.loads(cli("memory", "list", work, "--json").stdout)["entries"]
    return [{name: e[name] for name in ("id", "subject", "statement")} for e in told]


def stale(cli: Cli, work: str) -> list[str]:
    lines = cli("status", work, "--stale").stdout.splitlines()
    return [line.split()[1] for line in lines if " is stale: " in line]


def without(work: str, title: str) -> str:
    """Return a file with the work's outline less one section."""
    kept = []
    for item in OUTLINES[work]:
        if isinstance(item, tuple):
            chapter, titles = item
            kept.append({"title": chapter, "sections": [t for t in titles if t != title]})
        elif item != title:
            kept.append(item)
    Path("outline.json").write_text(json.dumps(kept))
    return "outline.json"


@pytest.mark.parametrize("work", EXPECTED)
def test_it_shows_the_same_texts_and_entries(cli: Cli, work: str) -> None:
    assert sections(cli, work) == EXPECTED[work]["sections"]
    assert entries(cli, work) == EXPECTED[work]["entries"]


def test_it_says_which_section_is_stale_and_settles_it(cli: Cli, model: SimServer) -> None:
    assert (stale(cli, FERRY), stale(cli, TIDES)) == (["s2"], [])
    assert cli("settle", FERRY, "--out", "out").exit_code in (0, 4)
    assert model.calls(role="reviewer", section="s2")
    assert model.calls(role="writer") == []
    assert stale(cli, FERRY) == []


def test_an_unfinished_work_goes_on_and_leaves_what_is_accepted(cli: Cli, model: SimServer) -> None:
    assert cli("resume", ALMANAC, "--out", "out").exit_code in (0, 4)
    assert {c.section for c in model.calls(role="writer")} == {"s3", "s4", "s5"}
    before, after = EXPECTED[ALMANAC]["sections"], sections(cli, ALMANAC)
    assert {sid: after[sid] for sid in before} == before
    assert list(after) == ["s1", "s2", "s3", "s4", "s5"]


@pytest.mark.parametrize("work", EXPECTED)
@pytest.mark.parametrize("file", FILES)
def test_it_is_exported(cli: Cli, work: str, file: str) -> None:
    done = cli("export", work, "--out", file)
    assert done.exit_code == (1 if work == ALMANAC and file != "it.zip" else 0)
    assert Path(file).stat().st_size > 1000


def test_an_archive_of_it_comes_back_whole(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("export", FERRY, "--format", "archive", "--out", "ferry.zip")
    monkeypatch.setenv("INKWRIGHT_HOME", "other")
    assert cli("import", "ferry.zip").exit_code == 0
    assert sections(cli, FERRY) == EXPECTED[FERRY]["sections"]
    assert entries(cli, FERRY) == EXPECTED[FERRY]["entries"]


@pytest.mark.parametrize(
    ("work", "section", "title"),
    [
        (FERRY, "s1", "First Crossing"),
        (FERRY, "s3", "A Letter"),
        (FERRY, "s6", "Home"),
        (ALMANAC, "s2", "Rang so to and came late 2"),
        (TIDES, "s1", "While the turns a counts crates 1"),
        (TIDES, "s3", "A the because ledger spring nobody 3"),
    ],
)
def test_a_work_with_a_section_fewer_is_read_written_and_exported(
    cli: Cli, model: SimServer, work: str, section: str, title: str
) -> None:
    text = cli("text", work, section).stdout.strip()
    planned = cli("plan", work, "--outline", without(work, title))
    assert planned.exit_code == 0
    assert f"no longer in the outline: {section}" in planned.stdout
    left = {sid: s for sid, s in EXPECTED[work]["sections"].items() if sid != section}
    assert sections(cli, work) == left
    assert cli("text", work, section).stdout.strip() == text

    settled = cli("settle", work, "--out", "out")
    assert settled.exit_code in ((1,) if work == ALMANAC else (0, 4))
    assert cli("resume", work, "--out", "out").exit_code in (0, 4)
    report = json.loads(Path("out/report.json").read_text())
    assert section not in [s["id"] for s in report["sections"]]
    assert all(c["section"] != section for c in report["citations"])
    assert text[:60] not in Path("out/manuscript.md").read_text()
    for file in FILES:
        assert cli("export", work, "--out", file).exit_code == 0
