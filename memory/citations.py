"""Citations in a text: where they stand, what they are for, and what a rule can tell of them.

In drafts a citation is written as Pandoc reads it, ``[@smith2020]`` or ``[@smith2020; @roe1999]``,
whatever style the manuscript is to have.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

from inkwright.memory.entry import normalise
from inkwright.memory.names import NamesIn, terms
from inkwright.memory.shelf import Shelf
from inkwright.memory.source import KEY, Evidence
from inkwright.memory.wordcount import Sentence, count_words, sentences

_CITATION = regex.compile(rf"\[(?=[^\[\]]*(?<!\w)@{KEY})[^\[\]\n]{{1,400}}\]")
_CITATION_AND_GAP = regex.compile(rf"([ \u00a0]*)({_CITATION.pattern})")
_CITED = regex.compile(rf"(?<!\w)@({KEY})")
_BARE = regex.compile(rf"\[({KEY}(?:\s*[;,]\s*{KEY})*)\](?!\()|\((@{KEY}(?:\s*[;,]\s*@?{KEY})*)\)")
_NUMBER = regex.compile(r"\d[\d,.\u202f\u00a0 ]*\d|\d")
_QUOTED = regex.compile(r"[“\"]([^“”\"\n]{3,600})[”\"]|「([^」\n]{2,600})」")
_NAME = regex.compile(
    r"(?<![\p{L}\p{N}])\p{Lu}[\p{L}\p{M}'’-]++(?!\p{N})(?:\s+\p{Lu}[\p{L}\p{M}'’-]++(?!\p{N}))*"
)
QUOTE_WORDS = 3
"""Quotation marks around fewer words may be no quotation."""
MOST_NAMES = 0.2
SHARED_TERMS = 0.2
"""A passage that shares less of a claim's words than this is no ground for it."""


@dataclass(frozen=True)
class Claim:
    """A sentence that cites something."""

    text: str
    """As it stands in the draft, citations and all: an exact quote of it."""
    said: str
    """Without the citations."""
    keys: tuple[str, ...]


def claims(text: str) -> list[Claim]:
    """Return the sentences of ``text`` that cite, in order.

    A citation after the full stop belongs to the sentence before it.
    """
    found: list[tuple[Sentence, list[str]]] = []
    parts = sentences(text)
    for citation in _CITATION.finditer(text):
        at = len(text[: citation.start()].rstrip()) - 1
        part = next((p for p in parts if p.start <= at < p.end), None)
        part = part or next((p for p in parts if p.start <= citation.start() < p.end), None)
        if part is None:
            continue
        end = max(part.end, citation.end())
        if found and found[-1][0].start == part.start:
            end, keys = max(end, found[-1][0].end), found[-1][1]
            found.pop()
        else:
            keys = []
        keys += [k for k in _CITED.findall(citation.group()) if k not in keys]
        found.append((Sentence(text[part.start : end], part.start, end), keys))
    return [Claim(words, without(words), tuple(keys)) for words, keys in map(_claimed, found)]


def uncited(text: str) -> list[str]:
    """Return the sentences of ``text`` that give a figure or a quotation, and cite nothing."""
    citing = [claim.text for claim in claims(text)]
    return [
        part.text
        for part in sentences(text)
        if (_NUMBER.search(part.text) or next(_quotes(part.text), None))
        and not any(part.text in claim or claim in part.text for claim in citing)
    ]


def _claimed(found: tuple[Sentence, list[str]]) -> tuple[str, list[str]]:
    """Return a claim's words without the citation before it, which belongs to another one."""
    part, keys = found
    before = _CITATION.match(part.text)
    return (part.text[before.end() :].lstrip() if before else part.text), keys


def without(text: str) -> str:
    """Return ``text`` less its citations."""
    return regex.sub(r"\s+([.,;:!?])", r"\1", _CITATION.sub("", text)).strip()


def keys(text: str) -> tuple[str, ...]:
    """Return the keys that ``text`` cites, each once, in order."""
    return tuple(dict.fromkeys(key for group in groups(text) for key in group))


def groups(text: str) -> list[tuple[str, ...]]:
    """Return the keys of each citation in ``text``, in order."""
    return [tuple(_CITED.findall(c.group())) for c in _CITATION.finditer(text)]


def found(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield each citation in ``text``: the space before it, itself, and where that space begins."""
    for match in _CITATION_AND_GAP.finditer(text):
        yield match.group(1), match.group(2), match.start()


def tidied(text: str, known: Iterable[str]) -> str:
    """Return ``text`` with ``[smith2020]`` and ``(@smith2020)`` written as they should be."""
    keys = set(known)

    def mended(found: "regex.Match[str]") -> str:
        inner = regex.split(r"\s*[;,]\s*", (found.group(1) or found.group(2)).replace("@", ""))
        if not all(k in keys for k in inner):
            return str(found.group())
        return f"[{'; '.join('@' + k for k in inner)}]"

    return str(_BARE.sub(mended, text))


@dataclass(frozen=True)
class Ground:
    """What a rule finds for one claim: the span it rests on, or what is wrong with it."""

    claim: Claim
    evidence: tuple[Evidence, ...] = ()
    """For each key that is a source, its passage nearest to the claim."""
    fault: str = ""
    """In plain words; empty: no rule is broken."""


def grounds(text: str, shelf: Shelf, shown: Sequence[Evidence] = ()) -> list[Ground]:
    """Return what each citing sentence of ``text`` rests on, by rule.

    Looked for first in what the section was ``shown``, then in the whole source.
    """
    return [_ground(claim, shelf, shown) for claim in claims(text)]


def _ground(claim: Claim, shelf: Shelf, shown: Sequence[Evidence]) -> Ground:
    if unknown := [k for k in claim.keys if k not in shelf.sources]:
        return Ground(claim, fault=f"there is no source [@{unknown[0]}]")
    found = [e for key in claim.keys if (e := _nearest(claim, key, shelf, shown)) is not None]
    if not found:
        return Ground(claim, fault=f"nothing in [@{claim.keys[0]}] says this")
    about = (shelf.sources[key] for key in claim.keys)
    told = "\n".join(
        [*(shelf.text(e) for e in found), *(f"{s.title}\n{'; '.join(s.authors)}" for s in about)]
    )
    return Ground(claim, tuple(found), _missing(claim, told))


def _nearest(claim: Claim, key: str, shelf: Shelf, shown: Sequence[Evidence]) -> Evidence | None:
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
    plain = normalise(told)
    for quote in _quotes(claim.said):
        if normalise(quote) not in plain:
            return f"“{quote}” is not what the source says, word for word"
    known = _numbers(told)
    for number in _numbers(claim.said):
        if number not in known:
            return f"{number} is not in the passage it cites"
    names = NamesIn(told)
    for name in _names(claim.said):
        short = name.split(" ", 1)[-1] if claim.said.startswith(name) else name
        if not (names.has(normalise(name)) or names.has(normalise(short))):
            return f"{name} is not in the passage it cites"
    return ""


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
    found = list(_NAME.finditer(text))
    many = len(found) > count_words(text) * MOST_NAMES
    for match in found:
        begins = not text[: match.start()].strip(" “\"‘'(*_") or text[match.start() - 1] in '“"('
        several = " " in match.group()
        if several or not (begins or many):
            yield match.group()


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
