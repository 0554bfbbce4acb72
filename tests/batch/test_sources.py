"""Sources of a batch: only what the caller may name, and what cannot be read costs itself alone."""

import os
from pathlib import Path

import pytest

import inkwright
from inkwright.agents.llm.config import Ablation
from inkwright.app.batch.input import FieldNames, build_lines, read_defaults
from inkwright.app.documents import loader, process
from inkwright.memory.errors import BadInput
from tests.batch.conftest import results, short

TIDES = (
    "# Tides of Brest\n\nThe tidal range at Brest is 7.2 metres at springs.\n"
    "The gauge was built in 1807 and has run for 200 years.\n\n"
    "A storm in 1987 raised the water by 2.1 metres above the tables.\n"
    "Its readings are sent to Paris every 6 hours by a cable under the sea.\n"
)
ELSEWHERE = (
    "../secret.txt",
    "papers/../../secret.txt",
    "{outside}/secret.txt",
    "link.txt",
    "linked/secret.txt",
    "http://127.0.0.1/secret.txt",
    "file://{outside}/secret.txt",
    "no\0thing.txt",
    "n" * 5000 + ".txt",
    "ring",
    "%2e%2e/secret.txt",
    "~/secret.txt",
)


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a secret; the current folder is another one, with links into it."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.txt").write_text("The secret word is 4177.")
    (tmp_path / "secret.txt").write_text("The secret word is 4177.")
    inside = tmp_path / "inside"
    (inside / "papers").mkdir(parents=True)
    (inside / "papers" / "tides.md").write_text(TIDES)
    (inside / "papers" / "more.txt").symlink_to(elsewhere / "secret.txt")
    (inside / "link.txt").symlink_to(elsewhere / "secret.txt")
    (inside / "linked").symlink_to(elsewhere)
    (inside / "ring").symlink_to(inside / "ring")
    monkeypatch.chdir(inside)
    monkeypatch.setenv("HOME", str(elsewhere))
    return elsewhere


def test_a_line_reaches_no_file_outside_its_folder(batch, outside, model):
    lines = [
        short(f"n{n}", sources=[name.format(outside=outside)]) for n, name in enumerate(ELSEWHERE)
    ]
    done = batch([*lines, short("good", sources=["papers"])])
    assert done.exit_code == 1, done.output
    found = results()
    assert [i for i, r in found.items() if r["status"] != "failed"] == ["good"]
    for n in range(len(ELSEWHERE)):
        told = found[f"n{n}"]["error"]
        assert "sources.1" in told
        assert "\n" not in told
    assert not any("4177" in str(c.messages) for c in model.calls(kind="chat"))
    assert "Tides of Brest" in found["good"]["text"]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_neither_the_api_nor_a_brief_file_reaches_one(outside: Path, name: str) -> None:
    given = {"request": "A note.", "sources": [name.format(outside=outside)]}
    [line] = build_lines([given], FieldNames(), Ablation())
    assert line.brief is None
    assert "sources.1" in line.fault
    if name.isprintable():
        Path("b.yaml").write_text(f"request: A note.\nsources: ['{given['sources'][0]}']\n")
        with pytest.raises(BadInput, match=r"sources\.1"):
            inkwright.plan("b.yaml")


def test_what_is_no_file_is_not_opened(outside: Path) -> None:
    os.mkfifo("pipe.txt")
    [line] = build_lines(
        [{"request": "A note.", "sources": ["pipe.txt"]}], FieldNames(), Ablation()
    )
    assert line.brief is not None
    assert line.brief.unread == ("source pipe.txt was not read: no such file",)


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize("key", ["outline", "memory", "sample"])
def test_no_other_key_of_a_line_reaches_a_file_outside_either(
    outside: Path, key: str, name: str
) -> None:
    [line] = build_lines(
        [{"request": "A note.", key: name.format(outside=outside)}], FieldNames(), Ablation()
    )
    if line.brief is not None:  # an address, or a name no file has, may be a sample's own words
        assert key == "sample"
        assert line.brief.sample == name.format(outside=outside)
    assert "4177" not in str(line)


