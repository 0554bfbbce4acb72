"""A folder of one's own templates: used where it has one, checked before anything is asked."""

import json
from pathlib import Path

import pytest

from inkwright.prompts.render import hash_templates

TEMPLATE = (Path(__file__).parents[2] / "prompts" / "write.md").read_text(encoding="utf-8")
STORY = "Write a note of 120 words about a harbour."


@pytest.fixture
def prompts(monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path("prompts").absolute()
    folder.mkdir()
    monkeypatch.setenv("INKWRIGHT_PROMPTS", str(folder))
    return folder


def test_a_template_of_ones_own_is_what_is_sent_and_the_report_tells_it(cli, model, prompts):
    (prompts / "write.md").write_text(f"{TEMPLATE}\nNo adjectives.\n", encoding="utf-8")
    assert cli("write", STORY, "--out", "out").exit_code == 0
    asked = model.calls(role="writer", schema_name=None)
    assert asked
    assert all("No adjectives." in call.messages[-1]["content"] for call in asked)
    report = json.loads(Path("out/report.json").read_text())
    told, ours = report["versions"]["prompts"], hash_templates()
    assert {name for name in told if told[name] != ours[name]} == {"write"}
    assert report["settings"]["prompts"] == str(prompts)


@pytest.mark.parametrize(
    ("name", "template", "said"),
    [
        ("write.md", TEMPLATE.replace("$orders", ""), "write.md has no place for $orders"),
        ("write.md", f"{TEMPLATE} $mood", "write.md asks for $mood"),
        ("writer.md", TEMPLATE, "writer.md replaces no prompt"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_and_nothing_is_begun(
    cli, model, home, prompts, name, template, said
):
    (prompts / name).write_text(template, encoding="utf-8")
    result = cli("write", STORY)
    assert result.exit_code == 2
    (line,) = result.stderr.strip().splitlines()
    assert said in line
    assert not home.exists()
    assert not model.calls()


def test_a_folder_that_is_not_there_is_refused(cli, model, monkeypatch):
    monkeypatch.setenv("INKWRIGHT_PROMPTS", "nowhere")
    result = cli("write", STORY)
    assert result.exit_code == 2
    assert "INKWRIGHT_PROMPTS: nowhere" in result.stderr
