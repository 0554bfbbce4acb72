"""Reading answers: what a model sent, as the form asked for or as clean prose, or its fault."""

import json
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeVar

from json_repair import repair_json
from pydantic import BaseModel, ValidationError

from inkwright.agents.llm.dialect.thoughts import split_thoughts
from inkwright.memory import cleanup
from inkwright.memory.base import digest
from inkwright.memory.talk.recognise import find_talk
from inkwright.memory.talk.spans import TalkSpan, cut_talk
from inkwright.memory.talk.window import TalkContext
from inkwright.memory.text.words import count_words, sentences, words
from inkwright.prompts.render import only_repeats, split_prompt, unfenced

F = TypeVar("F", bound=BaseModel)

_REQUESTED = (
    r"(?:(?:the |this |that |your |such |any |the requested )?"
    r"(?:requests?|content|task|instructions?|prompt)\b"
    r"|(?:the|this|that|your|such an?)(?: requested)?"
    r" (?:text|section|story|chapter|piece|passage|draft|continuation|article)"
    r"(?= because| as it| since| due|\W*$|[.!?,;:])"
    r"|(?:that|this|it|these|those)(?=\W*$|[.!?,;:]))"
)
"""What a model that will not write is asked for, in its words: of its letter a writer says more."""
_REFUSAL = re.compile(
    r"^[\s*_#>\-]*(?:"
    r"(?:(?:I['’]?m|I am) (?:really |very |so )?sorry|sorry|I apologi[sz]e|unfortunately)\W*$"
    r"|(?:(?:(?:I['’]?m|I am) (?:really |very |so )?sorry|sorry|I apologi[sz]e|unfortunately)\b"
    r"[^.!?\n]{0,40}?)?\bI(?:['’]m| am)?"
    r" (?:can['’]?t|cannot|can not|won['’]?t|unable to|not able to)"
    r" (?:(?:help|assist)(?: you)? with|do|write|provide|fulfil|comply with|continue|create"
    rf"|generate) {_REQUESTED}"
    r"|(?:[^.!?\n]{0,60}\bbut )?as an AI\b"
    r"|(?:很|非常|十分)?(?:对不起|抱歉|遗憾)(?:\W*$|[^。！？\n]{0,30}?(?:无法|不能|没法|没办法|不便)"
    r"[^。！？\n]{0,6}?(?:协助|帮助|提供|完成|满足|回答|写|生成|创作|继续)[^。！？\n]{0,12}[。！]?\s*$)"
    r"|我(?:无法|不能)(?:协助|帮|提供|完成|满足|回答|写|生成|创作|继续)"
    r"(?:[^。！？\n]{0,8}(?:请求|要求|内容|任务|文本|章节))?[。！]?\s*$"
    r"|作为(?:一个|一名)?(?:AI|人工智能|语言模型)"
    r")",
    re.IGNORECASE,
)
"""No quotation mark may come first: it is somebody in the story who is sorry then."""
_REFUSAL_WORDS = 60
_HAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_NO_LANGUAGE = re.compile(r"\[[^\[\]\n]*@[^\[\]\n]*\]|<?https?://\S+|`[^`\n]*`")
_HAN_OR_WORD = re.compile(rf"{_HAN.pattern}|(?:(?!{_HAN.pattern})[^\W\d_])+")
_LETTER = re.compile(r"[^\W\d_]")
_ERROR = re.compile(
    r"^\s*(?:\{\s*\"error\"|<!doctype html|<html|traceback \("
    r"|(?:internal server error|bad gateway)\W*$"
    r"|error:(?=[^\n]{0,300}$)[^\n]*(?:\bCUDA\b|out of memory|time(?:d )?out|\bconnection\b"
    r"|\bserver\b|\bgateway\b|\bHTTP\b|\b[45]\d\d\b|\btokens?\b|context length|rate limit"
    r"|\bexception\b|\bAPI\b|\bquota\b|overloaded|unauthori[sz]ed|\binvalid\b))",
    re.IGNORECASE,
)
_FENCED_OBJECT = re.compile(r"```(?:json)?\s*\n(\{.*\})\s*\n?```", re.DOTALL | re.IGNORECASE)
_OBJECT = re.compile(r"\{\s*[\"'}]")
_TITLE = re.compile(r"^Title: (.+)$", re.MULTILINE)
_QUOTED = re.compile(r"[“\"「«]([^”\"」»\n]{2,})[”\"」»]")
_HEADINGS = re.compile(
    r"\bheadings?\b|\bsub-?(?:headings?|sections?)\b|überschrift|sous-titre|subtítulo|标题|小节|見出し",
    re.IGNORECASE,
)
_PASSAGE_TAGS = ("memory", "summary", "before", "sofar", "draft", "sources", "passages", "entries")
"""Between these tags a model is shown text, or what is true: it may stand in the answer too."""
MIN_CUT_ITEMS = 2
"""Items that a list must have begun for those before the last to be used, where it was cut off."""
MAX_CLIP_ROUNDS = 8
"""Rounds of cutting what is too long: a list that was too long hides what is in it until then."""
LOOP_WORDS = 8
"""A run of this many words (twice as many Han characters)..."""
LOOP_TIMES = 4
"""...repeated this often, always as far apart, is a loop: names and refrains do not do that."""


