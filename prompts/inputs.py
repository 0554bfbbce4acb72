"""The inputs of every prompt."""

from dataclasses import dataclass
from typing import ClassVar

from inkwright.prompts.render import PromptInputs


@dataclass(frozen=True, kw_only=True)
class House(PromptInputs):
    """Opens every prompt of a work, unchanged: rules, brief and outline."""

    file: ClassVar[str] = "house.md"
    brief: str
    outline: str


@dataclass(frozen=True, kw_only=True)
class Requirements(PromptInputs):
    file: ClassVar[str] = "requirements.md"
    request: str


@dataclass(frozen=True, kw_only=True)
class Instructions(PromptInputs):
    file: ClassVar[str] = "instructions.md"
    request: str


@dataclass(frozen=True, kw_only=True)
class Chapters(PromptInputs):
    file: ClassVar[str] = "chapters.md"
    chapters: str
    sections: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Sections(PromptInputs):
    file: ClassVar[str] = "sections.md"
    chapter: str
    sections: str
    words: str
    requirements: str


@dataclass(frozen=True, kw_only=True)
class Details(PromptInputs):
    file: ClassVar[str] = "details.md"
    sections: str


@dataclass(frozen=True, kw_only=True)
class Entries(PromptInputs):
    file: ClassVar[str] = "entries.md"
    sections: str


@dataclass(frozen=True, kw_only=True)
class PlanCheck(PromptInputs):
    file: ClassVar[str] = "plan_check.md"
    sections: str


@dataclass(frozen=True, kw_only=True)
class Write(PromptInputs):
    file: ClassVar[str] = "write.md"
    summary: str
    memory: str
    before: str
    orders: str
    words: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Continue(PromptInputs):
    file: ClassVar[str] = "continue.md"
    memory: str
    orders: str
    sofar: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Remember(PromptInputs):
    file: ClassVar[str] = "remember.md"
    section: str
    title: str
    entries: str
    draft: str


@dataclass(frozen=True, kw_only=True)
class Check(PromptInputs):
    file: ClassVar[str] = "check.md"
    section: str
    constraints: str
    claims: str
    """What another reviewer found, to be judged again; empty the first time."""
    draft: str


@dataclass(frozen=True, kw_only=True)
class Settle(PromptInputs):
    file: ClassVar[str] = "settle.md"
    section: str
    changed: str
    draft: str


@dataclass(frozen=True, kw_only=True)
class Patch(PromptInputs):
    file: ClassVar[str] = "patch.md"
    section: str
    findings: str
    entries: str
    sentences: str


@dataclass(frozen=True, kw_only=True)
class Trim(PromptInputs):
    file: ClassVar[str] = "trim.md"
    section: str
    words: str
    sentences: str


ALL: tuple[type[PromptInputs], ...] = (
    House, Requirements, Instructions, Chapters, Sections, Details, Entries, PlanCheck, Write,
    Continue, Remember, Check, Settle, Patch, Trim,
)  # fmt: skip
