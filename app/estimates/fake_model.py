"""A stand-in for every model, for estimates: answers of typical length, and nothing is sent.

It tells how long a model of a given pace would have taken by sleeping that long; ``clock`` makes
the sleeping free.
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

from inkwright.agents.llm.transport import ChatRequest
from inkwright.memory.store.journal import JournaledAnswer
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.words import count_words

FEW_SECTIONS = 2
EVERYBODY, EVERYBODY_HAN = "Maryam", "王小雨"
EMBED_S = 0.015
"""Time to embed one text offline, on one core."""
EMBED_DIMENSIONS = 8
_ENGLISH = """
    the keeper climbed the spiral stairs and saw how a schooner turned slowly toward the harbour
    lights while nobody ashore could tell whether its crew had noticed those barnacled rocks under
    the grey water that morning Margery trimmed her lantern copied the barometer into the logbook
    and wondered about Tuesday's undelivered letters
"""
_HAN = """
    灯塔 海面 楼梯 看守人 港口 灯光 夜里 没有 知道 他们 是否 回来 天亮 以后 慢慢 转向 船只 风向
    记下 时刻 信件 远处 听见 钟声 潮水 她的 父亲 曾经 说过 可是 因为 一个 时候 自己 开始 已经
"""
HAN_A_WORD = 1.7
"""Characters of Chinese that say what a word of English does."""
_MUST = re.compile(
    r"\b(?:must|should|needs? to|has to|have to)\b|必须|务必|不得|应当", re.IGNORECASE
)
_ALL = re.compile(r"\b(?:every|each|all)\b|每", re.IGNORECASE)
_NUMBERED = re.compile(
    r"\bnumbered (?:from )?1 (?:to|through) (\d{1,4})|编号从?\s*1\s*[到至]\s*(\d{1,4})"
)
_MANY = re.compile(
    r"\b(\d{1,4})\s+(?:[a-z-]+\s+){0,2}?([a-z]{2,})s\b|(\d{1,4})\s*个?([\u4e00-\u9fff])"
)
_HEADED = re.compile(r"[\"“'‘](?:\W*)([^\W\d]+)\s*1\b")
_PARTS = ("section", "part", "chapter", "unit", "entry")
_FICTION = re.compile(r"\b(?:novel|story|stories|tale|fiction)\b|小说|故事", re.IGNORECASE)


NOTHING_TO_SAY: Mapping[str, Any] = {
    "faults": [],
    "contradictions": [],
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
    completion: Mapping[str, float] = field(default_factory=dict)
    """Name of an answer's form to the mean number of tokens it took."""
    tokens_a_word: float | None = None
    """Tokens that a word of prose took. None: as the tokenizer counts it."""


