"""Whether the first or the last block of an answer is talk about it."""

import regex

from inkwright.memory.talk.lexicon import (
    CONTINUED,
    NOTE,
    SIGNS,
    WORD_UNITS,
    TalkSign,
    read_signs,
    strip_quotations,
)
from inkwright.memory.talk.line_patterns import (
    BRACKETED,
    COUNT_NAME,
    COUNT_WORD,
    END_LINE,
    HEADING,
    LABEL_ONLY,
    LABEL_WORDS,
    PLACEHOLDER,
    SET_APART,
    SPEECH,
    SQUARE,
    SURE_ABOUT_TEXT,
    is_count_line,
)
from inkwright.memory.talk.spans import TalkKind
from inkwright.memory.talk.window import Certainty
from inkwright.memory.text.words import count_words

Verdict = tuple[TalkKind, Certainty]
_MARK_WORDS = 8
"""A mark of the end has no more words."""
_NAMES_TEXT = regex.compile(
    r"(?:section|chapter|draft|continuation|version|abschnitt|kapitel|entwurf|fassung|fortsetzung"
    r"|chapitre|brouillon|sección|capítulo|borrador|sezione|capitolo|bozza|seção|rascunho|раздел"
    r"|глава|черновик|正文|[本这该]节|[本这该]章|章节|文稿|本文|草稿)\W*$",
    regex.IGNORECASE,
)
"""The last word before a colon: it is the text itself that follows, not something in it."""
_HOPE = regex.compile(r"\bhope (?:this|it|that) (?:helps|works|meets|suits)\b", regex.IGNORECASE)
_REFERENCE = regex.compile(r"\]\(|\[\^|\[@")
EDGE_WORDS = 70
"""A block of more words is no talk that can be shown."""
_AMOUNT = regex.compile(rf"\d\W{{0,3}}{WORD_UNITS}", regex.IGNORECASE | regex.VERBOSE)
"""A number of words: no text says how long it is."""
_LINE_WORDS = 25
"""A foreword that only points at what follows has no more words."""
_SMALL_LETTERS = 3
_ABOUT_WRITING = TalkSign.HERE | TalkSign.WRITE | TalkSign.REQUEST | TalkSign.OFFER


def judge_head(block: str, *, talkative: bool) -> Certainty | None:
    """Return whether the block before a text is talk about it."""
    size = count_words(block)
    if size > EDGE_WORDS or not size:
        return None
    stripped = block.strip()
    if stripped[0] in SPEECH or HEADING.match(stripped) or stripped.startswith((">", "|")):
        return None
    if LABEL_ONLY.fullmatch(stripped) and size <= 4 + stripped.count("】"):
        return "cut" if stripped[-1] in ":：】]*" or BRACKETED.fullmatch(stripped) else None
    if is_count_line(stripped):
        return "cut"
    return _judge_label(stripped, size) or _judge_foreword(block, size, talkative=talkative)


def _judge_foreword(block: str, size: int, *, talkative: bool) -> Certainty | None:
    stripped = block.strip()
    signs = read_signs(block)
    ends_open = stripped.rstrip("*_ ")[-1] in ":："
    about = bool(signs & (TalkSign.TEXT | TalkSign.THIS))
    if SURE_ABOUT_TEXT.search(strip_quotations(block)) and signs & (
        TalkSign.WRITE | TalkSign.TEXT | TalkSign.AIM
    ):
        return "cut" if TalkSign.REQUEST in signs else "doubt"
    is_certain = (
        _is_assent(signs, size, about=about, ends_open=ends_open)
        or _is_pointer(stripped, signs, size, about=about, ends_open=ends_open)
        or (about and TalkSign.REQUEST in signs and ends_open and size <= _LINE_WORDS)
        or ((TalkSign.WRITE in signs and TalkSign.THIS in signs) and _AMOUNT.search(stripped))
        or (talkative and (about or (ends_open and size <= 12)) and signs & _ABOUT_WRITING)
    )
    if is_certain:
        return "cut"
    return "doubt" if size <= 40 and _is_doubtful(signs, ends_open=ends_open) else None


def _is_assent(signs: TalkSign, size: int, *, about: bool, ends_open: bool) -> bool:
    """True for a "Sure" or "Hello" that goes on to speak of the text."""
    return TalkSign.ASSENT in signs and (
        (TalkSign.HERE in signs and (about or ends_open or size <= 8))
        or (TalkSign.WRITE in signs and (about or TalkSign.SPEAKER in signs))
        or (about and (ends_open or TalkSign.REQUEST in signs))
        or (TalkSign.REQUEST in signs and bool(signs & (TalkSign.SPEAKER | TalkSign.HERE)))
    )


def _is_pointer(stripped: str, signs: TalkSign, size: int, *, about: bool, ends_open: bool) -> bool:
    """True for a "Here is" of the text itself, not of something that stands in it."""
    return TalkSign.HERE in signs and (
        (TalkSign.THIS in signs and size <= _LINE_WORDS)
        or (TalkSign.REQUEST in signs and (about or ends_open) and size <= 2 * _LINE_WORDS)
        or (ends_open and size <= 10 and _NAMES_TEXT.search(stripped) is not None)
    )


def _judge_label(stripped: str, size: int) -> Certainty | None:
    """Judge a short line before a colon that is made of names of a text alone."""
    if size > 6 or stripped.rstrip("*_ ")[-1] not in ":：" or "\n" in stripped:
        return None
    label_words = LABEL_WORDS.findall(stripped)
    text_words = [w for w in label_words if SIGNS[TalkSign.TEXT].fullmatch(w)]
    is_all = all(w in text_words or len(w) <= _SMALL_LETTERS for w in label_words)
    if not text_words or not is_all:
        return None
    return "cut" if stripped[0] in "*_【[" or stripped.isupper() else "doubt"


