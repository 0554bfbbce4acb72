"""Grounds: the passages of sources that citing sentences rest on, and what a rule can tell of them.

Each figure, name and quotation of such a sentence must stand in its passages.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

from inkwright.memory.citations.syntax import Claim, find_claims
from inkwright.memory.domain.source import Evidence
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.text.names import names_in, terms
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.words import count_words, sentences

_NUMBER = regex.compile(r"\d[\d,.\u202f\u00a0 ]*\d|\d")
_QUOTATION = regex.compile(r"[“\"]([^“”\"\n]{3,600})[”\"]|「([^」\n]{2,600})」")
_NAME = regex.compile(
    r"(?<![\p{L}\p{N}])\p{Lu}[\p{L}\p{M}'’-]++(?!\p{N})(?:\s+\p{Lu}[\p{L}\p{M}'’-]++(?!\p{N}))*"
)
_CASED_SCRIPTS = tuple(
    regex.compile(rf"\p{{{script}}}") for script in ("Latin", "Cyrillic", "Greek")
)
_LETTER = regex.compile(r"\p{L}")
MIN_QUOTE_WORDS = 3
"""Quotation marks around fewer words may be no quotation."""
MAX_NAME_SHARE = 0.2
MIN_SHARED_TERMS = 0.2
"""Of a claim's words: a passage that shares less is not known by them to be its ground."""
MAX_CANDIDATES = 8
"""Passages that a judge reads for a claim where words do not tell which it rests on."""


@dataclass(frozen=True)
class ClaimEvidence:
    """What a rule finds for one claim: the span it rests on, or what is wrong with it."""

    claim: Claim
    evidence: tuple[Evidence, ...] = ()
    """For each key that is a source, its passages nearest to the claim."""
    fault: str = ""
    """In plain words; empty: no rule is broken."""
    is_certain: bool = True
    """False: its words do not tell which of these it rests on, as in another language."""


def find_evidence(
    text: str, source_index: SourceIndex, shown_passages: Sequence[Evidence] = ()
) -> list[ClaimEvidence]:
    """Return what each citing sentence of ``text`` rests on, by rule.

    Looked for first in ``shown_passages``, which the section was shown, then in the whole source.
    """
    return [
        _find_claim_evidence(claim, source_index, shown_passages) for claim in find_claims(text)
    ]


def _find_claim_evidence(
    claim: Claim, source_index: SourceIndex, shown_passages: Sequence[Evidence]
) -> ClaimEvidence:
    if unknown_keys := [k for k in claim.keys if k not in source_index.sources]:
        return ClaimEvidence(claim, fault=f"there is no source [@{unknown_keys[0]}]")
    cited_passages = [e for e in shown_passages if e.key in claim.keys]
    evidence: list[Evidence] = []
    is_certain = True
    for key in claim.keys:
        nearest = _find_nearest(claim, key, source_index, shown_passages)
        key_passages = (
            [e for e in cited_passages if e.key == key][:MAX_CANDIDATES]
            if nearest is None
            else [nearest]
        )
        if not key_passages:
            return ClaimEvidence(claim, tuple(evidence), f"nothing in [@{key}] says this")
        is_certain &= (
            nearest is not None
        )  # else in another language, say: a judge can tell, and no rule
        evidence += key_passages
    cited_sources = (source_index.sources[key] for key in claim.keys)
    reference_text = "\n".join(f"{s.title}\n{'; '.join(s.authors)}" for s in cited_sources)
    evidence += _find_supplements(claim, evidence, cited_passages, source_index, reference_text)
    return ClaimEvidence(
        claim,
        tuple(evidence),
        _describe_missing_part(claim, _join_texts(evidence, source_index, reference_text)),
        is_certain,
    )


def _join_texts(
    passages: Iterable[Evidence], source_index: SourceIndex, reference_text: str
) -> str:
    return "\n".join([*map(source_index.get_text, passages), reference_text])


def _find_supplements(
    claim: Claim,
    evidence: Sequence[Evidence],
    candidate_passages: Sequence[Evidence],
    source_index: SourceIndex,
    reference_text: str,
) -> list[Evidence]:
    """Return the other passages its writer was given that have what a claim says beyond these."""
    supplements: list[Evidence] = []
    missing_parts = [
        missing_part
        for missing_part, _ in _find_missing_parts(
            claim, _join_texts(evidence, source_index, reference_text)
        )
    ]
    for passage in candidate_passages:
        if not missing_parts:
            break
        still_missing = [
            missing_part
            for missing_part, _ in _find_missing_parts(
                claim, _join_texts([*evidence, *supplements, passage], source_index, reference_text)
            )
        ]
        if len(still_missing) < len(missing_parts):
            supplements.append(passage)
            missing_parts = still_missing
    return supplements