def test_defaults_are_the_persons_own_and_read_once_wherever_they_lie(outside: Path) -> None:
    (outside / "parts.md").write_text("# Notes\n\n## North\n\n## South\n")
    (outside / "bible.yaml").write_text("- {subject: Mara, statement: She keeps the lamp.}\n")
    (outside / "voice.txt").write_text("Calm and slow.")
    Path("papers/house.yaml").write_text(
        "outline: ../../elsewhere/parts.md\n"
        "memory: ../../elsewhere/bible.yaml\n"
        "sample: ../../elsewhere/voice.txt\n"
    )
    shared = FieldNames(defaults=read_defaults(Path("papers/house.yaml")))
    for name in ("parts.md", "bible.yaml", "voice.txt"):
        (outside / name).unlink()
    own = {"subject": "Orla", "statement": "She sails."}
    [line, other] = build_lines(
        [{"request": "A note.", "memory": [own]}, {"request": "B.", "outline": ["East"]}],
        shared,
        Ablation(),
    )
    assert line.brief is not None, line.fault
    assert other.brief is not None, other.fault
    assert other.brief.title is None, "the title goes with the outline that has it"
    assert line.brief.title == "Notes"
    assert [part.title for part in line.brief.outline] == ["North", "South"]
    assert [entry.subject for entry in line.brief.memory] == ["Mara", "Orla"]
    assert line.brief.sample == "Calm and slow."


def test_shared_sources_lie_beside_the_defaults_and_are_read_once(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("papers/house.yaml").write_text("words: 100\nsources: [tides.md]\ncite: author-year\n")
    shared = FieldNames(defaults=read_defaults(Path("papers/house.yaml")))
    monkeypatch.setattr(loader, "read_all", None)
    one, other = build_lines([{"request": "A note."}, {"request": "B."}], shared, Ablation())
    assert one.brief is not None
    assert other.brief is not None
    assert one.brief.sources[0].title == "Tides of Brest"
    assert one.brief.sources[0] is other.brief.sources[0]
    assert one.brief.cite == "author-year"


def test_too_many_files_or_too_much_text_are_refused_in_one_line(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "MAX_FILES", 2)
    Path("many").mkdir()
    for n in range(3):
        Path(f"many/{n}.txt").write_text("Words.")
    with pytest.raises(BadInput, match="3 files; at most 2"):
        loader.load_sources(["many"], Path(), "b")
    with pytest.raises(BadInput, match="3 files; at most 2"):
        loader.load_sources([f"many/{n}.txt" for n in range(3)], Path(), "b")
    monkeypatch.setattr(loader, "MAX_CHARS", 3)
    with pytest.raises(BadInput, match="at most 3 characters together"):
        loader.load_sources(["many/1.txt"], Path(), "b")
    monkeypatch.setattr(process, "MAX_FILE_BYTES", 3)
    assert "at most 3 are read" in loader.load_sources(["many/1.txt"], Path(), "b").unread[0]


def test_an_xml_bomb_does_no_harm(outside: Path) -> None:
    import zipfile

    laughs = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    for name, part in {"bomb.docx": "word/document.xml", "bomb.xlsx": "xl/workbook.xml"}.items():
        with zipfile.ZipFile(name, "w") as packed:
            packed.writestr("[Content_Types].xml", f"{laughs}]><Types>&a11;</Types>")
            packed.writestr(part, f"{laughs}]><x>&a11;</x>")
    Path("bomb.html").write_text(f"{laughs}]><html><body>&a11;</body></html>")
    Path("outside.html").write_text(
        '<!DOCTYPE h [<!ENTITY s SYSTEM "../elsewhere/secret.txt">]><p>&s;</p>'
        '<img src="file:../elsewhere/secret.txt"><iframe src="../elsewhere/secret.txt"></iframe>'
    )
    names = ["bomb.docx", "bomb.xlsx", "bomb.html", "outside.html", "papers/tides.md"]
    found = loader.load_sources(names, Path(), "b")
    assert [s.title for s in found.sources if s.name == "tides.md"] == ["Tides of Brest"]
    assert sum(len(s.text) for s in found.sources) < 10_000
    assert not any("4177" in s.text for s in found.sources)
    assert len(found.unread) >= 2
