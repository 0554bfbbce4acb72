"""The forms in which models answer: one schema for each structured call.

Every string and list is bounded, since a small model fills whatever it is given room for.
The class names are sent as schema names. What a form is asked for has no default: an answer that
lacks it must not count as one that found nothing.
"""

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from inkwright.memory.domain.entry import EntryKind
from inkwright.memory.ids import SectionId


class ResponseSchema(BaseModel):
    """An answer by schema."""

    model_config = ConfigDict(extra="ignore")
    cut_list: ClassVar[str] = ""
    """Name of a list whose items each count for themselves: of an answer that is cut off in it,
    those before the last are used."""

    def wording(self) -> str:
        """Return the model's own words in it, which must be in the language of the piece."""
        return ""


Short = Annotated[str, Field(max_length=120)]
Line = Annotated[str, Field(max_length=300)]
Name = Annotated[str, Field(max_length=80)]
Quote = Annotated[str, Field(max_length=240)]


def _require(*names: str) -> Callable[[JsonDict], None]:
    """Let the schema that is sent require these fields.

    An answer without them is read all the same: not every server holds its model to a schema.
    """

    def require(schema: JsonDict) -> None:
        schema["required"] = list(names)
        properties = schema["properties"]
        assert isinstance(properties, dict)
        for name in names:
            field_schema = properties[name]
            assert isinstance(field_schema, dict)
            field_schema.pop("default", None)

    return require


SentenceNumber = Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": 999})]
"""Bounded where answers are guided by the schema; elsewhere what is out of range is left out."""


class Requirement(ResponseSchema):
    """One requirement found in a request."""

    quote: Line
    """The words of the request that state it, exactly."""
    text: Line
    kind: Literal[
        "length", "must_contain", "must_not_contain", "event", "format", "language",
        "point_of_view", "tense", "tone", "reading_level", "structure", "citation", "fact",
        "pattern", "judged",
    ]  # fmt: skip
    phrases: list[Short] = Field(default=[], max_length=12)
    value: Name = ""
    """Which format, language, person, tense, grade or style of citation."""
    about_words: int | None = None
    min_words: int | None = None
    max_words: int | None = None
    scope: Literal["whole", "all", "once", "range", "periodic", "last"] = "whole"
    first: int = 1
    last: int | None = None
    every: int = 1
    only_there: bool = False
    """The phrases may stand in no other section."""
    wished: bool = False


class Requirements(ResponseSchema):
    """planner / requirements: what the request fixes, before any outline."""

    title: Short
    kind: Name
    fiction: bool
    words: int | None = None
    """Length of the whole, if the request says."""
    units: int | None = None
    """When the request asks for a numbered series: how many units."""
    unit_title: Short = ""
    """Heading of each unit, with ``{n}`` for its number."""
    opening: Short = ""
    """Exact words that each unit must begin with, with ``{n}`` for its number."""
    closing: Short = ""
    """Exact words that the whole must end with."""
    requirements: list[Requirement] = Field(default=[], max_length=40)


class Instructions(ResponseSchema):
    """planner / instructions: the sentences of a long request that say what to do."""

    quotes: list[Line] = Field(max_length=20)


class PlannedCitation(ResponseSchema):
    section: Name
    source: Name
    point: Line = ""


class CitationPlan(ResponseSchema):
    """planner / cite: which sources carry which sections."""

    items: list[PlannedCitation] = Field(max_length=60)


class Choice(ResponseSchema):
    passage: SentenceNumber
    quote: Line
    """Its words that the section can use, exactly."""
    against: Line = ""
    """Words of any passage that speak against them."""


class Choices(ResponseSchema):
    """reviewer / choose: the passages that bear on a section, the most useful first."""

    choices: list[Choice] = Field(max_length=24)


class Support(ResponseSchema):
    claim: SentenceNumber
    supported: bool
    quote: Line
    """The words of the passage that say it, exactly; empty when none do."""


class Supports(ResponseSchema):
    """reviewer / support: which claims their passages bear out."""

    verdicts: list[Support] = Field(max_length=60)


class PlannedSection(ResponseSchema):
    title: Short
    purpose: Line
    key_points: list[Short] = Field(default=[], max_length=4)
    words: int = 0
    owns: Short = ""
    hands_over: Short = ""
    leaves_out: Short = ""
    subjects: list[Name] = Field(default=[], max_length=6)
    last: bool = False
    """It sums up all others, so it is written after them wherever it stands."""


class Sections(ResponseSchema):
    """planner / outline: the sections of a piece, or of one chapter of it."""

    sections: list[PlannedSection] = Field(max_length=24)

    def wording(self) -> str:
        return " ".join(f"{s.title} {s.purpose}" for s in self.sections)


class Titles(ResponseSchema):
    """planner / outline: the titles of sections or chapters alone."""

    titles: list[Short] = Field(max_length=24)

    def wording(self) -> str:
        return " ".join(self.titles)


