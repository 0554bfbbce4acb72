"""The inputs of every prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from inkwright.prompts.render import PromptInputs


@dataclass(frozen=True, kw_only=True)
class HouseInputs(PromptInputs):
    """Opens every prompt of a work, unchanged: rules, brief and outline."""

    file: ClassVar[str] = "house.md"
    brief: str
    outline: str


@dataclass(frozen=True, kw_only=True)
class RequirementsInputs(PromptInputs):
    file: ClassVar[str] = "requirements.md"
    request: str


@dataclass(frozen=True, kw_only=True)
class InstructionsInputs(PromptInputs):
    file: ClassVar[str] = "instructions.md"
    request: str


@dataclass(frozen=True, kw_only=True)
class TitlesInputs(PromptInputs):
    file: ClassVar[str] = "titles.md"
    chapter: str
    parts: str


@dataclass(frozen=True, kw_only=True)
class ChaptersInputs(PromptInputs):
    file: ClassVar[str] = "chapters.md"
    chapters: str
    sections: str
    words: str


@dataclass(frozen=True, kw_only=True)
class SectionsInputs(PromptInputs):
    file: ClassVar[str] = "sections.md"
    chapter: str
    sections: str
    words: str
    requirements: str


@dataclass(frozen=True, kw_only=True)
class DetailsInputs(PromptInputs):
    file: ClassVar[str] = "details.md"
    sections: str


@dataclass(frozen=True, kw_only=True)
class EntriesInputs(PromptInputs):
    file: ClassVar[str] = "entries.md"
    sections: str


@dataclass(frozen=True, kw_only=True)
class PlanCheckInputs(PromptInputs):
    file: ClassVar[str] = "plan_check.md"
    sections: str


@dataclass(frozen=True, kw_only=True)
class WriteInputs(PromptInputs):
    file: ClassVar[str] = "write.md"
    summary: str
    memory: str
    sources: str
    before: str
    orders: str
    words: str
    note: str


@dataclass(frozen=True, kw_only=True)
class CiteInputs(PromptInputs):
    """What a writer of a grounded piece is given to cite, inside the prompts that write."""

    file: ClassVar[str] = "cite.md"
    sources: str


@dataclass(frozen=True, kw_only=True)
class SourcesInputs(PromptInputs):
    file: ClassVar[str] = "sources.md"
    sections: str
    sources: str


@dataclass(frozen=True, kw_only=True)
class ChooseInputs(PromptInputs):
    file: ClassVar[str] = "choose.md"
    orders: str
    passages: str


@dataclass(frozen=True, kw_only=True)
class SupportInputs(PromptInputs):
    file: ClassVar[str] = "support.md"
    section: str
    claims: str


@dataclass(frozen=True, kw_only=True)
class ContinueInputs(PromptInputs):
    file: ClassVar[str] = "continue.md"
    memory: str
    sources: str
    orders: str
    sofar: str
    words: str


@dataclass(frozen=True, kw_only=True)
class RememberInputs(PromptInputs):
    """Like ``CheckInputs`` and ``SettleInputs`` it begins with the section's text, so that a server
    which keeps the beginnings of prompts reads that text once for all of them."""

    file: ClassVar[str] = "remember.md"
    section: str
    title: str
    entries: str
    draft: str


@dataclass(frozen=True, kw_only=True)
class RememberPartInputs(RememberInputs):
    """What only some sentences, or a piece, of a section's text establish.

    No other prompt has the same sentences, so the instructions come first.
    """

    file: ClassVar[str] = "remember_part.md"


@dataclass(frozen=True, kw_only=True)
class CheckInputs(PromptInputs):
    file: ClassVar[str] = "check.md"
    section: str
    constraints: str
    claims: str
    """What another reviewer found, to be judged again; empty the first time."""
    draft: str


@dataclass(frozen=True, kw_only=True)
class SettleInputs(PromptInputs):
    file: ClassVar[str] = "settle.md"
    section: str
    changed: str
    draft: str


@dataclass(frozen=True, kw_only=True)
class PatchInputs(PromptInputs):
    file: ClassVar[str] = "patch.md"
    section: str
    findings: str
    entries: str
    sentences: str
    """Numbered: all, or those that may change, after the whole text as ``SettleInputs`` has it."""


@dataclass(frozen=True, kw_only=True)
class TrimInputs(PromptInputs):
    file: ClassVar[str] = "trim.md"
    section: str
    words: str
    sentences: str


@dataclass(frozen=True, kw_only=True)
class DensifyInputs(PromptInputs):
    file: ClassVar[str] = "densify.md"
    section: str
    words: str
    sentences: str


@dataclass(frozen=True, kw_only=True)
class SeamsInputs(PromptInputs):
    file: ClassVar[str] = "seams.md"
    seams: str


@dataclass(frozen=True, kw_only=True)
class RereadInputs(PromptInputs):
    file: ClassVar[str] = "reread.md"
    constraints: str
    sections: str


@dataclass(frozen=True, kw_only=True)
class InstructedInputs(PromptInputs):
    file: ClassVar[str] = "instructed.md"
    section: str
    instruction: str
    before: str
    sentences: str


@dataclass(frozen=True, kw_only=True)
class OperatorInputs(PromptInputs):
    """A change that people often ask for; ``told`` is what they say beside it."""

    told: str


@dataclass(frozen=True, kw_only=True)
class GrammarInputs(OperatorInputs):
    file: ClassVar[str] = "op_grammar.md"


@dataclass(frozen=True, kw_only=True)
class SimplifyInputs(OperatorInputs):
    file: ClassVar[str] = "op_simplify.md"


@dataclass(frozen=True, kw_only=True)
class TightenInputs(OperatorInputs):
    file: ClassVar[str] = "op_tighten.md"


@dataclass(frozen=True, kw_only=True)
class ExpandInputs(OperatorInputs):
    file: ClassVar[str] = "op_expand.md"


@dataclass(frozen=True, kw_only=True)
class FormalityInputs(OperatorInputs):
    file: ClassVar[str] = "op_formality.md"


@dataclass(frozen=True, kw_only=True)
class NeutralInputs(OperatorInputs):
    file: ClassVar[str] = "op_neutral.md"


@dataclass(frozen=True, kw_only=True)
class ParaphraseInputs(OperatorInputs):
    file: ClassVar[str] = "op_paraphrase.md"


@dataclass(frozen=True, kw_only=True)
class GoOnInputs(OperatorInputs):
    file: ClassVar[str] = "op_continue.md"


OPERATORS: Mapping[str, type[OperatorInputs]] = {
    "grammar": GrammarInputs,
    "simplify": SimplifyInputs,
    "tighten": TightenInputs,
    "expand": ExpandInputs,
    "formality": FormalityInputs,
    "neutral": NeutralInputs,
    "paraphrase": ParaphraseInputs,
    "continue": GoOnInputs,
}
ALL_INPUTS: tuple[type[PromptInputs], ...] = (
    HouseInputs, RequirementsInputs, InstructionsInputs, TitlesInputs, ChaptersInputs,
    SectionsInputs, DetailsInputs, EntriesInputs, PlanCheckInputs, WriteInputs, CiteInputs,
    SourcesInputs, ChooseInputs, SupportInputs, ContinueInputs, RememberInputs,
    RememberPartInputs, CheckInputs, SettleInputs, PatchInputs, TrimInputs, DensifyInputs,
    SeamsInputs, RereadInputs, InstructedInputs, *OPERATORS.values(),
)  # fmt: skip
