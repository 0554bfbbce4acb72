"""A stand-in for every model, for estimates: answers of typical length, and nothing is sent.

It tells how long a model of a given pace would have taken by sleeping that long; ``virtual_clock``
makes the sleeping free.
"""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inkwright.agents.llm.dialect.request import ChatRequest
from inkwright.agents.review.control_questions import find_answer
from inkwright.memory.ids import SectionId
from inkwright.memory.store.journal import JournaledAnswer
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.words import count_words

MAX_UNSHARED_SECTIONS = 2
SHARED_SUBJECT, SHARED_SUBJECT_HAN = "Maryam", "王小雨"
EMBED_S = 0.015
"""Time to embed one text offline, on one core."""
EMBED_DIMENSIONS = 8
_ENGLISH_WORDS = """
    the keeper climbed the spiral stairs and saw how a schooner turned slowly toward the harbour
    lights while nobody ashore could tell whether its crew had noticed those barnacled rocks under
    the grey water that morning Margery trimmed her lantern copied the barometer into the logbook
    and wondered about Tuesday's undelivered letters
"""
_HAN_WORDS = """
    灯塔 海面 楼梯 看守人 港口 灯光 夜里 没有 知道 他们 是否 回来 天亮 以后 慢慢 转向 船只 风向
    记下 时刻 信件 远处 听见 钟声 潮水 她的 父亲 曾经 说过 可是 因为 一个 时候 自己 开始 已经
"""
SUBJECT_WORDS, STATEMENT_WORDS = 4, 7
"""Of what is remembered."""
HAN_PER_WORD = 1.7
"""Characters of Chinese that say what a word of English does."""
_REQUIREMENT_WORD = re.compile(
    r"\b(?:must|should|needs? to|has to|have to)\b|必须|务必|不得|应当", re.IGNORECASE
)
_EVERY_WORD = re.compile(r"\b(?:every|each|all)\b|每", re.IGNORECASE)
_NUMBERED = re.compile(
    r"\bnumbered (?:from )?1 (?:to|through) (\d{1,4})|编号从?\s*1\s*[到至]\s*(\d{1,4})"
)
_COUNTED_UNITS = re.compile(
    r"\b(\d{1,4})\s+(?:[a-z-]+\s+){0,2}?([a-z]{2,})s\b|(\d{1,4})\s*个?([\u4e00-\u9fff])"
)
_NUMBERED_HEADING = re.compile(r"[\"“'‘](?:\W*)([^\W\d]+)\s*1\b")
_PART_WORDS = ("section", "part", "chapter", "unit", "entry")
_FICTION = re.compile(r"\b(?:novel|story|stories|tale|fiction)\b|小说|故事", re.IGNORECASE)


EMPTY_ANSWER: Mapping[str, Any] = {
    "faults": [],
    "edits": [],
    "sentences": [],
    "seams": [],
    "breaches": [],
}


@dataclass(frozen=True)
class CallPace:
    """How long answers take, and how long they are, where earlier works have shown it."""

    seconds_per_call: float
    seconds_per_prompt_token: float
    seconds_per_completion_token: float
    completion_tokens_by_form: Mapping[str, float] = field(default_factory=dict)
    """Name of an answer's form to the mean number of tokens it took."""
    tokens_per_word: float | None = None
    """Tokens that a word of prose took. None: as the tokenizer counts it."""


