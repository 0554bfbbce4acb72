"""Prompts: what all of a work's calls open with, and what a section is told of itself.

Text that does not fit is clipped here, by what the model's context leaves free.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from inkwright.agents.checks.exclusive_phrases import format_requirements
from inkwright.agents.llm.client import MARGIN_TOKENS, ModelCall
from inkwright.agents.llm.parsing import is_han
from inkwright.memory.domain.brief import Brief, Constraint
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.domain.source import Evidence
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.tokens import Tokenizer, shorten
from inkwright.prompts import inputs
from inkwright.prompts.render import PromptInputs, fence, render

REQUEST_SHARE = 0.2
"""Share of the context that the request may take; what is beyond becomes a source."""
OUTLINE_SHARE = 0.15
STYLE_SHARE = 0.05
INSTRUCTIONS_SHARE = 0.12
RECALL_SHARE = 0.2
RECALL_TOKENS = 2000
"""Most that summary and long-term memory take, however long the context."""
PRECEDING_WORDS = 120
NEIGHBOUR_COUNT = 2
"""Sections on either side that the orders name when the whole outline does not fit."""
_PARAGRAPHS = re.compile(r"\n\s*\n")


class PromptBuilder:
    """Builds the prompts of one work from its brief, its plan and its sources."""

    def __init__(
        self,
        brief: Brief,
        tokenizer: Tokenizer,
        context_tokens: int,
        *,
        request: str | None = None,
        overrides: Path | None = None,
    ) -> None:
        """``request``: the request as prompts show it, where that is not all of it.

        ``context_tokens``: what prompt and answer may have together. ``overrides``: the folder of
        templates that replace ours.
        """
        self.brief, self.request = brief, request or brief.request
        self.tokenizer, self.context_tokens = tokenizer, context_tokens
        self.overrides = overrides
        self.sources = SourceIndex(())
        """The sources that the piece may cite."""
        self.han = language_is_han(brief)
        """The piece is written in Han characters or kana."""
        self._plan: Plan | None = None
        self._system_prompt = ""

    @property
    def plan(self) -> Plan:
        """The plan that the opening shows; the work must be planned."""
        assert self._plan is not None, "the work is not planned yet"
        return self._plan

    @property
    def is_planned(self) -> bool:
        return self._plan is not None

    @property
    def recall_tokens(self) -> int:
        """Budget of summary and long-term memory together."""
        return min(RECALL_TOKENS, int(self.context_tokens * RECALL_SHARE))

    def use_plan(self, plan: Plan) -> None:
        """Show this version of the plan from now on."""
        self._plan = plan
        self.set_language_from(plan.constraints)
        self._system_prompt = self.build_system_prompt(self._format_outline(plan.outline))

    def set_language_from(self, constraints: Sequence[Constraint]) -> None:
        """Write in the language that every section must be in, if the brief itself sets none."""
        languages = [c.language for c in constraints if c.language and c.where.scope == "all"]
        if languages and not self.brief.language:
            self.brief = self.brief.model_copy(update={"language": languages[0]})
            self.han = language_is_han(self.brief)

    def build_call(
        self,
        step: str,
        role: str,
        purpose: Purpose,
        prompt: PromptInputs,
        max_tokens: int,
        *,
        subject: str = "",
        attempt: int = 0,
        sample: int = 0,
        priority: float = 0.0,
        model: str = "",
    ) -> ModelCall:
        """Put a question together: the work's opening, then what is asked."""
        return ModelCall(
            step=step,
            role=role,  # type: ignore[arg-type]
            purpose=purpose,
            subject=subject,
            attempt=attempt,
            system=self._system_prompt or self.build_system_prompt(""),
            user=render(prompt, self.overrides),
            max_tokens=max_tokens,
            sample=sample,
            priority=priority,
            model=model,
            han=self.han,
        )

    def build_section_instructions(self, section: Section) -> str:
        """Return what a writer is told about its section: the same lines wherever it is quoted."""
        outline = self.plan.outline
        headings = {h.id: h.title for h in outline.headings}
        cites = [c for c in section.cites if c.source in self.sources.sources]
        lines = [
            f"Section: {section.id}",
            f"Title: {section.title}",
            _format_field("Part of", " > ".join(headings[h] for h in section.within)),
            _format_field("Purpose", section.purpose),
            _format_field("Key points", "; ".join(section.key_points)),
            _format_field("It alone covers", section.owns),
            _format_field("Others cover", section.leaves_out),
            _format_field("The next builds on", section.hands_over),
            _format_field("Subjects", ", ".join(section.subjects)),
            _format_field("Rests on", "; ".join(f"[@{c.source}] {c.point}".strip() for c in cites)),
        ]
        if not self.shows_whole_outline():
            lines.append(_format_field("Nearby sections", _format_neighbours(outline, section)))
        banned_phrases = set(self.brief.banned)  # the opening of every prompt says so already
        all_constraints = self.plan.constraints_for(section.id)
        constraints = [
            c for c in all_constraints if not (c.phrases and banned_phrases.issuperset(c.phrases))
        ]
        if constraints:
            lines.append("Requirements:")
            lines.extend(format_requirements(constraints))
        text = "\n".join(line for line in lines if line)
        return shorten(text, int(self.context_tokens * INSTRUCTIONS_SHARE), self.tokenizer.count)

    def render_sources(self, evidence: Iterable[Evidence]) -> str:
        """Return the part of a writer's prompt that gives it its sources; empty without any.

        What is of a source that was dropped since is left out.
        """
        lines = "\n".join(self.format_passage(e) for e in self.sources.select_held(evidence))
        if not lines:
            return ""
        return render(inputs.CiteInputs(sources=fence("sources", lines)), self.overrides)

    def format_passage(self, evidence: Evidence) -> str:
        """Return a passage as prompts show it, after its key."""
        source = self.sources.sources[evidence.key]
        page = f", p. {evidence.page}" if evidence.page else ""
        passage_text = _join_paragraphs(self.sources.get_text(evidence))
        return f"[@{evidence.key}] {source.title}{page}: {passage_text}"

    def build_system_prompt(self, outline_text: str) -> str:
        """Return the static first message: rules, brief, outline."""
        house_inputs = inputs.HouseInputs(
            brief=fence("brief", self._format_brief()), outline=fence("outline", outline_text)
        )
        return render(house_inputs, self.overrides)

    def _shorten_style_sample(self) -> str:
        budget = int(self.context_tokens * STYLE_SHARE)
        return shorten(self.brief.sample, budget, self.tokenizer.count)

    def count_free_tokens(self, max_tokens: int, *other_texts: str) -> int:
        """Return the tokens left for one more text beside ``other_texts`` in a prompt."""
        system_prompt = self._system_prompt or self.build_system_prompt("")
        used_tokens = sum(self.tokenizer.count(text) for text in (system_prompt, *other_texts))
        return self.context_tokens - max_tokens - MARGIN_TOKENS - used_tokens - 200

    def clip_to_fit(self, text: str, max_tokens: int, *other_texts: str) -> str:
        """Return as much of ``text`` as a prompt has room for, from its beginning."""
        free_tokens = max(self.count_free_tokens(max_tokens, *other_texts), 64)
        return shorten(text, free_tokens, self.tokenizer.count)

    def shows_whole_outline(self) -> bool:
        """True when the opening shows every section, not just the chapters."""
        budget = int(self.context_tokens * OUTLINE_SHARE)
        return self.tokenizer.count(_format_whole_outline(self.plan.outline)) <= budget

    def _format_outline(self, outline: Outline) -> str:
        budget = int(self.context_tokens * OUTLINE_SHARE)
        for text in (_format_whole_outline(outline), _format_chapters(outline)):
            if self.tokenizer.count(text) <= budget:
                return text
        return shorten(_format_chapters(outline), budget, self.tokenizer.count)

    def _format_brief(self) -> str:
        brief = self.brief
        facts = (
            ("Title", self.plan.outline.title if self.is_planned else brief.title),
            ("Kind", brief.kind),
            ("For", brief.audience),
            ("Language", brief.language),
            ("Length", f"about {brief.words} words" if brief.words else None),
            (
                "Style",
                shorten(brief.style, int(self.context_tokens * STYLE_SHARE), self.tokenizer.count),
            ),
            ("A sample of the voice to write in", self._shorten_style_sample()),
            ("Never write", "; ".join(f"“{phrase}”" for phrase in brief.banned)),
            ("Required of the whole", self._format_whole_requirements()),
            ("Request", self.request),
        )
        return "\n".join(f"{name}: {value}" for name, value in facts if value)

    def _format_whole_requirements(self) -> str:
        """Return what the brief's own constraints ask of the whole piece."""
        whole_constraints = self.plan.whole_piece_constraints if self.is_planned else ()
        requirement_texts = [
            c.full_text for c in whole_constraints if c.source == "brief" and c.kind != "length"
        ]
        budget = int(self.context_tokens * STYLE_SHARE)
        return shorten("; ".join(requirement_texts), budget, self.tokenizer.count)


