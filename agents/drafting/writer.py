"""Writer: a section's prose, from its manifest and orders."""

import re
from collections.abc import Callable, Sequence

from inkwright.agents.context import section_sources
from inkwright.agents.context.run_context import RunContext, orders
from inkwright.agents.llm.events import TextGrew
from inkwright.agents.llm.parsing import is_han
from inkwright.memory.citations import syntax
from inkwright.memory.domain.draft import Manifest
from inkwright.memory.domain.outline import Section
from inkwright.memory.text.tokens import shorten
from inkwright.memory.text.words import Sentence, count_words, sentences, tail
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

SPARE = 1.25
"""Tokens allowed for each that the words ought to take."""
SPARE_TOKENS = 48
USUAL_TOKENS = 1.5
"""For a word, where the request is in another script than the piece and so does not tell."""
OVERRUN = 2.0
"""A draft of more than this many times its target is cut there: the server ignored the limit."""
SOFAR_WORDS = 250
SPEECH = "“\"'‘「『—–"
"""With these a line of dialogue begins."""
ENDS = ".!?。！？…:：;；”\"'’)）]」』*_"
"""With these a sentence can end."""
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+\S")


async def write(
    desk: RunContext, section: Section, manifest: Manifest, *, priority: float = 0.0
) -> str:
    """Return a first draft of ``section``.

    Raises:
        ModelError: no usable text came.
    """
    prompt = inputs.WriteInputs(
        summary=fence("summary", manifest.summary),
        memory=fence("memory", manifest.recall),
        sources=section_sources.shown(desk, manifest.evidence),
        before=fence("before", manifest.last_passage),
        orders=orders(desk, section),
        words=counted(desk, manifest.target_words),
        note=f"Note from the person: {manifest.note}" if manifest.note else "",
    )
    ask = desk.ask(
        section.id,
        "writer",
        "write",
        prompt,
        _tokens_for(desk, manifest.target_words),
        sample=manifest.sample,
        priority=priority,
    )
    prose = await desk.models.prose(ask, on_text=_watcher(desk, section.id))
    text = tidy(prose.text, section.title, manifest.target_words, prose.cut_short)
    return syntax.tidied(text, desk.shelf.sources)


async def go_on(
    desk: RunContext,
    section: Section,
    manifest: Manifest,
    text: str,
    missing_words: int,
    *,
    turn: int,
    priority: float = 0.0,
) -> str:
    """Return ``text`` with about ``missing_words`` more words after it."""
    room = desk.recall_tokens // 2
    prompt = inputs.ContinueInputs(
        memory=fence("memory", shorten(manifest.recall, room, desk.tokenizer.count)),
        sources=section_sources.shown(desk, manifest.evidence),
        orders=orders(desk, section),
        sofar=fence("sofar", tail(text, SOFAR_WORDS)),
        words=counted(desk, missing_words, "more"),
    )
    ask = desk.ask(
        section.id,
        "writer",
        f"continue {turn}",
        prompt,
        _tokens_for(desk, missing_words),
        priority=priority,
    )
    prose = await desk.models.prose(ask, on_text=_watcher(desk, section.id))
    more = tidy(prose.text, section.title, missing_words, prose.cut_short, goes_on=True)
    more = syntax.tidied(more, desk.shelf.sources)
    more = _without_overlap(text, more)
    if not more:
        return text
    return f"{text}{'' if text.endswith(chr(10)) else chr(10) + chr(10)}{more}"


def counted(desk: RunContext, words: int, more: str = "") -> str:
    """Return a length as a writer of the piece's language counts it."""
    unit = "characters (字)" if desk.han else "words"
    return " ".join(filter(None, (str(words), more, unit)))


def tidy(
    text: str, title: str, target_words: int, cut_short: bool, *, goes_on: bool = False
) -> str:
    """Return the writer's text without its heading, a broken last sentence or an overrun.

    ``goes_on``: it follows on from text of its section, so that no heading but the title is its.
    """
    first, _, rest = text.partition("\n")
    bare = first.strip().strip("#*_ ").strip()
    headed = not goes_on and _HEADING.match(first)
    if rest.strip() and (headed or bare.casefold() == title.casefold()):
        text = rest.strip()
    parts = sentences(text)
    if (cut_short or _breaks_off(text, parts)) and len(parts) > 1:
        parts = parts[:-1]
        text = text[: parts[-1].end]
    limit = target_words if cut_short else int(target_words * OVERRUN) + 60
    if parts and count_words(text) > limit:
        end, words = parts[0].end, 0
        for part in parts:
            words += count_words(part.text)
            if words > limit:
                break
            end = part.end
        text = text[:end]
    return text.strip()


def _breaks_off(text: str, parts: Sequence[Sentence]) -> bool:
    """True when the last of several sentences on a line has no end."""
    if len(parts) < 2 or "\n" in text[parts[-2].end : parts[-1].start]:
        return False
    return parts[-1].text.rstrip()[-1] not in ENDS


def _without_overlap(text: str, more: str) -> str:
    """Return ``more`` without the sentences it begins with that ``text`` ends with."""
    before, after = [s.text for s in sentences(text)], sentences(more)
    for size in range(min(len(before), len(after)), 0, -1):
        repeated = [s.text for s in after[:size]]
        if repeated == before[-size:] and not _may_come_again(repeated, before):
            return more[after[size].start :].strip() if size < len(after) else ""
    return more


def _may_come_again(repeated: Sequence[str], before: Sequence[str]) -> bool:
    """True for a refrain, and for one thing that somebody says."""
    refrain = all(before.count(sentence) > 1 for sentence in repeated)
    return refrain or (len(repeated) == 1 and repeated[0][0] in SPEECH)


def _tokens_for(desk: RunContext, words: int) -> int:
    """Return the tokens that ``words`` words take in the language of the request, and some more."""
    told = desk.brief.request[:4000]
    a_word = desk.tokenizer.count(told) / max(count_words(told), 1)
    if desk.han != is_han(told):
        a_word = max(a_word, USUAL_TOKENS)
    return int(words * min(max(a_word, 1.0), 4.0) * SPARE) + SPARE_TOKENS


def _watcher(desk: RunContext, section: str) -> Callable[[str], None] | None:
    if not desk.streams:
        return None
    return lambda piece: desk.watch(TextGrew(desk.work, section, piece))
