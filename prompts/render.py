"""Templates and their typed inputs.

A template is a Markdown file with ``$name`` placeholders, so JSON braces stay plain. A user's
folder of the same file names overrides them one by one.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib import resources
from pathlib import Path
from string import Template
from typing import ClassVar

TAGS = (
    "brief", "outline", "summary", "memory", "before", "sofar", "draft", "entries", "constraints",
    "changed", "findings", "sentences", "sections", "request", "faults",
    "sources", "passages", "claims",
)  # fmt: skip
_ANY_TAG = "|".join(TAGS)
_TAG = re.compile(rf"<(\s*/\s*(?:{_ANY_TAG})\b|\s*(?:{_ANY_TAG})\s*>)", re.IGNORECASE)
_BLOCK = re.compile(rf"^<({_ANY_TAG})>\n(?:(.*?)\n)?</\1>$", re.MULTILINE | re.DOTALL)
_OPENING = re.compile(rf"<({_ANY_TAG})>[ \t]*\n")
_CLOSING = re.compile(rf"\n</({_ANY_TAG})>[ \t]*$")


@dataclass(frozen=True, kw_only=True)
class PromptInputs:
    """Base of every prompt's inputs. Each field fills the placeholder of its name."""

    file: ClassVar[str]


class MissingPlaceholder(ValueError):
    """A template does not use an input it must carry, or asks for one it does not get."""


def render(inputs: PromptInputs, overrides: Path | None = None) -> str:
    """Return the prompt for ``inputs``. Values are data: ``$`` in them expands nothing."""
    template = _load_template(inputs.file, overrides)
    values = {f.name: getattr(inputs, f.name) for f in fields(inputs)}
    return template.substitute(values).strip() + "\n"


def get_instructions(inputs_type: type[PromptInputs], overrides: Path | None = None) -> str:
    """Return what a prompt says whatever it is filled with."""
    template = _load_template(inputs_type.file, overrides)
    return template.safe_substitute(dict.fromkeys(template.get_identifiers(), " "))


def check_template(inputs_type: type[PromptInputs], overrides: Path | None = None) -> None:
    """Hold a template to its inputs.

    Raises:
        MissingPlaceholder: naming the file and the placeholder.
    """
    template = _load_template(inputs_type.file, overrides)
    if not template.is_valid():
        raise MissingPlaceholder(
            f"{inputs_type.file} has a $ that names nothing; write $$ for a dollar"
        )
    placeholder_names = set(template.get_identifiers())
    field_names = {f.name for f in fields(inputs_type)}
    if placeholder_names - field_names:
        raise MissingPlaceholder(
            f"{inputs_type.file} asks for ${min(placeholder_names - field_names)}, "
            "which is not given"
        )
    if field_names - placeholder_names:
        raise MissingPlaceholder(
            f"{inputs_type.file} has no place for ${min(field_names - placeholder_names)}"
        )


@lru_cache(maxsize=8)
def hash_templates(overrides: Path | None = None) -> dict[str, str]:
    """Return the name of every prompt with a short hash of its template."""
    hash_by_prompt = {}
    for file in sorted(resources.files(__package__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".md"):
            source = _load_template(file.name, overrides).template
            hash_by_prompt[file.name.removesuffix(".md")] = hashlib.sha256(
                source.encode()
            ).hexdigest()[:12]
    return hash_by_prompt


@lru_cache(maxsize=32)
def find_example_values(file: str, overrides: Path | None = None) -> frozenset[str]:
    """Return the texts in the example answers of a template: what a small model may copy."""
    template = _load_template(file, overrides).template
    values: set[str] = set()
    decoder, position = json.JSONDecoder(), template.find('{"')
    while position >= 0:
        try:
            example, length = decoder.raw_decode(template[position:])
        except json.JSONDecodeError:
            length = 1
        else:
            values |= set(_list_texts(example))
        position = template.find('{"', position + length)
    return frozenset(values)


def _list_texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, dict):
        for item in value.values():
            yield from _list_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _list_texts(item)


def fence(tag: str, material: str) -> str:
    """Return ``material`` between tags it cannot close itself; empty material gives nothing."""
    if not material.strip():
        return ""
    escaped_text = _TAG.sub(r"‹\1", material)
    return f"<{tag}>\n{escaped_text.strip()}\n</{tag}>"


def split_prompt(prompt: str) -> tuple[str, dict[str, str]]:
    """Return the orders of ``prompt``, and by its tag what stands between each pair of tags."""
    blocks: dict[str, str] = {}
    for block in _BLOCK.finditer(prompt):
        blocks[block.group(1)] = f"{blocks.get(block.group(1), '')}\n\n{block.group(2) or ''}"
    return _BLOCK.sub("", prompt), blocks


def unfenced(answer: str, prompt: str) -> str:
    """Return ``answer`` without the fences that a model copied from its prompt.

    A block that is the prompt's own, tags and all, goes; of tags around the answer only they do.
    """
    text = _BLOCK.sub(lambda block: "" if block.group() in prompt else block.group(), answer)
    text = text.strip()
    first, last = _OPENING.match(text), _CLOSING.search(text)
    if first and (last is None or last.group(1) == first.group(1)):
        text = text[first.end() :]
    if last and f"<{last.group(1)}>" not in text:
        text = _CLOSING.sub("", text)
    return text.strip()


def only_repeats(answer: str, prompt: str) -> bool:
    """True when each line of ``answer`` is one of ``prompt``, and some are tags or instructions.

    Lines that only stand between tags may come again: earlier text is shown there.
    """
    lines = {line.strip() for line in answer.splitlines() if line.strip()}
    prompt_lines = {line.strip() for line in prompt.splitlines()}
    instruction_lines = {line.strip() for line in _BLOCK.sub(r"<\1>\n</\1>", prompt).splitlines()}
    return lines <= prompt_lines and bool(lines & instruction_lines)


@lru_cache(maxsize=128)
def _load_template(file: str, overrides: Path | None) -> Template:
    override_file = overrides / file if overrides else None
    if override_file is not None and override_file.is_file():
        return Template(override_file.read_text(encoding="utf-8"))
    return Template(resources.files(__package__).joinpath(file).read_text(encoding="utf-8"))