class FakeModel:
    """Plays every role of a rehearsal."""

    def __init__(
        self,
        request: str,
        pace: CallPace,
        count_tokens: Callable[[str], int],
        *,
        is_han: bool,
        count_thoughts: Callable[[ChatRequest], int] = lambda _: 0,
    ) -> None:
        """``count_thoughts`` gives the tokens of thoughts that would come before an answer."""
        self._request = request
        self._pace = pace
        self._count_tokens = count_tokens
        self._is_han = is_han
        self._count_thoughts = count_thoughts
        self._vocabulary = (_HAN_WORDS if is_han else _ENGLISH_WORDS).split()
        self._last_prompts: dict[str, str] = {}
        self._random = random.Random(1)
        self.plan: Plan | None = None
        """Tells what is asked of each section, once it stands."""

    async def complete(
        self, request: ChatRequest, on_text: Callable[[str], None] | None = None
    ) -> JournaledAnswer:
        """Answer as a model would, in its time."""
        system, user = (m["content"] for m in request.messages)
        prompt_tokens = self._count_tokens(system) + self._count_tokens(user)
        cached_tokens = self._count_cached_tokens(request, f"{system}{user}")
        if request.response_schema is None:
            word_count, phrases = self._find_requested_words(user, request.max_tokens)
            text = self._make_prose(word_count, phrases)
            completion_tokens = round(
                word_count * (self._pace.tokens_per_word or self._count_tokens(text) / word_count)
            )
        else:
            form_name = request.response_schema.__name__
            text = json.dumps(self._fill_form(form_name, user), ensure_ascii=False)
            completion_tokens = round(
                self._pace.completion_tokens_by_form.get(form_name, self._count_tokens(text))
            )
        thought_tokens = self._count_thoughts(request)
        completion_tokens += thought_tokens
        seconds = (
            self._pace.seconds_per_call
            + (prompt_tokens - cached_tokens) * self._pace.seconds_per_prompt_token
            + completion_tokens * self._pace.seconds_per_completion_token
        )
        await asyncio.sleep(seconds)
        return JournaledAnswer(
            text=text,
            finish="stop",
            model="understudy",
            prompt_tokens=prompt_tokens,
            cached_tokens=cached_tokens,
            completion_tokens=completion_tokens,
            seconds=seconds,
            thought_tokens=thought_tokens,
        )

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors that mean nothing, in the time that real ones take."""
        await asyncio.sleep(EMBED_S * len(texts))
        return np.ones((len(texts), EMBED_DIMENSIONS), dtype=np.float32)

    async def aclose(self) -> None:
        """Hold nothing, and let go of nothing."""

    def _count_cached_tokens(self, request: ChatRequest, prompt: str) -> int:
        """Return the tokens that ``prompt`` begins with as another did that asked for the same."""
        form_name = request.response_schema.__name__ if request.response_schema else ""
        earlier_prompts = [
            p for p in (self._last_prompts.get(form_name), self._last_prompts.get("any")) if p
        ]
        self._last_prompts[form_name] = self._last_prompts["any"] = prompt
        return max(
            (self._count_tokens(_find_common_prefix(prompt, p)) for p in earlier_prompts), default=0
        )

    def _find_requested_words(self, user: str, max_tokens: int) -> tuple[int, list[str]]:
        """Return how many words the writer is asked for, and the phrases it must use."""
        section_match = re.search(r"^Section: (\S+)$", user, re.MULTILINE)
        if (
            self.plan is None
            or section_match is None
            or section_match[1] not in self.plan.outline.position
        ):
            return max(max_tokens // 2, 20), []
        word_count = self.plan.outline.section(SectionId(section_match[1])).target_words
        phrases: list[str] = []
        for constraint in self.plan.constraints_for(SectionId(section_match[1])):
            if constraint.counted == "words":
                word_count = min(
                    max(word_count, constraint.lower_bound or 0),
                    constraint.upper_bound or word_count,
                )
            if constraint.kind == "must_contain":
                phrases.extend(constraint.phrases)
        return word_count, phrases

    def _make_prose(self, word_count: int, phrases: Sequence[str] = ()) -> str:
        """Return sentences of about so many words, which do not repeat themselves."""
        word_count = max(word_count - sum(count_words(p) for p in phrases), 1)
        if self._is_han:
            han_text = "".join(
                self._random.choice(self._vocabulary) for _ in range(word_count // 2 + 1)
            )[:word_count]
            lines = [han_text[n : n + 18] for n in range(0, word_count, 18)]
            if self._has_shared_subject:
                lines[-1] = f"{self._choose_shared_subject()}{lines[-1]}"
            return "。".join([*lines, *phrases]) + "。"
        word_list = [self._random.choice(self._vocabulary) for _ in range(word_count)]
        lines = [" ".join(word_list[n : n + 14]).capitalize() for n in range(0, word_count, 14)]
        if self._has_shared_subject:
            lines[-1] = f"{self._choose_shared_subject()} {lines[-1].lower()}"
        return ". ".join([*lines, *phrases]) + "."

    @property
    def _has_shared_subject(self) -> bool:
        """True for a piece whose sections speak of the same people, as longer pieces do."""
        return self.plan is not None and len(self.plan.outline.sections) > MAX_UNSHARED_SECTIONS

    def _choose_shared_subject(self) -> str:
        """Return a name that memory has and every section has, as sections of real pieces do."""
        subject_counts = (
            Counter(n for s in self.plan.outline.sections for n in s.subjects) if self.plan else ()
        )
        if subject_counts:
            return subject_counts.most_common(1)[0][0]
        return SHARED_SUBJECT_HAN if self._is_han else SHARED_SUBJECT

    def _make_text(self, word_count: int) -> str:
        """Return what takes so many words in English, and its equal in Chinese."""
        return self._make_prose(round(word_count * HAN_PER_WORD) if self._is_han else word_count)

    def _fill_form(self, form_name: str, user: str) -> dict[str, Any]:
        fillers: Mapping[str, Callable[[str], dict[str, Any]]] = {
            "Requirements": self._make_requirements,
            "Instructions": lambda _: {"quotes": []},
            "Chapters": self._make_chapters,
            "Sections": self._make_sections,
            "Cast": self._make_cast,
            "Delta": self._make_delta,
            "Verdicts": self._make_verdicts,
            "Contradictions": self._make_contradictions,
            "Supports": self._make_supports,
        }
        return fillers[form_name](user) if form_name in fillers else dict(EMPTY_ANSWER)

    def _make_requirements(self, _user: str) -> dict[str, Any]:
        """Guess what the request fixes from its words: a series, fiction, what must be."""
        unit_count = _count_units(self._request)
        sentences = [s.strip() for s in re.split(r"(?<=[.!?。！？])\s*", self._request)]
        return {
            "title": self._make_title(),
            "kind": "text",
            "fiction": bool(_FICTION.search(self._request)),
            "units": unit_count,
            "unit_title": "Part {n}" if unit_count else "",
            "requirements": [
                {
                    "quote": s[:280],
                    "text": s[:280],
                    "kind": "judged",
                    **_guess_placement(s, self._request),
                }
                for s in sentences
                if _REQUIREMENT_WORD.search(s)
            ][:20],
        }

    def _make_chapters(self, user: str) -> dict[str, Any]:
        chapter_count = _read_number(user, "Chapters", 4)
        sections_per_chapter = max(
            _read_number(user, "Sections", chapter_count) // chapter_count, 1
        )
        return {
            "chapters": [
                {
                    "title": self._make_title(),
                    "purpose": self._make_text(18),
                    "sections": sections_per_chapter,
                }
                for _ in range(chapter_count)
            ]
        }

    def _make_sections(self, user: str) -> dict[str, Any]:
        """Plan as many sections as are asked for by number, or listed to be filled in."""
        listed_lines = re.findall(
            r"^- (?:s\d+|[^:\n]+):? (.*)$", _read_block(user, "sections"), re.MULTILINE
        )
        section_count = len(listed_lines) or _read_number(user, "Sections", 1)
        return {
            "sections": [
                {
                    "title": self._make_title(),
                    "purpose": self._make_text(18),
                    "key_points": [self._make_text(6)],
                    "owns": self._make_text(4),
                    "hands_over": self._make_text(6),
                    "leaves_out": self._make_text(4),
                    "subjects": [self._choose_shared_subject(), self._make_name()],
                }
                for _ in range(section_count)
            ]
        }

    def _make_cast(self, _user: str) -> dict[str, Any]:
        shared_entry = {**self._make_entry(0), "subject": self._choose_shared_subject()}
        return {"entries": [shared_entry, *(self._make_entry(n) for n in range(1, 6))]}

    def _make_verdicts(self, user: str) -> dict[str, Any]:
        """Find nothing broken, but for what control questions ask."""
        items = re.findall(r"^- \[([^\]]+)\] (.*)$", user, re.MULTILINE)
        return {
            "verdicts": [
                {"constraint": name, "broken": find_answer(user, statement) is False}
                for name, statement in items
            ]
        }

    def _make_contradictions(self, user: str) -> dict[str, Any]:
        """Find none, but for what control questions ask."""
        items = re.findall(r"^- \[([^\]]+)\] (.*)$", _read_block(user, "changed"), re.MULTILINE)
        quote = re.split(r"[.。]", _read_block(user, "draft"))[0][:200].strip()
        return {
            "contradictions": [
                {"entry": name, "quote": quote}
                for name, statement in items
                if find_answer(user, statement) is False
            ]
        }

    def _make_supports(self, user: str) -> dict[str, Any]:
        """Answer control questions; of real claims there is none, for nothing is cited."""
        verdicts = []
        for number, claim, passage in re.findall(
            r"^\[(\d+)\] (.*)\n\s+\[@[^\]]+\] .*?: (.*)$", _read_block(user, "claims"), re.MULTILINE
        ):
            is_supported = find_answer(passage, claim) is not False
            quote = re.split(r"(?<=[.。])", passage)[0] if is_supported else ""
            verdicts.append({"claim": int(number), "supported": is_supported, "quote": quote})
        return {"verdicts": verdicts}

    def _make_entry(self, number: int) -> dict[str, Any]:
        return {
            "kind": "fact",
            "subject": f"{self._make_name()} {number}",
            "statement": self._make_text(7),
        }

    def _make_delta(self, user: str) -> dict[str, Any]:
        """Remember one fact of the draft, in its words: of a subject that no other section has."""
        quote = re.split(r"[.。]", _read_block(user, "draft"))[0][:200]
        item = {
            "action": "add",
            "quote": quote,
            "kind": "fact",
            "subject": self._clip(quote, SUBJECT_WORDS),
            "statement": self._clip(quote, STATEMENT_WORDS),
        }
        return {"summary": self._make_text(14), "items": [item] if quote else []}

    def _clip(self, text: str, word_count: int) -> str:
        """Return the last words of ``text``; of Chinese, what says as much."""
        if self._is_han:
            return text[-round(word_count * HAN_PER_WORD) :]
        return " ".join(text.split()[-word_count:])

    def _make_name(self) -> str:
        return self._make_text(2).rstrip("。.")

    def _make_title(self) -> str:
        return self._make_text(4).rstrip("。.")


def _find_common_prefix(first: str, second: str) -> str:
    """Return what both begin with."""
    differing_indexes = (n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
    return first[: next(differing_indexes, min(len(first), len(second)))]


def _count_units(request: str) -> int | None:
    """Return how many parts of a kind a request asks for, where it numbers them or speaks of each.

    What they are called does not matter.
    """
    if numbered_match := _NUMBERED.search(request):
        return int(numbered_match[1] or numbered_match[2])
    for unit_match in _COUNTED_UNITS.finditer(request.lower()):
        unit_name = unit_match[2] or unit_match[4]
        unit_pattern = re.escape(
            unit_name.removesuffix("ie") + "y" if unit_name.endswith("ie") else unit_name
        )
        if re.search(
            rf"\b(?:each|every|per) {unit_pattern}\b|\b{unit_pattern} \d"
            rf"|每个?{unit_pattern}|第\d+个?{unit_pattern}",
            request,
            re.I,
        ):
            return int(unit_match[1] or unit_match[3])
    return None


def _guess_placement(sentence: str, request: str) -> dict[str, Any]:
    """Return where a requirement seems to hold."""
    headed_names = (re.escape(h[1]) for h in _NUMBERED_HEADING.finditer(request))
    number_match = re.search(
        rf"\b(?:{'|'.join((*_PART_WORDS, *headed_names))})\s*(\d{{1,4}})|第\s*(\d{{1,4}})",
        sentence,
        re.I,
    )
    if number_match:
        return {"scope": "once", "first": int(number_match[1] or number_match[2])}
    return {"scope": "all" if _EVERY_WORD.search(sentence) else "whole"}


def _read_number(user: str, name: str, default: int) -> int:
    match = re.search(rf"^{name}: (\d+)$", user, re.MULTILINE)
    return max(int(match[1]), 1) if match else default


def _read_block(user: str, tag: str) -> str:
    match = re.search(rf"<{tag}>\n(.*?)\n</{tag}>", user, re.DOTALL)
    return match[1] if match else ""