class UnreadableAnswer(ValueError):
    """The answer is not in the form asked for; the message says what is wrong with it."""

    def __init__(self, message: str, *, is_malformed: bool = False, lacks_form: bool = False):
        super().__init__(message)
        self.is_malformed = is_malformed or lacks_form
        """It is no answer at all, whatever it says: another try may well be one."""
        self.lacks_form = lacks_form
        """Nothing in it shows that the model knew the form."""


def parse_structured(text: str, finish: str, response_schema: type[F]) -> F:
    """Return the answer as ``response_schema``, mended where that is safe.

    Think blocks, fences and talk around the JSON are cut off, broken JSON is repaired, strings and
    lists beyond their bounds are clipped. JSON that was cut short is refused, since what is missing
    cannot be known, unless it was cut in a list whose items count for themselves.
    """
    clean_text = strip_thoughts(_normalise(text))
    start = _OBJECT.search(clean_text)
    if start is None:
        raise UnreadableAnswer("there is no JSON object in it", lacks_form=True)
    try:
        answer_object, _ = json.JSONDecoder().raw_decode(clean_text, start.start())
    except json.JSONDecodeError as fault:
        is_cut = finish == "length" or "}" not in clean_text[fault.pos :]
        answer_object = repair_json(clean_text[start.start() :], return_objects=True)
        if is_cut and not _drop_cut_item(answer_object, response_schema):
            raise UnreadableAnswer(
                "it was cut off before its end; answer more briefly", is_malformed=True
            ) from fault
    if not isinstance(answer_object, dict) or not answer_object:
        raise UnreadableAnswer("there is no JSON object in it", lacks_form=True)
    return _validate(cleanup.each_text(answer_object, _normalise), response_schema)


def _drop_cut_item(answer_object: Any, response_schema: type[BaseModel]) -> bool:
    """Drop the last item of the list in which an answer was cut off. False: it has no such list."""
    list_name = getattr(response_schema, "cut_list", "")
    items = answer_object.get(list_name) if isinstance(answer_object, dict) else None
    if not isinstance(items, list) or len(items) < MIN_CUT_ITEMS:
        return False
    items.pop()
    return True


def _validate(answer_object: dict[str, Any], response_schema: type[F]) -> F:
    for _ in range(MAX_CLIP_ROUNDS):
        try:
            return response_schema.model_validate(answer_object)
        except ValidationError as fault:
            for error in fault.errors(include_url=False):
                if not _clip_value(answer_object, error):
                    location = ".".join(str(p) for p in error["loc"])
                    raise UnreadableAnswer(
                        f"{location}: {error['msg']}", lacks_form=error["type"] == "missing"
                    ) from fault
    raise UnreadableAnswer("too much of it is beyond the bounds of the schema")


def _clip_value(container: Any, error: Any) -> bool:
    """Cut the one value an error names down to its bound. False: not that kind of error."""
    bound = error.get("ctx", {}).get("max_length")
    if error["type"] not in ("string_too_long", "too_long") or bound is None:
        return False
    *path, last_key = error["loc"]
    for step in path:
        container = container[step]
    container[last_key] = container[last_key][:bound]
    return True


def strip_thoughts(text: str) -> str:
    """Return ``text`` without thoughts and chat marks; nothing when a thought never ends."""
    return split_thoughts(text)[1].strip()


def parse_prose(
    text: str, prompt: str = "", *, han: bool | None = None, keep_loops: bool = False
) -> str:
    """Return the answer to ``prompt`` as prose, without what can be shown to be a model's talk.

    ``han``: whether the piece is written in Han characters; None: either will do. A text that runs
    into a loop is refused, or with ``keep_loops`` ends where the loop begins.
    """
    answer_text = _remove_prompt(_unwrap_json(strip_thoughts(_normalise(text))), prompt)
    spans = find_talk(answer_text, build_talk_context(prompt))
    clean_text = cut_talk(answer_text, spans).strip()
    if prompt and only_repeats(clean_text, prompt):
        raise UnreadableAnswer("it only repeats its prompt")
    if not count_words(clean_text) or any(_is_all(span, answer_text) for span in spans):
        raise UnreadableAnswer("it is empty")
    if _is_json(clean_text):
        raise UnreadableAnswer("it is JSON, not prose")
    if _REFUSAL.match(clean_text) and count_words(clean_text) < _REFUSAL_WORDS:
        raise UnreadableAnswer("it is a refusal")
    if _ERROR.match(clean_text):
        raise UnreadableAnswer("it is an error message")
    if han is not None and is_in_other_script(clean_text, han=han):
        raise UnreadableAnswer("it is in the wrong language")
    loop = find_loop_start(clean_text)
    if loop is not None and not keep_loops:
        raise UnreadableAnswer("it repeats itself over and over")
    if loop is not None:
        clean_text = clean_text[:loop].rstrip()
        if not count_words(clean_text):
            raise UnreadableAnswer("it repeats itself over and over")
    return clean_text


