"""The inputs of every prompt."""

from collections.abc import Mapping
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
    sources: str
    before: str
    orders: str
    words: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Cite(PromptInputs):
    """What a writer of a grounded piece is given to cite, inside the prompts that write."""

    file: ClassVar[str] = "cite.md"
    sources: str


@dataclass(frozen=True, kw_only=True)
class Sources(PromptInputs):
    file: ClassVar[str] = "sources.md"
    sections: str
    sources: str


@dataclass(frozen=True, kw_only=True)
class Choose(PromptInputs):
    file: ClassVar[str] = "choose.md"
    orders: str
    passages: str


@dataclass(frozen=True, kw_only=True)
class Support(PromptInputs):
    file: ClassVar[str] = "support.md"
    section: str
    claims: str


@dataclass(frozen=True, kw_only=True)
class Continue(PromptInputs):
    file: ClassVar[str] = "continue.md"
    memory: str
    sources: str
    orders: str
    sofar: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Remember(PromptInputs):
    """Like ``Check`` and ``Settle`` it begins with the section's text, so that a server which keeps
    the beginnings of prompts reads that text once for all of them."""

    file: ClassVar[str] = "remember.md"
    section: str
    title: str
    entries: str
    draft: str


@dataclass(frozen=True, kw_only=True)
class RememberPart(Remember):
    """What only some sentences, or a piece, of a section's text establish.

    No other prompt has the same sentences, so the instructions come first.
    """

    file: ClassVar[str] = "remember_part.md"


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
    """Numbered: all, or after the whole text, as ``Settle`` shows it, those that may be changed."""


@dataclass(frozen=True, kw_only=True)
class Trim(PromptInputs):
    file: ClassVar[str] = "trim.md"
    section: str
    words: str
    sentences: str


@dataclass(frozen=True, kw_only=True)
class Densify(PromptInputs):
    file: ClassVar[str] = "densify.md"
    section: str
    words: str
    sentences: str


@dataclass(frozen=True, kw_only=True)
class Seams(PromptInputs):
    file: ClassVar[str] = "seams.md"
    seams: str


@dataclass(frozen=True, kw_only=True)
class Reread(PromptInputs):
    file: ClassVar[str] = "reread.md"
    constraints: str
    sections: str


@dataclass(frozen=True, kw_only=True)
class Instructed(PromptInputs):
    file: ClassVar[str] = "instructed.md"
    section: str
    instruction: str
    before: str
    sentences: str


@dataclass(frozen=True, kw_only=True)
class Operator(PromptInputs):
    """A change that people often ask for; ``told`` is what they say beside it."""

    told: str


@dataclass(frozen=True, kw_only=True)
class Grammar(Operator):
    file: ClassVar[str] = "op_grammar.md"


@dataclass(frozen=True, kw_only=True)
class Simplify(Operator):
    file: ClassVar[str] = "op_simplify.md"


@dataclass(frozen=True, kw_only=True)
class Tighten(Operator):
    file: ClassVar[str] = "op_tighten.md"


@dataclass(frozen=True, kw_only=True)
class Expand(Operator):
    file: ClassVar[str] = "op_expand.md"


@dataclass(frozen=True, kw_only=True)
class Formality(Operator):
    file: ClassVar[str] = "op_formality.md"


@dataclass(frozen=True, kw_only=True)
class Neutral(Operator):
    file: ClassVar[str] = "op_neutral.md"


@dataclass(frozen=True, kw_only=True)
class Paraphrase(Operator):
    file: ClassVar[str] = "op_paraphrase.md"


@dataclass(frozen=True, kw_only=True)
class GoOn(Operator):
    file: ClassVar[str] = "op_continue.md"


OPERATORS: Mapping[str, type[Operator]] = {
    "grammar": Grammar,
    "simplify": Simplify,
    "tighten": Tighten,
    "expand": Expand,
    "formality": Formality,
    "neutral": Neutral,
    "paraphrase": Paraphrase,
    "continue": GoOn,
}
ALL: tuple[type[PromptInputs], ...] = (
    House, Requirements, Instructions, Chapters, Sections, Details, Entries, PlanCheck, Write,
    Cite, Sources, Choose, Support, Continue, Remember, RememberPart, Check, Settle, Patch, Trim,
    Densify, Seams, Reread, Instructed, *OPERATORS.values(),
)  # fmt: skip
