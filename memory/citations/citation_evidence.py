"""Grounds: the passages of sources that citing sentences rest on, and what a rule can tell of them.

Each figure, name and quotation of such a sentence must stand in its passages.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

from inkwright.memory.citations.syntax import Claim, claims
from inkwright.memory.domain.source import Evidence
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.text.names import names_in, terms
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.words import count_words, sentences

_NUMBER = regex.compile(r"\d[\d,.\u202f\u00a0 ]*\d|\d")
_QUOTED = regex.compile(r"[“\"]([^“”\"\n]{3,600})[”\"]|「([^」\n]{2,600})」")
_NAME = regex.compile(
    r"(?<![\p{L}\p{N}])\p{Lu}[\p{L}\p{M}'’-]++(?!\p{N})(?:\s+\p{Lu}[\p{L}\p{M}'’-]++(?!\p{N}))*"
)
_CASED = tuple(regex.compile(rf"\p{{{script}}}") for script in ("Latin", "Cyrillic", "Greek"))
_LETTER = regex.compile(r"\p{L}")
QUOTE_WORDS = 3
"""Quotation marks around fewer words may be no quotation."""
MOST_NAMES = 0.2
SHARED_TERMS = 0.2
"""Of a claim's words: a passage that shares less is not known by them to be its ground."""
CANDIDATES = 8
"""Passages that a judge reads for a claim where words do not tell which it rests on."""


@dataclass(frozen=True)
class ClaimEvidence:
    """What a rule finds for one claim: the span it rests on, or what is wrong with it."""

    claim: Claim
    evidence: tuple[Evidence, ...] = ()
    """For each key that is a source, its passages nearest to the claim."""
    fault: str = ""
    """In plain words; empty: no rule is broken."""
    sure: bool = True
    """False: its words do not tell which of these it rests on, as in another language."""


def grounds_of(
    text: str, shelf: SourceIndex, shown: Sequence[Evidence] = ()
) -> list[ClaimEvidence]:
    """Return what each citing sentence of ``text`` rests on, by rule.

    Looked for first in what the section was ``shown``, then in the whole source.
    """
    return [_ground(claim, shelf, shown) for claim in claims(text)]


def _ground(claim: Claim, shelf: SourceIndex, shown: Sequence[Evidence]) -> ClaimEvidence:
    if unknown := [k for k in claim.keys if k not in shelf.sources]:
        return ClaimEvidence(claim, fault=f"there is no source [@{unknown[0]}]")
    given = [e for e in shown if e.key in claim.keys]
    found: list[Evidence] = []
    sure = True
    for key in claim.keys:
        nearest = _nearest(claim, key, shelf, shown)
        own = [e for e in given if e.key == key][:CANDIDATES] if nearest is None else [nearest]
        if not own:
            return ClaimEvidence(claim, tuple(found), f"nothing in [@{key}] says this")
        sure &= nearest is not None  # else in another language, say: a judge can tell, and no rule
        found += own
    about = (shelf.sources[key] for key in claim.keys)
    named = "\n".join(f"{s.title}\n{'; '.join(s.authors)}" for s in about)
    found += _filling(claim, found, given, shelf, named)
    return ClaimEvidence(claim, tuple(found), _missing(claim, _told(found, shelf, named)), sure)


def _told(found: Iterable[Evidence], shelf: SourceIndex, named: str) -> str:
    return "\n".join([*map(shelf.text, found), named])


def _filling(
    claim: Claim,
    found: Sequence[Evidence],
    given: Sequence[Evidence],
    shelf: SourceIndex,
    named: str,
) -> list[Evidence]:
    """Return the other passages its writer was given that have what a claim says beyond these."""
    more: list[Evidence] = []
    lacks = [what for what, _ in _lacking(claim, _told(found, shelf, named))]
    for passage in given:
        if not lacks:
            break
        still = [what for what, _ in _lacking(claim, _told([*found, *more, passage], shelf, named))]
        if len(still) < len(lacks):
            more.append(passage)
            lacks = still
    return more


