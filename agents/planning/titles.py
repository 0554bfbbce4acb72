"""Titles that a planner gives: without marks, not copied from a prompt, and saying something."""

import re
from collections.abc import Sequence

from inkwright.agents.llm.schemas import Requirements
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.outline import Section
from inkwright.memory.talk.titles import clean_title
from inkwright.memory.text.normalise import normalise

MAX_TITLE_CHARS = 60
_SAYS_NOTHING = frozenset(
    "introduction intro conclusion report story essay article text document untitled title chapter"
    " section part body summary overview beginning end ending piece short-story a-story the-story"
    " the-report the-end einleitung schluss fazit bericht geschichte titel rapport récit histoire"
    " informe historia conclusión introducción introduzione 引言 前言 结论 结语 报告 故事 文章 小说"
    " 标题 开头 结尾 开端 尾声".replace("-", " ").split()
) | {"short story", "a story", "the story", "the report", "a report", "the end"}
_TOPIC = re.compile(
    r"\b(?:about|on|über|sur|sobre)\s+(?P<topic>.+?)(?=[.;:!?]|,\s|$)|(?:关于|讲述?|"
    r"谈)(?P<han>[^，。；：！？]{2,24})",
    re.IGNORECASE,
)


def says_nothing(title: str) -> bool:
    """True for “Introduction”, “Report” and the like, which could stand over anything."""
    bare_title = re.sub(r"^(?:chapter|section|part)?\s*\d+\s*[.:)-]?\s*", "", normalise(title))
    return not bare_title or bare_title in _SAYS_NOTHING


def derive_title(brief: Brief) -> str:
    """Return a title for a piece whose brief gives none: what its request is about, or its start.

    Cut at the end of a word.
    """
    first_line = brief.request.split("\n", 1)[0].strip()
    if len(first_line) <= MAX_TITLE_CHARS // 2:
        return first_line
    match = _TOPIC.search(first_line)
    topic = (match.group("topic") or match.group("han") or "").strip() if match else ""
    text = topic[:1].upper() + topic[1:] if 2 < len(topic) <= MAX_TITLE_CHARS else first_line
    if len(text) <= MAX_TITLE_CHARS:
        return text
    return text[: MAX_TITLE_CHARS - 3].rstrip() + "..."


def drop_examples(
    requirements: Requirements, request: str, examples: frozenset[str]
) -> Requirements:
    """Return a model's reading without what it copied from its prompt's example.

    A field that equals a value of the example counts only where the request has it too.
    """
    words = f" {normalise(request)} "

    def is_copied(value: str) -> bool:
        bare_value = normalise(value.replace("{n}", " "))
        return value.strip() in examples and f" {bare_value} " not in words

    fields = ("title", "unit_title", "opening", "closing", "kind")
    update: dict[str, object] = {
        name: "" for name in fields if is_copied(getattr(requirements, name))
    }
    if "unit_title" in update:
        update["units"] = None
    update["requirements"] = [
        item.model_copy(update={"text": item.quote}) if is_copied(item.text) else item
        for item in requirements.requirements
    ]
    return requirements.model_copy(update=update)


def retitle_sections(sections: Sequence[Section], *, is_story: bool) -> list[str]:
    """Return titles for planned sections: free of marks, and no two the same.

    In a story, a title that could stand over anything gives way to what the section is about.
    """
    titles: list[str] = []
    for number, section in enumerate(sections, 1):
        title = _choose_title(section, is_story=is_story) or f"Part {number}"
        is_taken = normalise(title) in {normalise(t) for t in titles}
        titles.append(f"{title} ({number})" if is_taken else title)
    return titles


def _choose_title(section: Section, *, is_story: bool) -> str:
    title = clean_title(section.title)
    if title and not (is_story and says_nothing(title)):
        return title
    for text in (section.owns, *section.key_points, *section.subjects, section.purpose):
        candidate = clean_title(text).rstrip(".。")
        if candidate and not says_nothing(candidate):
            return _shorten(candidate)
    return title


def _shorten(text: str) -> str:
    """Return the first words of ``text``, as many as make a title."""
    if " " not in text:
        return text[:20]
    words = text.split()[:7]
    while len(words) > 2 and words[-1].lower() in (
        "the",
        "a",
        "an",
        "of",
        "and",
        "to",
        "in",
        "with",
        "for",
    ):
        words.pop()
    return " ".join(words).rstrip(",;:")