def _find_nearest(
    claim: Claim, key: str, source_index: SourceIndex, shown_passages: Sequence[Evidence]
) -> Evidence | None:
    """Return the passage of ``key`` that has most of what the claim says; None: none has any."""
    claim_terms = terms(claim.plain_text)
    exact_parts = {
        *_extract_numbers(claim.plain_text),
        *(normalise(q) for q in _extract_quotes(claim.plain_text)),
    }

    def measure_nearness(evidence: Evidence) -> tuple[int, float]:
        passage_text = source_index.get_text(evidence)
        exact_matches = sum(
            s in _extract_numbers(passage_text) or (len(s) > 6 and s in normalise(passage_text))
            for s in exact_parts
        )
        return exact_matches, len(claim_terms & terms(passage_text)) / max(len(claim_terms), 1)

    for passages in ([e for e in shown_passages if e.key == key], source_index.list_passages(key)):
        best_passage = max(passages, key=measure_nearness, default=None)
        if best_passage is not None and (
            measure_nearness(best_passage)[0]
            or measure_nearness(best_passage)[1] >= MIN_SHARED_TERMS
        ):
            return best_passage
    return None


def _describe_missing_part(claim: Claim, passages_text: str) -> str:
    """Say which figure, quotation or name of a claim its passages do not have."""
    return next((fault for _, fault in _find_missing_parts(claim, passages_text)), "")


def _find_missing_parts(claim: Claim, passages_text: str) -> Iterator[tuple[str, str]]:
    """Yield what ``passages_text`` lacks of a claim, and the fault that is.

    Looked for is each quotation, figure and name. A name at the beginning may have a word before it
    that is none; one in another script than the source's own, a judge must find.
    """
    plain_text = normalise(passages_text)
    for quote in _extract_quotes(claim.plain_text):
        if normalise(quote) not in plain_text:
            yield quote, f"“{quote}” is not what the source says, word for word"
    passage_numbers = _extract_numbers(passages_text)
    for number in _extract_numbers(claim.plain_text):
        if number not in passage_numbers:
            yield number, f"{number} is not in the passage it cites"
    names = names_in(passages_text)
    for name in (n for n in _extract_names(claim.plain_text) if _is_in_script_of(passages_text, n)):
        short_name = name.split(" ", 1)[-1] if claim.plain_text.startswith(name) else name
        if not (names.mentions(normalise(name)) or names.mentions(normalise(short_name))):
            yield name, f"{name} is not in the passage it cites"


def _extract_numbers(text: str) -> list[str]:
    """Return the figures of ``text`` without what groups their digits: 1,200 and 1 200 are one."""
    figures = []
    for match in _NUMBER.finditer(text):
        figure = regex.sub(r"[ \u202f\u00a0](?=\d{3}(?!\d))|,(?=\d{3}(?!\d))", "", match.group())
        figures += regex.findall(r"\d+(?:[.,]\d+)*", figure)
    return [f.replace(",", ".") for f in figures]


def _extract_quotes(text: str) -> Iterator[str]:
    for match in _QUOTATION.finditer(text):
        quote = (match.group(1) or match.group(2)).strip(" ,.;:")
        if count_words(quote) >= MIN_QUOTE_WORDS:
            yield quote


def _extract_names(text: str) -> Iterator[str]:
    """Yield capitalised names; a word that only begins a sentence, or a quotation, is none.

    Where more words are capitalised than names could be (as in German), only names of several
    words count.
    """
    single_words = []
    for match in _NAME.finditer(text):
        begins_sentence = (
            not text[: match.start()].strip(" “\"‘'(*_") or text[match.start() - 1] in '“"('
        )
        if " " in match.group():
            yield match.group()
        elif not begins_sentence:
            single_words.append(match.group())
    if len(single_words) <= count_words(text) * MAX_NAME_SHARE:
        yield from single_words


def _is_in_script_of(text: str, name: str) -> bool:
    """True when most letters of ``text`` are of the script that ``name`` is written in."""
    script = next((s for s in _CASED_SCRIPTS if s.match(name)), _CASED_SCRIPTS[0])
    return len(script.findall(text)) * 2 >= len(_LETTER.findall(text))


def find_uncited_sentences(text: str) -> list[str]:
    """Return the sentences of ``text`` that give a figure or a quotation, and cite nothing."""
    citing_sentences = [claim.text for claim in find_claims(text)]
    return [
        sentence.text
        for sentence in sentences(text)
        if (_NUMBER.search(sentence.text) or next(_extract_quotes(sentence.text), None))
        and not any(sentence.text in claim or claim in sentence.text for claim in citing_sentences)
    ]


def locate_quote(text: str, quote: str) -> tuple[int, int] | None:
    """Return where ``quote`` stands in ``text``, whatever its white space; None when nowhere.

    Prompts show a tag's ``<`` as ``‹`` (``prompts.render.fence``) and paragraphs apart by a ``/``,
    and so does who quotes them.
    """
    quote_words = [w for w in quote.replace("‹", "<").split() if w != "/"]
    if not quote_words:
        return None
    pattern = r"\s+".join(regex.escape(w, special_only=True) for w in quote_words)
    match = regex.search(pattern, text.replace("‹", "<"))
    return match.span() if match else None