def _remove_prompt(answer_text: str, prompt: str) -> str:
    """Return an answer without the tags, and the passages between them, of its own prompt."""
    if not prompt:
        return answer_text
    if only_repeats(answer_text, prompt):
        raise UnreadableAnswer("it only repeats its prompt")
    unfenced_text = unfenced(answer_text, prompt)
    if count_words(answer_text) and not count_words(unfenced_text):
        raise UnreadableAnswer("it only repeats its prompt")
    return unfenced_text


def _is_all(span: TalkSpan, text: str) -> bool:
    """True where an answer is nothing but a foreword."""
    return span.kind == "foreword" and not (text[: span.start] + text[span.end :]).strip()


def build_talk_context(prompt: str) -> TalkContext:
    """Return what an answer to ``prompt`` was asked with, as far as talk is judged by it.

    Its orders are what stands between no tags; passages of the text are between theirs.
    """
    orders, blocks = split_prompt(prompt)
    section_orders = orders[orders.find("\nSection: ") + 1 :]
    title = _TITLE.search(section_orders)
    return TalkContext(
        title=title.group(1).strip() if title else "",
        instructions=orders,
        passages="\n\n".join(blocks[tag] for tag in _PASSAGE_TAGS if tag in blocks),
        required=tuple(quote.strip() for quote in _QUOTED.findall(section_orders)),
        allows_headings=bool(_HEADINGS.search(f"{section_orders}\n{blocks.get('brief', '')}")),
        is_whole=title is not None,
    )


def find_loop_start(text: str) -> int | None:
    """Return where ``text`` begins to go round in circles, in code points; None if it does not."""
    positions_by_run: dict[tuple[str, ...], list[int]] = {}
    tokens = words(text)
    size = LOOP_WORDS * (2 if is_han(text) else 1)
    folded = [token.casefold() for token in tokens]
    runs = list(zip(*(folded[n:] for n in range(size)), strict=False))
    if max(Counter(runs).values(), default=0) < LOOP_TIMES:
        return None
    for n, run in enumerate(runs):
        positions = positions_by_run.setdefault(run, [])
        positions.append(n)
        last_positions = positions[-LOOP_TIMES:]
        if (
            len(last_positions) == LOOP_TIMES
            and len({b - a for a, b in pairwise(last_positions)}) == 1
        ):
            return _find_sentence_offset(text, tokens, last_positions[1])
    return None


def _find_sentence_offset(text: str, tokens: list[str], number: int) -> int:
    offset = 0
    for token in tokens[:number]:
        offset = text.index(token, offset) + len(token)
    offset = text.index(tokens[number], offset)
    for sentence in sentences(text):
        if sentence.end > offset:
            return sentence.start
    return offset


def _normalise(text: str) -> str:
    return unicodedata.normalize("NFC", cleanup.clean(text))


def _is_json(text: str) -> bool:
    if not text.startswith(("{", "[")):
        return False
    try:
        return isinstance(json.loads(text), (dict, list))
    except ValueError:
        return False


def _unwrap_json(text: str) -> str:
    """Return the one text in a JSON object; anything else as it is."""
    fenced = _FENCED_OBJECT.fullmatch(text.strip())
    try:
        value = json.loads(fenced.group(1) if fenced else text)
    except ValueError:
        return text
    if isinstance(value, dict) and len(value) == 1:
        (only,) = value.values()
        if isinstance(only, str) and count_words(only) > 1:
            return only
    return text


def is_han(text: str) -> bool:
    """True when ``text`` is mostly written in Han characters or kana."""
    return bool(_HAN.search(text)) and len(_HAN.findall(text)) * 3 > len(_LETTER.findall(text))


def is_in_other_script(text: str, *, han: bool) -> bool:
    """True when ``text`` is not in Han characters though it should be, or the other way round.

    Citations, addresses and code are in no language; and a Chinese sentence may have names in other
    letters, each of which counts as one.
    """
    plain_text = _NO_LANGUAGE.sub(" ", text)
    if not any(c.isalpha() for c in plain_text):
        return False
    if han:
        return len(_HAN.findall(plain_text)) * 3 <= len(_HAN_OR_WORD.findall(plain_text))
    return is_han(plain_text)


@lru_cache(maxsize=64)
def build_json_schema(response_schema: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema that an answer in ``response_schema`` must meet."""
    return response_schema.model_json_schema()


@lru_cache(maxsize=64)
def digest_schema(response_schema: type[BaseModel] | None) -> str:
    """Return what identifies a schema in the journal's key."""
    return "" if response_schema is None else digest(build_json_schema(response_schema))