def language_is_han(brief: Brief) -> bool:
    """True when the piece is to be written in Chinese or Japanese."""
    if brief.language:
        return brief.language.lower().split("-")[0] in ("zh", "ja")
    return is_han(brief.request)


def _format_field(name: str, value: str) -> str:
    return f"{name}: {value}" if value else ""


def _format_neighbours(outline: Outline, section: Section) -> str:
    index = outline.position[section.id] - 1
    nearby_sections = outline.sections[
        max(index - NEIGHBOUR_COUNT, 0) : index + NEIGHBOUR_COUNT + 1
    ]
    return "; ".join(f"{s.title} ({s.purpose})" for s in nearby_sections if s.id != section.id)


def _format_whole_outline(outline: Outline) -> str:
    headings_by_id = {h.id: h for h in outline.headings}
    lines: list[str] = []
    open_headings: tuple[str, ...] = ()
    for section in outline.sections:
        for heading_id in section.within:
            if heading_id not in open_headings:
                heading = headings_by_id[heading_id]
                lines.append(f"{'  ' * (heading.level - 1)}{heading.title}")
        open_headings = section.within
        indent = "  " * len(section.within)
        lines.append(f"{indent}{section.id}. {section.title}: {section.purpose}")
    return "\n".join(lines)


def _format_chapters(outline: Outline) -> str:
    chapters: dict[str, list[Section]] = {}
    for section in outline.sections:
        chapters.setdefault(section.chapter_id, []).append(section)
    titles: dict[str, str] = {h.id: f"{h.title}: {h.purpose}" for h in outline.headings}
    return "\n".join(
        f"{titles.get(chapter, sections[0].title)} ({len(sections)} sections)"
        for chapter, sections in chapters.items()
    )


def _join_paragraphs(text: str) -> str:
    """Return a passage as one line, which no line of it can pass for another; " / " parts it."""
    return " / ".join(" ".join(part.split()) for part in _PARAGRAPHS.split(text) if part.strip())