class FakeModel:
    """Plays every role of a rehearsal."""

    def __init__(
        self, request: str, pace: CallPace, count: Callable[[str], int], *, han: bool
    ) -> None:
        self._request, self._pace, self._count, self._han = request, pace, count, han
        self._words = (_HAN if han else _ENGLISH).split()
        self._asked_last: dict[str, str] = {}
        self._drawn = random.Random(1)
        self.plan: Plan | None = None
        """Tells what is asked of each section, once it stands."""

    async def complete(
        self, request: ChatRequest, on_text: Callable[[str], None] | None = None
    ) -> JournaledAnswer:
        """Answer as a model would, in its time."""
        system, user = (m["content"] for m in request.messages)
        prompt = self._count(system) + self._count(user)
        cached = self._cached(request, f"{system}{user}")
        if request.form is None:
            words, phrases = self._asked(user, request.max_tokens)
            text = self._prose(words, phrases)
            tokens = round(words * (self._pace.tokens_a_word or self._count(text) / words))
        else:
            form = request.form.__name__
            text = json.dumps(self._filled(form, user), ensure_ascii=False)
            tokens = round(self._pace.completion.get(form, self._count(text)))
        seconds = (
            self._pace.seconds_per_call
            + (prompt - cached) * self._pace.seconds_per_prompt_token
            + tokens * self._pace.seconds_per_completion_token
        )
        await asyncio.sleep(seconds)
        return JournaledAnswer(
            text=text,
            finish="stop",
            model="understudy",
            prompt_tokens=prompt,
            cached_tokens=cached,
            completion_tokens=tokens,
            seconds=seconds,
        )

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors that mean nothing, in the time that real ones take."""
        await asyncio.sleep(EMBED_S * len(texts))
        return np.ones((len(texts), EMBED_DIMENSIONS), dtype=np.float32)

    async def aclose(self) -> None:
        """Hold nothing, and let go of nothing."""

    def _cached(self, request: ChatRequest, prompt: str) -> int:
        """Return the tokens that ``prompt`` begins with as another did that asked for the same."""
        form = request.form.__name__ if request.form else ""
        before = [p for p in (self._asked_last.get(form), self._asked_last.get("any")) if p]
        self._asked_last[form] = self._asked_last["any"] = prompt
        return max((self._count(_beginning(prompt, p)) for p in before), default=0)

    def _asked(self, user: str, max_tokens: int) -> tuple[int, list[str]]:
        """Return how many words the writer is asked for, and the phrases it must use."""
        ordered = re.search(r"^Section: (\S+)$", user, re.MULTILINE)
        if self.plan is None or ordered is None or ordered[1] not in self.plan.outline.position:
            return max(max_tokens // 2, 20), []
        words = self.plan.outline.section(ordered[1]).target_words
        phrases: list[str] = []
        for constraint in self.plan.carried(ordered[1]):
            if constraint.counted == "words":
                words = min(max(words, constraint.least or 0), constraint.most or words)
            if constraint.kind == "must_contain":
                phrases.extend(constraint.phrases)
        return words, phrases

    def _prose(self, words: int, phrases: Sequence[str] = ()) -> str:
        """Return sentences of about so many words, which do not repeat themselves."""
        words = max(words - sum(count_words(p) for p in phrases), 1)
        if self._han:
            drawn = "".join(self._drawn.choice(self._words) for _ in range(words // 2 + 1))[:words]
            lines = [drawn[n : n + 18] for n in range(0, words, 18)]
            if self._shares:
                lines[-1] = f"{self._everybody()}{lines[-1]}"
            return "。".join([*lines, *phrases]) + "。"
        told = [self._drawn.choice(self._words) for _ in range(words)]
        lines = [" ".join(told[n : n + 14]).capitalize() for n in range(0, words, 14)]
        if self._shares:
            lines[-1] = f"{self._everybody()} {lines[-1].lower()}"
        return ". ".join([*lines, *phrases]) + "."

    @property
    def _shares(self) -> bool:
        """True for a piece whose sections speak of the same people, as longer pieces do."""
        return self.plan is not None and len(self.plan.outline.sections) > FEW_SECTIONS

    def _everybody(self) -> str:
        """Return a name that memory has and every section has, as sections of real pieces do."""
        named = (
            Counter(n for s in self.plan.outline.sections for n in s.subjects) if self.plan else ()
        )
        if named:
            return named.most_common(1)[0][0]
        return EVERYBODY_HAN if self._han else EVERYBODY

    def _told(self, words: int) -> str:
        """Return what takes so many words in English, and its equal in Chinese."""
        return self._prose(round(words * HAN_A_WORD) if self._han else words)

    def _filled(self, form: str, user: str) -> dict[str, Any]:
        fills: Mapping[str, Callable[[str], dict[str, Any]]] = {
            "Requirements": self._requirements,
            "Instructions": lambda _: {"quotes": []},
            "Chapters": self._chapters,
            "Sections": self._sections,
            "Cast": self._cast,
            "Delta": self._delta,
            "Verdicts": self._verdicts,
        }
        return fills[form](user) if form in fills else dict(NOTHING_TO_SAY)

    def _requirements(self, _user: str) -> dict[str, Any]:
        """Guess what the request fixes from its words: a series, fiction, what must be."""
        series = _series(self._request)
        told = [s.strip() for s in re.split(r"(?<=[.!?。！？])\s*", self._request)]
        return {
            "title": self._title(),
            "kind": "text",
            "fiction": bool(_FICTION.search(self._request)),
            "units": series,
            "unit_title": "Part {n}" if series else "",
            "requirements": [
                {
                    "quote": s[:280],
                    "text": s[:280],
                    "kind": "judged",
                    **_placed(s, self._request),
                }
                for s in told
                if _MUST.search(s)
            ][:20],
        }

    def _chapters(self, user: str) -> dict[str, Any]:
        number = _number(user, "Chapters", 4)
        each = max(_number(user, "Sections", number) // number, 1)
        return {
            "chapters": [
                {"title": self._title(), "purpose": self._told(18), "sections": each}
                for _ in range(number)
            ]
        }

    def _sections(self, user: str) -> dict[str, Any]:
        """Plan as many sections as are asked for by number, or listed to be filled in."""
        listed = re.findall(r"^- (?:s\d+|[^:\n]+):? (.*)$", _block(user, "sections"), re.MULTILINE)
        number = len(listed) or _number(user, "Sections", 1)
        return {
            "sections": [
                {
                    "title": self._title(),
                    "purpose": self._told(18),
                    "key_points": [self._told(6)],
                    "owns": self._told(4),
                    "hands_over": self._told(6),
                    "leaves_out": self._told(4),
                    "subjects": [self._everybody(), self._name()],
                }
                for _ in range(number)
            ]
        }

    def _cast(self, _user: str) -> dict[str, Any]:
        everybody = {**self._entry(0), "subject": self._everybody()}
        return {"entries": [everybody, *(self._entry(n) for n in range(1, 6))]}

    def _verdicts(self, user: str) -> dict[str, Any]:
        """Find nothing broken."""
        listed = re.findall(r"^- \[([^\]]+)\]", user, re.MULTILINE)
        return {"verdicts": [{"constraint": c, "broken": False} for c in listed]}

    def _entry(self, number: int) -> dict[str, Any]:
        return {
            "kind": "fact",
            "subject": f"{self._name()} {number}",
            "statement": self._told(7),
        }

    def _delta(self, user: str) -> dict[str, Any]:
        """Remember one fact of the draft, with its words."""
        quote = re.split(r"[.。]", _block(user, "draft"))[0][:200]
        item = {"action": "add", **self._entry(0), "quote": quote}
        return {"summary": self._told(14), "items": [item] if quote else []}

    def _name(self) -> str:
        return self._told(2).rstrip("。.")

    def _title(self) -> str:
        return self._told(4).rstrip("。.")


def _beginning(one: str, other: str) -> str:
    """Return what both begin with."""
    differing = (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return one[: next(differing, min(len(one), len(other)))]


def _series(request: str) -> int | None:
    """Return how many parts of a kind a request asks for, where it numbers them or speaks of each.

    What they are called does not matter.
    """
    if numbered := _NUMBERED.search(request):
        return int(numbered[1] or numbered[2])
    for many in _MANY.finditer(request.lower()):
        name = many[2] or many[4]
        one = re.escape(name.removesuffix("ie") + "y" if name.endswith("ie") else name)
        if re.search(
            rf"\b(?:each|every|per) {one}\b|\b{one} \d|每个?{one}|第\d+个?{one}", request, re.I
        ):
            return int(many[1] or many[3])
    return None


def _placed(sentence: str, request: str) -> dict[str, Any]:
    """Return where a requirement seems to hold."""
    headed = (re.escape(h[1]) for h in _HEADED.finditer(request))
    one = re.search(
        rf"\b(?:{'|'.join((*_PARTS, *headed))})\s*(\d{{1,4}})|第\s*(\d{{1,4}})", sentence, re.I
    )
    if one:
        return {"scope": "once", "first": int(one[1] or one[2])}
    return {"scope": "all" if _ALL.search(sentence) else "whole"}


def _number(user: str, name: str, otherwise: int) -> int:
    found = re.search(rf"^{name}: (\d+)$", user, re.MULTILINE)
    return max(int(found[1]), 1) if found else otherwise


def _block(user: str, tag: str) -> str:
    found = re.search(rf"<{tag}>\n(.*?)\n</{tag}>", user, re.DOTALL)
    return found[1] if found else ""
