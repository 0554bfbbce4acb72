"""Faults of a text that a reader would strike at once, seen by rule.

A remark of the model's own, a sentence that is said twice or copied, a text that breaks off or
changes its language. What may be the author's is never cut for that: a draft that has such faults
is sampled again, then patched, and what is left is a finding.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from inkwright.agents.llm.parsing import build_talk_context
from inkwright.memory.citations.syntax import find_keys
from inkwright.memory.domain.brief import Brief, Constraint
from inkwright.memory.domain.draft import TEXT_FINDING, Finding
from inkwright.memory.domain.outline import Section
from inkwright.memory.talk.recognise import find_talk
from inkwright.memory.talk.spans import TalkKind
from inkwright.memory.text.draft_repeats import find_draft_repeats
from inkwright.memory.text.names import terms

MAX_FAULTS_PER_WORD = 1 / 10_000
"""Faults left over for each word of a piece beyond which it is flagged: one in 10,000 words, fifty
times what ten novels of the public domain have."""
FACT_SHARE = 0.8
"""A sentence with this share of its words in one line of memory states what is there."""
_REMARK = (
    "This may be the model's own remark and not the text: give the sentence beside it without it."
)
_WHY: dict[TalkKind, str] = {
    "broken end": "The text breaks off here: finish the sentence.",
    "language": "This is in another language than the text: say it in the text's own.",
    "heading": "There is nothing under this heading, or it is another section's: leave it out.",
}
_VERSE = re.compile(
    r"\b(?:poems?|poetry|verses?|songs?|lyrics?|ballads?|refrains?|chorus|hymns?|sonnets?|odes?"
    r"|litany|lullab(?:y|ies)|gedichte?|lied(?:er)?|strophen?|poèmes?|chansons?|poemas?"
    r"|canci(?:ón|ones)|poesie|canzone|стих\w*|песн\w*)\b|[诗歌詩]",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[“\"「«]([^”\"」»\n]{2,})[”\"」»]")


def find_text_faults(
    text: str,
    prompt: str,
    *,
    brief: Brief,
    section: Section,
    constraints: Sequence[Constraint] = (),
    passages: Sequence[str] = (),
    facts: str = "",
    own_texts: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """Return the faults of a section's ``text``, in its order, each with its exact words.

    ``prompt`` is what its writer was asked with, ``passages`` the text shown to it there. What
    memory states (``facts``) may be said in the same words as in a passage. A person's words
    (``own_texts``) and what the brief requires are no faults.
    """
    faults: dict[int, Finding] = {}
    for talk in find_talk(text, build_talk_context(prompt)):
        quote = text[talk.start : talk.end].strip()
        if quote and not any(quote in own or own in quote for own in own_texts):
            faults[talk.start] = _build_finding(quote, _WHY.get(talk.kind, _REMARK))
    required_phrases = [p for c in constraints for p in (*c.phrases, c.opens or "", c.closes or "")]
    repeats = find_draft_repeats(
        text,
        passages,
        required=[*required_phrases, *_QUOTED.findall(brief.request)],
        own_texts=own_texts,
        allows_refrains=_asks_for_verse(brief, section),
    )
    for repeat in repeats:
        is_fact = repeat.source == "passage" and _states_fact(repeat.quote, facts)
        if not is_fact and not find_keys(repeat.quote):
            faults.setdefault(repeat.start, _build_finding(repeat.quote, _describe(repeat.source)))
    return tuple(faults[start] for start in sorted(faults))


def adds_repeats(old_text: str, new_text: str) -> bool:
    """True where a change makes a text say more sentences twice."""
    return len(find_draft_repeats(new_text)) > len(find_draft_repeats(old_text))


def _states_fact(quote: str, facts: str) -> bool:
    """True where a line of memory has the words of a sentence: sections are to agree on it."""
    quote_terms = terms(quote)
    return any(
        len(quote_terms & terms(line)) >= FACT_SHARE * len(quote_terms)
        for line in facts.splitlines()
        if line.startswith("- [")
    )


def has_talk(text: str) -> bool:
    """True where something in a few sentences of an answer may be the model's own remark."""
    return any(talk.kind != "broken end" for talk in find_talk(text, build_talk_context("")))


def _describe(source: str) -> str:
    if source == "draft":
        return "The section has said this before: say something else that serves its purpose."
    return "This is copied from the text before: go on with something else."


def _build_finding(quote: str, why: str) -> Finding:
    return Finding(constraint=TEXT_FINDING, status="broken", evidence=quote, why=why)


@lru_cache(maxsize=256)
def _is_verse_word_in(wish: str) -> bool:
    return _VERSE.search(wish) is not None


def _asks_for_verse(brief: Brief, section: Section) -> bool:
    wish = "\n".join((brief.kind or "", brief.request, section.title, section.purpose))
    return _is_verse_word_in(wish)