class PlannedChapter(ResponseSchema):
    title: Short
    purpose: Line
    sections: int = 1


class Chapters(ResponseSchema):
    """planner / chapters: the first level of a large outline."""

    chapters: list[PlannedChapter] = Field(max_length=60)

    def wording(self) -> str:
        return " ".join(f"{c.title} {c.purpose}" for c in self.chapters)


class PlannedEntry(ResponseSchema):
    subject: Name
    statement: Line
    kind: EntryKind = "fact"
    aliases: list[Name] = Field(default=[], max_length=4)
    attribute: Name = ""
    from_section: str | None = Field(default=None, max_length=40)
    """Id of the section from which it is true."""


class Cast(ResponseSchema):
    """planner / entries: what all sections agree on before any is written."""

    entries: list[PlannedEntry] = Field(max_length=24)

    def wording(self) -> str:
        return " ".join(e.statement for e in self.entries)


class OutlineFault(ResponseSchema):
    section: Annotated[SectionId, Field(max_length=12)]
    fault: Line
    title: Short = ""
    purpose: Line = ""
    """New wording for that section; empty keeps the old."""


class PlanReview(ResponseSchema):
    """planner / check: gaps and overlaps in an outline, with the patch that mends them."""

    faults: list[OutlineFault] = Field(max_length=8)

    def wording(self) -> str:
        return " ".join(f"{f.title} {f.purpose}" for f in self.faults)


class DeltaItem(ResponseSchema):
    """One fact of the draft. ``id`` names an old entry."""

    model_config = ConfigDict(json_schema_extra=_require("quote", "subject", "statement"))

    quote: Quote = ""
    """The words of the draft that state it, exactly: to be copied first, and then to be told."""
    subject: Name = ""
    statement: Line = ""
    attribute: Name = ""
    kind: EntryKind = "fact"
    aliases: list[Name] = Field(default=[], max_length=4)
    story_time: Name = ""
    """When it is true in the story, if the text goes back or ahead in time; else empty."""
    action: Literal["add", "keep", "change", "retract"] = "add"
    id: str | None = Field(default=None, max_length=40)


class Delta(ResponseSchema):
    """archivist / remember: what a draft establishes, and a short account of it."""

    cut_list: ClassVar[str] = "items"
    summary: Annotated[str, Field(max_length=500)]
    items: list[DeltaItem] = Field(max_length=12)

    def wording(self) -> str:
        return self.summary


class Verdict(ResponseSchema):
    """reviewer / check: one judgement."""

    constraint: Annotated[str, Field(max_length=40)]
    broken: bool
    quote: Line = ""
    """The words of the draft that show it, broken or met; empty when something is missing."""


MAX_VERDICTS = 60
"""Requirements that one call to the judge can answer."""


class Verdicts(ResponseSchema):
    """reviewer / check: which of a section's judged constraints its draft breaks."""

    verdicts: list[Verdict] = Field(max_length=MAX_VERDICTS)


class Breach(ResponseSchema):
    section: Annotated[SectionId, Field(max_length=12)]
    constraint: Annotated[str, Field(max_length=40)]
    quote: Line
    """The words of the section that break it, exactly; empty when something is missing."""


class Breaches(ResponseSchema):
    """reviewer / reread: what was found met in some sections and is broken."""

    breaches: list[Breach] = Field(max_length=24)


class Contradiction(ResponseSchema):
    entry: Annotated[str, Field(max_length=40)]
    quote: Line
    """The contradicting words of the draft, exactly."""


class Contradictions(ResponseSchema):
    """reviewer / settle: where a text contradicts what its memory now says."""

    contradictions: list[Contradiction] = Field(max_length=12)


class Seam(ResponseSchema):
    section: Annotated[SectionId, Field(max_length=12)]
    quote: Line
    """The words of its beginning that jar, exactly."""
    fault: Line


class Seams(ResponseSchema):
    """reviewer / seams: where a section's beginning does not join the end of the one before."""

    seams: list[Seam] = Field(max_length=12)


class Edit(ResponseSchema):
    first: SentenceNumber
    """Number of the first sentence replaced."""
    last: SentenceNumber
    text: Annotated[str, Field(max_length=2000)]


class Edits(ResponseSchema):
    """editor / patch: new wording for numbered sentences; all others stay as they are."""

    edits: list[Edit] = Field(max_length=8)

    def wording(self) -> str:
        return " ".join(e.text for e in self.edits)


class Rewording(ResponseSchema):
    """editor / instructed: new wording for the sentences that a person's request is about."""

    edits: list[Edit] = Field(max_length=24)

    def wording(self) -> str:
        return " ".join(e.text for e in self.edits)


class Cuts(ResponseSchema):
    """editor / trim: numbers of the sentences that can go, the most dispensable first."""

    sentences: list[SentenceNumber] = Field(max_length=60)
