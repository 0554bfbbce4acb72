"""Constraints: what the text must be, each with where it holds and how it is checked."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

import regex
from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from inkwright.memory.base import Given, digest
from inkwright.memory.domain.constraint_text import word_constraint
from inkwright.memory.domain.placement import Placement, parse_placement
from inkwright.memory.ids import ConstraintId, SectionId

ConstraintKind = Literal[
    "length", "must_contain", "must_not_contain", "banned", "event", "pattern", "format",
    "language", "point_of_view", "tense", "tone", "reading_level", "structure", "citation",
    "fact", "citations", "judged", "block",
]  # fmt: skip
LengthUnit = Literal["words", "characters", "either"]
Format = Literal["heading", "list", "table", "plain", "markdown"]
Block = Literal["table", "list", "numbered list", "checklist", "quotation", "heading"]
BlockPlace = Literal["start", "end"]
NarrativePerson = Literal["first", "second", "third"]
Tense = Literal["past", "present"]

WHOLE_TOLERANCE = 0.05
SECTION_TOLERANCE = 0.1
"""How far from an "about" length a text may be, as a share of it."""
EVERY_SECTION_KINDS = (
    "must_not_contain", "banned", "language", "point_of_view", "tense", "tone", "reading_level",
    "fact", "format",
)  # fmt: skip
"""Kinds that hold for every section unless they say otherwise; others hold for the whole piece."""
CITATION_PATTERNS: Mapping[str, str] = {
    "numeric": r"\[\d+(?:\s*[,–-]\s*\d+)*\]",
    "author-year": r"\([^()]*\p{L}[^()]*,?\s+(?:1[5-9]|20)\d\d[a-z]?[^()]*\)"
    r"|\p{Lu}[\p{L}’'-]+(?:\s+(?:and|&|et al\.?)(?:\s+\p{Lu}[\p{L}’'-]+)?)?\s+\((?:1[5-9]|20)\d\d",
    "footnote": r"\[\^[^\]\s]+\]",
}
"""Citation styles that a pattern can see; any other is judged."""
_QUOTED_FORMS = ('"{}"', "“{}”", "「{}」", "『{}』", "«{}»", "'{}'", "‘{}’")
_NEWER_FIELDS = (
    "about_words", "counted", "absent", "format", "opens", "closes", "person", "tense",
    "min_grade", "max_grade", "sections", "style", "only_there", "block", "at", "min_count",
    "max_count", "quote",
)  # fmt: skip
"""What constraints of earlier releases could not say: left out of digests where it is not said."""


def _parse_placement(value: object) -> object:
    return parse_placement(value)


class Constraint(Given):
    """One requirement on the text, with where it holds and how it is checked."""

    id: ConstraintId = ConstraintId("")
    """``c1``, ``c2``...; given when the work begins."""
    text: str = Field(min_length=1, max_length=2000)
    """The requirement in plain words, as prompts and reports quote it."""
    kind: ConstraintKind = "judged"
    where: Annotated[Placement, BeforeValidator(_parse_placement)] = Placement()
    phrases: tuple[str, ...] = ()
    """Each of them (``must_contain``, ``event``), or none of them (``must_not_contain``,
    ``banned``)."""
    only_there: bool = False
    """For ``must_contain``: its phrases stand in no other section."""
    pattern: str | None = None
    """A regular expression that must be found in the text."""
    absent: bool = False
    """For ``pattern``: it must not be found."""
    min_words: int | None = Field(default=None, ge=0)
    max_words: int | None = Field(default=None, ge=1)
    about_words: int | None = Field(default=None, ge=1)
    """Within 5% for the whole piece, within 10% for a section."""
    counted: LengthUnit = "words"
    """What the three above count: words (one for each Han or kana character or other word),
    characters (punctuation among them, white space not), or either: the least in words and the
    most in characters, so that it holds whichever a reader counts."""
    language: str | None = None
    """ISO 639-1 code, such as ``en`` or ``zh``."""
    format: Format | None = None
    opens: str | None = Field(default=None, min_length=1, max_length=300)
    """Words that a section begins with, on a line; ``{n}`` is the section's number."""
    closes: str | None = Field(default=None, min_length=1, max_length=300)
    """Words that a section ends with."""
    person: NarrativePerson | None = None
    tense: Tense | None = None
    min_grade: float | None = Field(default=None, ge=-3, le=30)
    max_grade: float | None = Field(default=None, ge=-3, le=30)
    """For ``reading_level``: the Flesch-Kincaid grade of English text."""
    sections: tuple[SectionId, ...] = ()
    """For ``structure``: names of sections, in their order."""
    block: Block | None = None
    """For ``block``: what kind of block the text has."""
    at: BlockPlace | None = None
    """For ``block``: where it stands in the text that carries it; None: anywhere."""
    min_count: int | None = Field(default=None, ge=1, le=1000)
    max_count: int | None = Field(default=None, ge=1, le=1000)
    """For ``block``: items of a list, or how many of the others; for ``structure``: chapters, or
    sections where there are no chapters."""
    style: str | None = Field(default=None, min_length=1, max_length=80)
    """For ``citation``: ``numeric``, ``author-year`` and ``footnote`` are seen by a pattern."""
    required: bool = True
    """False: wished for; a miss is reported but does not flag the piece."""
    source: Literal["brief", "request"] = "brief"
    quote: str | None = Field(default=None, max_length=2000)
    """The request's own words that it was read from; not part of the digest."""

    @property
    def is_checked_by_rule(self) -> bool:
        """True when code alone can check it; otherwise a judge does."""
        if self.kind == "reading_level":
            return self.min_grade is not None or self.max_grade is not None
        if self.kind == "citation":
            return self.style in CITATION_PATTERNS
        return self.kind in (
            "length", "must_contain", "must_not_contain", "banned", "pattern", "format",
            "language", "structure", "block",
        )  # fmt: skip

    @property
    def forbids(self) -> bool:
        """True when its phrases must not be there."""
        return self.kind in ("must_not_contain", "banned")

    @property
    def lower_bound(self) -> int | None:
        """Fewest words, or whatever it counts; None: no lower bound."""
        if self.about_words is None:
            return self.min_words
        tolerated_words = round(self.about_words * (1 - self._tolerance))
        return max(tolerated_words, self.min_words or 0)

    @property
    def upper_bound(self) -> int | None:
        """Most words, or whatever it counts; None: no upper bound."""
        if self.about_words is None:
            return self.max_words
        tolerated_words = round(self.about_words * (1 + self._tolerance))
        return tolerated_words if self.max_words is None else min(tolerated_words, self.max_words)

    def convert_bounds_to_words(self, characters_per_word: float) -> tuple[int | None, int | None]:
        """Return the fewest and the most words, where a word takes so many characters."""
        low, high = self.lower_bound, self.upper_bound
        if low is not None and self.counted == "characters":
            low = math.ceil(low / characters_per_word)
        if high is not None and self.counted != "words":
            high = max(math.floor(high / characters_per_word), 1)
        return low, high

    @property
    def _tolerance(self) -> float:
        return WHOLE_TOLERANCE if self.where.scope == "whole" else SECTION_TOLERANCE

    @property
    def digest(self) -> str:
        """Changes when what a section that carries it must meet changes: not with its number."""
        return digest(self.model_dump(mode="json", exclude={"where", "quote"}))

    @property
    def full_text(self) -> str:
        """The requirement as models are told it: with its exact words, if the text lacks them."""
        requirement = self.text
        missing_phrases = [
            p for p in self.phrases if not any(q.format(p) in requirement for q in _QUOTED_FORMS)
        ]
        return (
            f"{requirement} ({', '.join(f'“{p}”' for p in missing_phrases)})"
            if missing_phrases
            else requirement
        )

    def with_section_number(self, position: int) -> "Constraint":
        """Return it as the section at ``position`` carries it: with its own number."""
        if self.opens is None or "{n}" not in self.opens:
            return self
        return self.model_copy(update={"opens": self.opens.replace("{n}", str(position))})

    @model_validator(mode="before")
    @classmethod
    def _fill_in_defaults(cls, value: object) -> object:
        """Say in words, and place, what the fields say clearly enough."""
        if not isinstance(value, dict):
            return value
        fields = dict(value)
        kind = fields.get("kind", "judged")
        if "where" not in fields and (placement := _choose_usual_placement(kind, fields)):
            fields["where"] = placement
        if "text" not in fields and (text := word_constraint(kind, fields)):
            fields["text"] = text
        return fields

    @field_validator("pattern")
    @classmethod
    def _check_pattern(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
                regex.compile(pattern, regex.MULTILINE)
            except (re.error, regex.error) as fault:
                raise ValueError(f"not a regular expression: {fault}") from fault
        return pattern

    @field_validator("phrases", "sections")
    @classmethod
    def _check_not_empty(cls, phrases: tuple[str, ...]) -> tuple[str, ...]:
        if not all(phrase.strip() for phrase in phrases):
            raise ValueError("one of them is empty")
        return phrases

    @model_validator(mode="after")
    def _check_required_fields(self) -> Self:
        requirements: dict[str, tuple[bool, str]] = {
            "length": (
                bool(self.min_words or self.max_words or self.about_words),
                "min_words, max_words or about_words",
            ),
            "must_contain": (bool(self.phrases), "phrases"),
            "must_not_contain": (bool(self.phrases), "phrases"),
            "banned": (bool(self.phrases), "phrases"),
            "pattern": (self.pattern is not None, "pattern"),
            "format": (bool(self.format or self.opens or self.closes), "format, opens or closes"),
            "language": (self.language is not None, "language"),
            "point_of_view": (self.person is not None, "person"),
            "tense": (self.tense is not None, "tense"),
            "structure": (
                bool(self.sections or self.min_count or self.max_count),
                "sections, min_count or max_count",
            ),
            "block": (self.block is not None, "block"),
            "citation": (self.style is not None, "style"),
        }
        is_complete, required_fields = requirements.get(self.kind, (True, ""))
        if not is_complete:
            raise ValueError(f"a {self.kind} constraint needs {required_fields}")
        self._check_bounds()
        self._check_placement()
        return self

    def _check_bounds(self) -> None:
        if self.min_words and self.max_words and self.min_words > self.max_words:
            raise ValueError(f"min_words {self.min_words} is more than max_words {self.max_words}")
        if self.about_words:
            if self.min_words and self.about_words < self.min_words:
                raise ValueError(f"about_words {self.about_words} is less than min_words")
            if self.max_words and self.about_words > self.max_words:
                raise ValueError(f"about_words {self.about_words} is more than max_words")
        if self.min_count and self.max_count and self.min_count > self.max_count:
            raise ValueError(f"min_count {self.min_count} is more than max_count {self.max_count}")
        if (
            self.min_grade is not None
            and self.max_grade is not None
            and self.min_grade > self.max_grade
        ):
            raise ValueError(f"min_grade {self.min_grade} is more than max_grade {self.max_grade}")

    def _check_placement(self) -> None:
        if self.only_there and (
            self.kind != "must_contain" or self.where.scope in ("whole", "all")
        ):
            raise ValueError("only_there needs a must_contain constraint placed in some sections")
        if (self.opens or self.closes) and self.where.scope == "whole":
            raise ValueError("opens and closes are for sections; place it, with `where: last` say")
        if self.kind == "structure" and self.where.scope != "whole":
            raise ValueError("a structure constraint is for the whole piece; leave out `where`")

    @model_serializer(mode="wrap")
    def _serialise_for_digest(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out what earlier releases could not say, so that their digests hold."""
        fields: dict[str, object] = dump(self)
        for name in _NEWER_FIELDS:
            if getattr(self, name) == type(self).model_fields[name].default:
                fields.pop(name, None)
        return fields


def _choose_usual_placement(kind: object, fields: Mapping[str, object]) -> str | None:
    if kind == "format" and fields.get("closes"):
        return "last"
    if kind == "format" and fields.get("opens") and "{n}" not in str(fields["opens"]):
        return "1"
    return "all" if kind in EVERY_SECTION_KINDS else None


def combine_word_bounds(
    length_constraints: Iterable[Constraint], characters_per_word: float
) -> tuple[int | None, int | None]:
    """Return the fewest words and the most that all of ``length_constraints`` allow.

    None: there is no bound. A word takes so many characters where those are counted.
    """
    bounds = [c.convert_bounds_to_words(characters_per_word) for c in length_constraints]
    lower_bound = max((low for low, _ in bounds if low), default=None)
    return lower_bound, min((high for _, high in bounds if high), default=None)
