"""Citations in a text: where they stand, and what they are for.

In drafts a citation is written as Pandoc reads it, ``[@smith2020]`` or ``[@smith2020; @roe1999]``,
whatever style the manuscript is to have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from inkwright.memory.domain.source import KEY_PATTERN
from inkwright.memory.text.words import Sentence, sentences

_AT = r"(?<![\p{Latin}\p{N}_])@"
"""Not the one of an address."""
_CITATION = regex.compile(rf"\[(?=[^\[\]]*{_AT}{KEY_PATTERN})[^\[\]\n]{{1,400}}\]")
_CITATION_AND_GAP = regex.compile(rf"([ \u00a0]*)({_CITATION.pattern})")
_CITED_KEY = regex.compile(rf"{_AT}({KEY_PATTERN})")
_SENTENCE_GOES_ON = regex.compile(r"[ \u00a0]*(?:\p{Ll}|[,;:)])")
"""What follows a citation within a sentence."""
_SEPARATOR = regex.compile(r"[;；]")
_EDGES = " \u00a0\t,，、:-"
"""What sets a key apart from the words about it, and is none of them."""
_LIST = rf"{KEY_PATTERN}(?:\s*[;,；，、]\s*@?{KEY_PATTERN})*"
_BARE_CITATION = regex.compile(rf"\[({_LIST})\](?!\()|[\[(（【［〔](@{_LIST})[\])）】］〕]")


@dataclass(frozen=True)
class Mention:
    """One source in a citation, and what is told with it: ``see @smith2020, p. 3``."""

    key: str
    prefix: str = ""
    suffix: str = ""
    """Such as its page, without the comma between."""


@dataclass(frozen=True)
class Claim:
    """A sentence that cites something."""

    text: str
    """As it stands in the draft, citations and all: an exact quote of it."""
    plain_text: str
    """Without the citations."""
    keys: tuple[str, ...]


def find_claims(text: str) -> list[Claim]:
    """Return the sentences of ``text`` that cite, in order.

    A citation after the full stop belongs to the sentence before it, and so does what follows if
    that was the stop of an abbreviation: ``Roe et al. [@roe1999] say so.``
    """
    citing_sentences: list[tuple[Sentence, list[str]]] = []
    text_sentences = sentences(text)
    for citation in _CITATION.finditer(text):
        last_position = len(text[: citation.start()].rstrip()) - 1
        sentence = next((p for p in text_sentences if p.start <= last_position < p.end), None)
        sentence = sentence or next(
            (p for p in text_sentences if p.start <= citation.start() < p.end), None
        )
        if sentence is None:
            continue
        start, end = sentence.start, max(sentence.end, citation.end())
        if _SENTENCE_GOES_ON.match(text, citation.end()):
            end = max([p.end for p in text_sentences if p.start < citation.end()], default=end)
        claim_keys: list[str] = []
        if citing_sentences and start < citing_sentences[-1][0].end:
            earlier_sentence, claim_keys = citing_sentences.pop()
            start, end = earlier_sentence.start, max(end, earlier_sentence.end)
        claim_keys += [k for k in _CITED_KEY.findall(citation.group()) if k not in claim_keys]
        citing_sentences.append((Sentence(text[start:end], start, end), claim_keys))
    return [
        Claim(claim_text, remove_citations(claim_text), tuple(claim_keys))
        for claim_text, claim_keys in map(_strip_leading_citation, citing_sentences)
    ]


def _strip_leading_citation(sentence_and_keys: tuple[Sentence, list[str]]) -> tuple[str, list[str]]:
    """Return a claim's words without the citation before it, which belongs to another one."""
    sentence, claim_keys = sentence_and_keys
    leading_citation = _CITATION.match(sentence.text)
    return (
        sentence.text[leading_citation.end() :].lstrip() if leading_citation else sentence.text
    ), claim_keys


def remove_citations(text: str) -> str:
    """Return ``text`` less its citations."""
    return regex.sub(r"\s+([.,;:!?])", r"\1", _CITATION.sub("", text)).strip()


def find_keys(text: str) -> tuple[str, ...]:
    """Return the keys that ``text`` cites, each once, in order."""
    return tuple(dict.fromkeys(m.key for group in parse_citations(text) for m in group))


def parse_citations(text: str) -> list[tuple[Mention, ...]]:
    """Return what each citation in ``text`` mentions, in order."""
    return [tuple(_parse_mentions(c.group()[1:-1])) for c in _CITATION.finditer(text)]


def _parse_mentions(inside: str) -> Iterator[Mention]:
    """Yield the sources between a citation's brackets; words between two of them belong to none."""
    for part in _SEPARATOR.split(inside):
        key_matches = list(_CITED_KEY.finditer(part))
        if len(key_matches) == 1:
            prefix, suffix = part[: key_matches[0].start()], part[key_matches[0].end() :]
            yield Mention(key_matches[0].group(1), prefix.strip(_EDGES), suffix.strip(_EDGES))
        else:
            yield from (Mention(c.group(1)) for c in key_matches)


def find_citations(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield each citation in ``text``: the space before it, itself, and where that space begins."""
    for match in _CITATION_AND_GAP.finditer(text):
        yield match.group(1), match.group(2), match.start()


def tidy_citations(text: str, known_keys: Iterable[str]) -> str:
    """Return ``text`` with its citations written as they should be.

    Models write ``[smith2020]``, ``(@smith2020)``, ``【@smith2020】``, or ``@smith2020`` alone.
    """
    key_set = set(known_keys)

    def mend_match(match: "regex.Match[str]") -> str:
        inner_text = (match.group(1) or match.group(2)).replace("@", "")
        inner_keys = regex.split(r"\s*[;,；，、]\s*", inner_text)
        if not all(k in key_set for k in inner_keys):
            return str(match.group())
        return f"[{'; '.join('@' + k for k in inner_keys)}]"

    text = str(_BARE_CITATION.sub(mend_match, text))
    bare_keys = sorted((k for k in key_set if f"@{k}" in text), key=len, reverse=True)
    if not bare_keys:
        return text
    pattern = regex.compile(
        rf"{_CITATION.pattern}|{_AT}({'|'.join(map(regex.escape, bare_keys))})(?![A-Za-z0-9_])"
    )
    return str(pattern.sub(lambda m: f"[@{m.group(1)}]" if m.group(1) else m.group(), text))
