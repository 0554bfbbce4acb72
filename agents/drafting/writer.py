"""Writer: a section's prose, from its manifest and orders."""

import re
from collections.abc import Callable, Sequence

from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.llm.parsing import is_han
from inkwright.memory.citations import syntax
from inkwright.memory.domain.draft import Manifest
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.text.tokens import shorten
from inkwright.memory.text.words import Sentence, count_words, sentences, tail
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

TOKEN_MARGIN = 1.25
"""Tokens allowed for each that the words ought to take."""
EXTRA_TOKENS = 48
USUAL_TOKENS_PER_WORD = 1.5
"""For a word, where the request is in another script than the piece and so does not tell."""
MAX_OVERRUN = 2.0
"""A draft of more than this many times its target is cut there: the server ignored the limit."""
SOFAR_WORDS = 250
SPEECH_MARKS = "“\"'‘「『—–"
"""With these a line of dialogue begins."""
SENTENCE_ENDS = ".!?。！？…:：;；”\"'’)）]」』*_"
"""With these a sentence can end."""
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+\S")


async def write(
    session: ModelSession,
    section: Section,
    manifest: Manifest,
    *,
    priority: float = 0.0,
    on_text: Callable[[str], None] | None = None,
) -> str:
    """Return a first draft of ``section``; with ``on_text``, send it there as it comes.

    Raises:
        ModelError: no usable text came.
    """
    prompt = inputs.WriteInputs(
        summary=fence("summary", manifest.summary),
        memory=fence("memory", manifest.recall),
        sources=session.prompts.render_sources(manifest.evidence),
        before=fence("before", manifest.last_passage),
        orders=session.prompts.build_section_instructions(section),
        words=format_length(manifest.target_words, han=session.prompts.han),
        note=f"Note from the person: {manifest.note}" if manifest.note else "",
    )
    call = session.prompts.build_call(
        section.id,
        "writer",
        Purpose.WRITE,
        prompt,
        _estimate_tokens(session.prompts, manifest.target_words),
        sample=manifest.sample,
        priority=priority,
        model=manifest.writer_model,
    )
    prose = await session.llm.ask_prose(call, on_text=on_text)
    text = tidy(prose.text, section.title, manifest.target_words, prose.cut_short)
    return syntax.tidy_citations(text, session.prompts.sources.sources)


async def continue_draft(
    session: ModelSession,
    section: Section,
    manifest: Manifest,
    text: str,
    missing_words: int,
    *,
    turn: int,
    priority: float = 0.0,
    on_text: Callable[[str], None] | None = None,
) -> str:
    """Return ``text`` with about ``missing_words`` more words after it."""
    memory_tokens = session.prompts.recall_tokens // 2
    prompt = inputs.ContinueInputs(
        memory=fence(
            "memory", shorten(manifest.recall, memory_tokens, session.prompts.tokenizer.count)
        ),
        sources=session.prompts.render_sources(manifest.evidence),
        orders=session.prompts.build_section_instructions(section),
        sofar=fence("sofar", tail(text, SOFAR_WORDS)),
        words=format_length(missing_words, "more", han=session.prompts.han),
    )
    call = session.prompts.build_call(
        section.id,
        "writer",
        Purpose.CONTINUE,
        prompt,
        _estimate_tokens(session.prompts, missing_words),
        attempt=turn,
        priority=priority,
        model=manifest.writer_model,
    )
    prose = await session.llm.ask_prose(call, on_text=on_text)
    added_text = tidy(prose.text, section.title, missing_words, prose.cut_short, goes_on=True)
    added_text = syntax.tidy_citations(added_text, session.prompts.sources.sources)
    added_text = _remove_overlap(text, added_text)
    if not added_text:
        return text
    return f"{text}{'' if text.endswith(chr(10)) else chr(10) + chr(10)}{added_text}"


def format_length(words: int, qualifier: str = "", *, han: bool) -> str:
    """Return a length as a writer of the piece's language counts it."""
    unit = "characters (字)" if han else "words"
    return " ".join(filter(None, (str(words), qualifier, unit)))


def tidy(
    text: str, title: str, target_words: int, cut_short: bool, *, goes_on: bool = False
) -> str:
    """Return the writer's text without its heading, a broken last sentence or an overrun.

    ``goes_on``: it follows on from text of its section, so that no heading but the title is its.
    """
    first, _, remaining_text = text.partition("\n")
    bare_first_line = first.strip().strip("#*_ ").strip()
    headed = not goes_on and _HEADING.match(first)
    if remaining_text.strip() and (headed or bare_first_line.casefold() == title.casefold()):
        text = remaining_text.strip()
    text_sentences = sentences(text)
    if (cut_short or _is_cut_off(text, text_sentences)) and len(text_sentences) > 1:
        text_sentences = text_sentences[:-1]
        text = text[: text_sentences[-1].end]
    word_limit = target_words if cut_short else int(target_words * MAX_OVERRUN) + 60
    if text_sentences and count_words(text) > word_limit:
        end, words = text_sentences[0].end, 0
        for sentence in text_sentences:
            words += count_words(sentence.text)
            if words > word_limit:
                break
            end = sentence.end
        text = text[:end]
    return text.strip()


def _is_cut_off(text: str, text_sentences: Sequence[Sentence]) -> bool:
    """True when the last of several sentences on a line has no end."""
    if len(text_sentences) < 2 or "\n" in text[text_sentences[-2].end : text_sentences[-1].start]:
        return False
    return text_sentences[-1].text.rstrip()[-1] not in SENTENCE_ENDS


def _remove_overlap(text: str, added_text: str) -> str:
    """Return ``added_text`` without the sentences it begins with that ``text`` ends with."""
    before, after = [s.text for s in sentences(text)], sentences(added_text)
    for size in range(min(len(before), len(after)), 0, -1):
        repeated = [s.text for s in after[:size]]
        if repeated == before[-size:] and not _may_come_again(repeated, before):
            return added_text[after[size].start :].strip() if size < len(after) else ""
    return added_text


def _may_come_again(repeated: Sequence[str], before: Sequence[str]) -> bool:
    """True for a refrain, and for one thing that somebody says."""
    refrain = all(before.count(sentence) > 1 for sentence in repeated)
    return refrain or (len(repeated) == 1 and repeated[0][0] in SPEECH_MARKS)


def _estimate_tokens(prompts: PromptBuilder, words: int) -> int:
    """Return the tokens that ``words`` words take in the language of the request, and some more."""
    request_start = prompts.brief.request[:4000]
    tokens_per_word = prompts.tokenizer.count(request_start) / max(count_words(request_start), 1)
    if prompts.han != is_han(request_start):
        tokens_per_word = max(tokens_per_word, USUAL_TOKENS_PER_WORD)
    return int(words * min(max(tokens_per_word, 1.0), 4.0) * TOKEN_MARGIN) + EXTRA_TOKENS
