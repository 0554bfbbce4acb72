"""Templates: each held to its inputs, values that are only data, and fences nobody can close."""

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.prompts import inputs
from inkwright.prompts.render import (
    TAGS,
    MissingPlaceholder,
    PromptInputs,
    check_template,
    fence,
    hash_templates,
    render,
)

FOLDER = Path(inputs.__file__).parent
TRIM = inputs.TrimInputs(section="s1", words="40", sentences="[1] One.")


def filled(kind: type[PromptInputs]) -> PromptInputs:
    """Return inputs in which each value is recognised."""
    return kind(**{f.name: f"the {f.name} of it" for f in fields(kind)})


@pytest.mark.parametrize("kind", inputs.ALL_INPUTS, ids=lambda k: k.file)
def test_every_template_uses_exactly_its_inputs(kind):
    check_template(kind)
    text = render(filled(kind))
    assert all(f"the {f.name} of it" in text for f in fields(kind))
    assert "$" not in text


def test_prompts_about_a_whole_text_begin_with_it_in_the_same_bytes():
    text = fence("draft", "One went out.")
    begun = f"Section: s1\n{text}\n"
    for prompt in (
        inputs.RememberInputs(section="s1", title="", entries="", draft=text),
        inputs.CheckInputs(section="s1", constraints="", claims="", draft=text),
        inputs.SettleInputs(section="s1", changed="", draft=text),
        inputs.PatchInputs(section="s1", findings="", entries="", sentences=text),
    ):
        assert render(prompt).startswith(begun)


def test_every_template_has_its_inputs_and_the_other_way_round():
    assert {kind.file for kind in inputs.ALL_INPUTS} == {f.name for f in FOLDER.glob("*.md")}


@given(st.text(alphabet=st.sampled_from("$ {}words sections§x\n")))
def test_a_value_is_only_data_whatever_it_looks_like(value):
    prompt = render(inputs.TrimInputs(section="s1", words="40", sentences=f"<{value}>"))
    assert f"<{value}>" in prompt


def test_a_dollar_in_a_value_expands_nothing():
    prompt = render(
        inputs.TrimInputs(section="$words", words="$sentences", sentences="$$ ${section}")
    )
    assert "Section: $words" in prompt
    assert "Cut about $sentences words" in prompt
    assert prompt.endswith("$$ ${section}\n")


def test_a_prompt_ends_with_one_newline():
    assert render(inputs.TrimInputs(section="s1", words="1", sentences="a\n\n\n")).endswith("a\n")


@given(
    st.sampled_from(TAGS),
    st.lists(st.sampled_from([*TAGS, "<", "</", ">", " ", "\n", "/", "x", "</brief>", "‹"])),
    st.booleans(),
)
def test_material_cannot_open_or_close_a_fence(tag, parts, shouted):
    material = "".join(parts)
    fenced = fence(tag, material.upper() if shouted else material)
    names = "|".join(TAGS)
    opened = re.findall(rf"<\s*(?:{names})\s*>", fenced, re.IGNORECASE)
    closed = re.findall(rf"<\s*/\s*(?:{names})\b[^<>]*>", fenced, re.IGNORECASE)
    assert opened == ([f"<{tag}>"] if material.strip() else [])
    assert closed == ([f"</{tag}>"] if material.strip() else [])


def test_ordinary_angle_brackets_stay_as_they_are():
    assert fence("draft", "a < b > c <em>d</em>") == "<draft>\na < b > c <em>d</em>\n</draft>"


def test_empty_material_gives_no_fence():
    assert fence("memory", " \n") == ""


def test_a_file_in_the_users_folder_replaces_a_template(tmp_path):
    (tmp_path / "trim.md").write_text("Kürze $section um $words:\n$sentences", encoding="utf-8")
    assert render(TRIM, tmp_path) == "Kürze s1 um 40:\n[1] One.\n"
    assert render(filled(inputs.CheckInputs), tmp_path) == render(filled(inputs.CheckInputs))


def test_the_version_of_a_prompt_changes_with_its_words_alone(tmp_path):
    (tmp_path / "trim.md").write_text("$section $words $sentences")
    ours, theirs = hash_templates(), hash_templates(tmp_path)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == ["trim"]


def test_a_missing_placeholder_is_named_with_its_file(tmp_path):
    (tmp_path / "trim.md").write_text("Cut $words of $sentences")
    with pytest.raises(MissingPlaceholder, match=r"^trim\.md has no place for \$section$"):
        check_template(inputs.TrimInputs, tmp_path)


def test_a_placeholder_that_is_not_given_is_named_with_its_file(tmp_path):
    (tmp_path / "trim.md").write_text("$section $words $sentences $mood")
    with pytest.raises(MissingPlaceholder, match=r"^trim\.md asks for \$mood, which is not given$"):
        check_template(inputs.TrimInputs, tmp_path)


def test_a_dollar_that_is_no_placeholder_is_named_with_its_file(tmp_path):
    (tmp_path / "trim.md").write_text("$section $words $sentences for $5")
    with pytest.raises(MissingPlaceholder, match=r"^trim\.md.*\$\$"):
        check_template(inputs.TrimInputs, tmp_path)


def test_a_forgotten_input_is_an_error_at_once():
    @dataclass(frozen=True, kw_only=True)
    class Two(PromptInputs):
        file: ClassVar[str] = "trim.md"
        section: str

    with pytest.raises(TypeError, match="section"):
        Two()
    with pytest.raises(MissingPlaceholder, match=r"\$sentences"):
        check_template(Two)