def _is_doubtful(signs: TalkSign, *, ends_open: bool) -> bool:
    about = bool(signs & (TalkSign.TEXT | TalkSign.THIS))
    return (
        (TalkSign.ASSENT in signs and bool(signs & (TalkSign.HERE | TalkSign.REQUEST)))
        or (TalkSign.THIS in signs and bool(signs & (TalkSign.WRITE | TalkSign.REQUEST)))
        or (about and TalkSign.WRITE in signs and TalkSign.REQUEST in signs)
        or (about and TalkSign.HERE in signs and ends_open)
        or (TalkSign.REQUEST in signs and TalkSign.AIM in signs and TalkSign.WRITE in signs)
    )


def judge_tail(block: str, *, talkative: bool) -> Verdict | None:
    """Return what kind of talk the block after a text is."""
    size = count_words(block)
    stripped = block.strip()
    if not size or size > EDGE_WORDS or stripped[0] == "|":
        return None
    if stripped[0] in SPEECH and not (size <= _MARK_WORDS and stripped[0] in "—–"):
        return None
    signs = read_signs(block)
    about = bool(signs & (TalkSign.TEXT | TalkSign.THIS))
    if verdict := _judge_line(stripped, size, about=about):
        return verdict
    if size <= 40 and BRACKETED.fullmatch(stripped) and PLACEHOLDER.match(stripped):
        if SQUARE.fullmatch(stripped) and not _REFERENCE.search(stripped):
            return "placeholder", "cut" if about or size >= 4 else "doubt"
        if about or TalkSign.WRITE in signs:
            return "placeholder", "cut" if TalkSign.TEXT in signs else "doubt"
    if size <= 25 and about and SQUARE.fullmatch(stripped) and not _REFERENCE.search(stripped):
        return "placeholder", "doubt"
    if NOTE.match(stripped) and (about or signs & (TalkSign.REQUEST | TalkSign.WRITER)):
        certain = signs & (TalkSign.SPEAKER | TalkSign.REQUEST | TalkSign.THIS)
        return "note", "cut" if certain else "doubt"
    if TalkSign.OFFER in signs:
        return _judge_offer(stripped, signs, size, about=about, talkative=talkative)
    return _judge_remark(block, signs, size, talkative=talkative)


def _judge_line(stripped: str, size: int, *, about: bool) -> Verdict | None:
    """Judge what a line of its own may be: a count, a mark of the end or of going on."""
    is_set_apart = bool(BRACKETED.fullmatch(stripped) or SET_APART.fullmatch(stripped))
    if is_count_line(stripped):
        certain = (
            is_set_apart or COUNT_NAME.match(stripped) or len(COUNT_WORD.findall(stripped)) > 1
        )
        return "word count", "cut" if certain else "doubt"
    is_apart = is_set_apart or stripped[0] in "—-~…" or size <= 5
    if size <= 14 and is_apart and CONTINUED.search(stripped):
        starts = CONTINUED.match(stripped.lstrip("*_([（【—-~… 　"))
        if starts or about:
            return "end mark", "cut" if is_set_apart or starts else "doubt"
    if size > _MARK_WORDS or not END_LINE.fullmatch(stripped.strip("*_-–—=~#[]()（）【】<> \t.")):
        return None
    if is_set_apart and (about or size <= 3 or stripped[0] in "-=~"):
        return "end mark", "cut"
    if about and size <= 6 and not stripped.endswith((".", "。")):
        return "end mark", "cut"
    return ("end mark", "doubt") if is_set_apart else None


def _judge_offer(
    stripped: str, signs: TalkSign, size: int, *, about: bool, talkative: bool
) -> Verdict | None:
    """Judge what offers, hopes or asks back: a letter's last line may do so too."""
    if about and signs & (TalkSign.WRITE | TalkSign.REQUEST | TalkSign.THIS):
        return "afterword", "cut" if size <= 2 * _LINE_WORDS else "doubt"
    if talkative and size <= 20 and (TalkSign.WRITE in signs or _HOPE.search(stripped)):
        return "afterword", "cut"
    if size <= 20 and _ends_with_revision(stripped):
        return "afterword", "cut"
    is_doubtful = about or TalkSign.REVISE in signs or (talkative and TalkSign.SPEAKER in signs)
    return ("afterword", "doubt") if is_doubtful and size <= 30 else None


def _ends_with_revision(stripped: str) -> bool:
    """True where nothing is said of what is to be revised: it can only be the text."""
    end = len(stripped.rstrip(".!?。！？*_ "))
    return any(match.end() == end for match in SIGNS[TalkSign.REVISE].finditer(stripped))


def _judge_remark(block: str, signs: TalkSign, size: int, *, talkative: bool) -> Verdict | None:
    """Judge what speaks of the text, its request or its writer."""
    if size <= 50 and SURE_ABOUT_TEXT.search(strip_quotations(block)):
        return "about the text", "doubt"
    if TalkSign.THIS not in signs or size > 45:
        return None
    if TalkSign.REQUEST in signs:
        return "about the text", "cut" if talkative else "doubt"
    if TalkSign.SPEAKER in signs:
        return "about the text", "doubt"
    is_about_writer = TalkSign.WRITER in signs and signs & (TalkSign.AIM | TalkSign.WRITE)
    return ("about the text", "doubt") if is_about_writer else None
