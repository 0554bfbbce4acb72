"""Citations in a text: where they stand, and what they are for.

In drafts a citation is written as Pandoc reads it, ``[@smith2020]`` or ``[@smith2020; @roe1999]``,
whatever style the manuscript is to have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from inkwright.memory.domain.source import KEY
from inkwright.memory.text.words import Sentence, sentences

_AT = r"(?<![\p{Latin}\p{N}_])@"
"""Not the one of an address."""
_CITATION = regex.compile(rf"\[(?=[^\[\]]*{_AT}{KEY})[^\[\]\n]{{1,400}}\]")
_CITATION_AND_GAP = regex.compile(rf"([ \u00a0]*)({_CITATION.pattern})")
_CITED = regex.compile(rf"{_AT}({KEY})")
_GOES_ON = regex.compile(r"[ \u00a0]*(?:\p{Ll}|[,;:)])")
"""What follows a citation within a sentence."""
_APART = regex.compile(r"[;；]")
_EDGES = " \u00a0\t,，、:-"
"""What sets a key apart from the words about it, and is none of them."""
_LIST = rf"{KEY}(?:\s*[;,；，、]\s*@?{KEY})*"
_BARE = regex.compile(rf"\[({_LIST})\](?!\()|[\[(（【［〔](@{_LIST})[\])）】］〕]")


@dataclass(frozen=True)
class Mention:
    """One source in a citation, and what is told with it: ``see @smith2020, p. 3``."""

    key: str
    before: str = ""
    after: str = ""
    """Such as its page, without the comma between."""


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

    A citation after the full stop belongs to the sentence before it, and so does what follows if
    that was the stop of an abbreviation: ``Roe et al. [@roe1999] say so.``
    """
    found: list[tuple[Sentence, list[str]]] = []
    parts = sentences(text)
    for citation in _CITATION.finditer(text):
        at = len(text[: citation.start()].rstrip()) - 1
        part = next((p for p in parts if p.start <= at < p.end), None)
        part = part or next((p for p in parts if p.start <= citation.start() < p.end), None)
        if part is None:
            continue
        start, end = part.start, max(part.end, citation.end())
        if _GOES_ON.match(text, citation.end()):
            end = max([p.end for p in parts if p.start < citation.end()], default=end)
        keys: list[str] = []
        if found and start < found[-1][0].end:
            before, keys = found.pop()
            start, end = before.start, max(end, before.end)
        keys += [k for k in _CITED.findall(citation.group()) if k not in keys]
        found.append((Sentence(text[start:end], start, end), keys))
    return [Claim(words, without(words), tuple(keys)) for words, keys in map(_claimed, found)]


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
    return tuple(dict.fromkeys(m.key for group in groups(text) for m in group))


def groups(text: str) -> list[tuple[Mention, ...]]:
    """Return what each citation in ``text`` mentions, in order."""
    return [tuple(_mentions(c.group()[1:-1])) for c in _CITATION.finditer(text)]


def _mentions(inside: str) -> Iterator[Mention]:
    """Yield the sources between a citation's brackets; words between two of them belong to none."""
    for part in _APART.split(inside):
        cited = list(_CITED.finditer(part))
        if len(cited) == 1:
            before, after = part[: cited[0].start()], part[cited[0].end() :]
            yield Mention(cited[0].group(1), before.strip(_EDGES), after.strip(_EDGES))
        else:
            yield from (Mention(c.group(1)) for c in cited)


def found(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield each citation in ``text``: the space before it, itself, and where that space begins."""
    for match in _CITATION_AND_GAP.finditer(text):
        yield match.group(1), match.group(2), match.start()


def tidied(text: str, known: Iterable[str]) -> str:
    """Return ``text`` with its citations written as they should be.

    Models write ``[smith2020]``, ``(@smith2020)``, ``【@smith2020】``, or ``@smith2020`` alone.
    """
    keys = set(known)

    def mended(found: "regex.Match[str]") -> str:
        told = (found.group(1) or found.group(2)).replace("@", "")
        inner = regex.split(r"\s*[;,；，、]\s*", told)
        if not all(k in keys for k in inner):
            return str(found.group())
        return f"[{'; '.join('@' + k for k in inner)}]"

    text = str(_BARE.sub(mended, text))
    alone = sorted((k for k in keys if f"@{k}" in text), key=len, reverse=True)
    if not alone:
        return text
    look = regex.compile(
        rf"{_CITATION.pattern}|{_AT}({'|'.join(map(regex.escape, alone))})(?![A-Za-z0-9_])"
    )
    return str(look.sub(lambda m: f"[@{m.group(1)}]" if m.group(1) else m.group(), text))
