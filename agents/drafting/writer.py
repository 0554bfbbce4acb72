"""Writer: a section's prose, from its manifest and orders."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest

from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.drafting.text_faults import find_text_faults
from inkwright.agents.llm.client import ModelCall, Prose
from inkwright.agents.llm.parsing import is_han
from inkwright.memory.citations import syntax
from inkwright.memory.domain.draft import Finding, Manifest
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import ModelError
from inkwright.memory.text.tokens import shorten
from inkwright.memory.text.words import Sentence, count_words, prose_sentences, sentences, tail
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
MAX_RESAMPLES = 2
"""So often a text with faults that a reader would strike at once is sampled again."""
RESAMPLE_STEP = 1000
"""Apart from the numbers of the samples that redrafts and candidates are."""
SPEECH_MARKS = "“\"'‘「『—–"
"""With these a line of dialogue begins."""
SENTENCE_ENDS = ".!?。！？…:：;；”\"'’)）]」』*_"
"""With these a sentence can end."""


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
    call = replace(build_write_call(session, section, manifest), priority=priority)

    def read_draft(prose: Prose) -> str:
        text = tidy(prose.text, manifest.target_words, prose.cut_short)
        return syntax.tidy_citations(text, session.prompts.sources.sources)

    def count_faults(text: str) -> int:
        return len(find_faults(session, section, manifest, text))

    return await _draw_best_sample(session, section, call, read_draft, count_faults, on_text)


def build_write_call(session: ModelSession, section: Section, manifest: Manifest) -> ModelCall:
    """Return what a first draft of ``section`` is asked with."""
    prompt = inputs.WriteInputs(
        summary=fence("summary", manifest.summary),
        memory=fence("memory", manifest.recall),
        sources=session.prompts.render_sources(manifest.evidence),
        before=fence("before", manifest.last_passage),
        orders=session.prompts.build_section_instructions(section),
        words=format_length(manifest.target_words, han=session.prompts.han),
        note=f"Note from the person: {manifest.note}" if manifest.note else "",
    )
    return session.prompts.build_call(
        section.id,
        "writer",
        Purpose.WRITE,
        prompt,
        _estimate_tokens(session.prompts, manifest.target_words),
        sample=manifest.sample,
        model=manifest.writer_model,
    )


def find_faults(
    session: ModelSession,
    section: Section,
    manifest: Manifest,
    text: str,
    own_texts: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """Return the faults that a reader of ``section`` would strike at once; see ``text_faults``.

    None are looked for where nothing is reviewed.
    """
    if session.ablation.review == "off":
        return ()
    call = build_write_call(session, section, manifest)
    sources = session.prompts.sources
    return find_text_faults(
        text,
        f"{call.system}\n{call.user}",
        brief=session.prompts.brief,
        section=section,
        constraints=session.prompts.plan.constraints_for(section.id),
        passages=(
            manifest.last_passage,
            manifest.summary,
            *(sources.get_text(e) for e in sources.select_held(manifest.evidence)),
        ),
        facts=manifest.recall,
        own_texts=own_texts,
    )


async def _draw_best_sample(
    session: ModelSession,
    section: Section,
    call: ModelCall,
    read_text: Callable[[Prose], str],
    count_faults: Callable[[str], int],
    on_text: Callable[[str], None] | None,
) -> str:
    """Return the first of a few samples that has no fault, or the one that has fewest.

    ``on_text`` is sent the first alone.
    """
    text = read_text(await session.llm.ask_prose(call, on_text=on_text))
    fault_count = count_faults(text)
    for number in range(1, MAX_RESAMPLES + 1):
        if fault_count <= 0:
            break
        sample = call.sample + number * RESAMPLE_STEP
        try:
            prose = await session.llm.ask_prose(replace(call, sample=sample))
        except ModelError as fault:
            session.report_problem(f"{section.id}: was not sampled again ({fault})")
            break
        other_text = read_text(prose)
        other_count = count_faults(other_text)
        if other_text and other_count < fault_count:
            text, fault_count = other_text, other_count
    return text


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

    def read_addition(prose: Prose) -> str:
        added_text = tidy(prose.text, missing_words, prose.cut_short)
        added_text = syntax.tidy_citations(added_text, session.prompts.sources.sources)
        return join_texts(text, _remove_overlap(text, added_text))

    earlier_count = len(find_faults(session, section, manifest, text))

    def count_new_faults(longer_text: str) -> int:
        return len(find_faults(session, section, manifest, longer_text)) - earlier_count

    return await _draw_best_sample(session, section, call, read_addition, count_new_faults, on_text)


def join_texts(text: str, added_text: str) -> str:
    """Return ``text`` with ``added_text`` as paragraphs of its own after it, if there is any."""
    if not added_text:
        return text
    return f"{text}{'' if text.endswith(chr(10)) else chr(10) + chr(10)}{added_text}"


def format_length(words: int, qualifier: str = "", *, han: bool) -> str:
    """Return a length as a writer of the piece's language counts it."""
    unit = "characters (字)" if han else "words"
    return " ".join(filter(None, (str(words), qualifier, unit)))


def tidy(text: str, target_words: int, cut_short: bool) -> str:
    """Return the writer's text without the sentence that its token limit broke off, or an overrun.

    A block of code or a table is left whole: a part of it means nothing.
    """
    text_sentences = sentences(text)
    if cut_short and len(text_sentences) > 1 and not _is_ended(text_sentences[-1]):
        text_sentences = text_sentences[:-1]
        text = text[: text_sentences[-1].end]
    word_limit = target_words if cut_short else int(target_words * MAX_OVERRUN) + 60
    if text_sentences and count_words(text) > word_limit:
        prose = set(prose_sentences(text))
        end, words = text_sentences[0].end, 0
        for sentence, following in zip_longest(text_sentences, text_sentences[1:]):
            words += count_words(sentence.text)
            if words > word_limit and sentence in prose:
                break
            if following is None or following in prose:
                end = sentence.end
        text = text[:end]
    return text.strip()


def _is_ended(sentence: Sentence) -> bool:
    return sentence.text.rstrip()[-1] in SENTENCE_ENDS


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