def _nearest(
    claim: Claim, key: str, shelf: SourceIndex, shown: Sequence[Evidence]
) -> Evidence | None:
    """Return the passage of ``key`` that has most of what the claim says; None: none has any."""
    wanted = terms(claim.said)
    sure = {*_numbers(claim.said), *(normalise(q) for q in _quotes(claim.said))}

    def nearness(evidence: Evidence) -> tuple[int, float]:
        words = shelf.text(evidence)
        has = sum(s in _numbers(words) or (len(s) > 6 and s in normalise(words)) for s in sure)
        return has, len(wanted & terms(words)) / max(len(wanted), 1)

    for passages in ([e for e in shown if e.key == key], shelf.of(key)):
        best = max(passages, key=nearness, default=None)
        if best is not None and (nearness(best)[0] or nearness(best)[1] >= SHARED_TERMS):
            return best
    return None


def _missing(claim: Claim, told: str) -> str:
    """Say which figure, quotation or name of a claim its passages do not have."""
    return next((fault for _, fault in _lacking(claim, told)), "")


def _lacking(claim: Claim, told: str) -> Iterator[tuple[str, str]]:
    """Yield each quotation, figure and name of a claim that ``told`` lacks, and the fault that is.

    A name at the beginning may have a word before it that is none; one in another script than
    the source's own, a judge must find.
    """
    plain = normalise(told)
    for quote in _quotes(claim.said):
        if normalise(quote) not in plain:
            yield quote, f"“{quote}” is not what the source says, word for word"
    known = _numbers(told)
    for number in _numbers(claim.said):
        if number not in known:
            yield number, f"{number} is not in the passage it cites"
    names = names_in(told)
    for name in (n for n in _names(claim.said) if _in_script_of(told, n)):
        short = name.split(" ", 1)[-1] if claim.said.startswith(name) else name
        if not (names.has(normalise(name)) or names.has(normalise(short))):
            yield name, f"{name} is not in the passage it cites"


def _numbers(text: str) -> list[str]:
    """Return the figures of ``text`` without what groups their digits: 1,200 and 1 200 are one."""
    found = []
    for match in _NUMBER.finditer(text):
        figure = regex.sub(r"[ \u202f\u00a0](?=\d{3}(?!\d))|,(?=\d{3}(?!\d))", "", match.group())
        found += regex.findall(r"\d+(?:[.,]\d+)*", figure)
    return [f.replace(",", ".") for f in found]


def _quotes(text: str) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        quote = (match.group(1) or match.group(2)).strip(" ,.;:")
        if count_words(quote) >= QUOTE_WORDS:
            yield quote


def _names(text: str) -> Iterator[str]:
    """Yield capitalised names; a word that only begins a sentence, or a quotation, is none.

    Where more words are capitalised than names could be (as in German), only names of several
    words count.
    """
    inside = []
    for match in _NAME.finditer(text):
        begins = not text[: match.start()].strip(" “\"‘'(*_") or text[match.start() - 1] in '“"('
        if " " in match.group():
            yield match.group()
        elif not begins:
            inside.append(match.group())
    if len(inside) <= count_words(text) * MOST_NAMES:
        yield from inside


def _in_script_of(told: str, name: str) -> bool:
    """True when most letters of ``told`` are of the script that ``name`` is written in."""
    script = next((s for s in _CASED if s.match(name)), _CASED[0])
    return len(script.findall(told)) * 2 >= len(_LETTER.findall(told))


def sentences_without(text: str) -> list[str]:
    """Return the sentences of ``text`` that give a figure or a quotation, and cite nothing."""
    citing = [claim.text for claim in claims(text)]
    return [
        part.text
        for part in sentences(text)
        if (_NUMBER.search(part.text) or next(_quotes(part.text), None))
        and not any(part.text in claim or claim in part.text for claim in citing)
    ]


def find(text: str, quote: str) -> tuple[int, int] | None:
    """Return where ``quote`` stands in ``text``, whatever its white space; None when nowhere.

    Prompts show a tag's ``<`` as ``‹`` (``prompts.render.fence``) and paragraphs apart by a ``/``,
    and so does who quotes them.
    """
    words = [w for w in quote.replace("‹", "<").split() if w != "/"]
    if not words:
        return None
    body = r"\s+".join(regex.escape(w, special_only=True) for w in words)
    found = regex.search(body, text.replace("‹", "<"))
    return found.span() if found else None
