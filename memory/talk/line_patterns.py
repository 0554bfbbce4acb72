"""Patterns of single lines: labels, counts, marks of an end, placeholders, headings."""

import regex

from inkwright.memory.talk.lexicon import COUNT_LABELS, END_WORDS, WORD_UNITS

ORDER_ID = regex.compile(r"[ \t]*(?:[-*•][ \t]*)?\[[cC]\d{1,3}\][ \t]*")
INNER_ID = regex.compile(r"[ \t]*\[[cC]\d{1,3}\]")
LABEL = regex.compile(r"[ \t]*(?:[-*•][ \t]+)?\W{0,3}([\p{L}][\p{L} ]{2,30})\W{0,2}[:：]\W{0,2}")
LABEL_ONLY = regex.compile(
    r"\W*(?:(?:final|revised|complete|improved|polished|updated|new|first|endgültige?"
    r"|überarbeitete|finale?|última"
    r"|versión|version|versione|versão|итогов\w+|готов\w+|финальн\w+|最终|修订|完整)\ ?)?"
    r"(?:draft|text|story|section|chapter|scene|prose|output|answer|response|result|version"
    r"|passage|assistant|writer|ai"
    r"|entwurf|abschnitt|endfassung|fassung|antwort|ergebnis|ausgabe|brouillon|texte|réponse"
    r"|résultat|borrador|texto"
    r"|respuesta|resultado|final|finale|bozza|testo|risposta|risultato|rascunho|resposta"
    r"|черновик|текст|ответ|результат"
    r"|вариант|версия|正文|文本|成稿|终稿|初稿|草稿|输出|回答|结果|内容|本文|出力|본문|초안"
    r"|결과)\W*",
    regex.IGNORECASE,
)
ROLE = regex.compile(
    r"\W{0,3}(?:(?:ai )?assistant|assistente|asistente|assistent|ассистент|助手"
    r"|アシスタント)\W{0,2}[:：]\W{0,2}[ \t\n]+",
    regex.IGNORECASE,
)
SPEAKER_LINE = regex.compile(r"^\W{0,3}\p{L}[\p{L} .]{0,24}\W{0,2}[:：]\s", regex.MULTILINE)
COUNT_LINE = regex.compile(
    rf"\W*(?:(?:{COUNT_LABELS}"
    rf"|{WORD_UNITS})\W*)*\d[\d.,' \u00a0\u202f]*\W*(?:{WORD_UNITS})?\W*"
    rf"(?:(?:of|von|out\ of|sur|de|su|di|из)?\W*\d[\d.,]*\W*)?"
    rf"(?:(?:{COUNT_LABELS}|{WORD_UNITS})\W*)*",
    regex.IGNORECASE | regex.VERBOSE,
)
COUNT_NAME = regex.compile(
    r"\W*(?:(?:total|final|approximate)\ )?(?:word\ ?count|words|wortzahl|wortanzahl|nombre\ (?:total\ )?de\ mots"
    r"|número\ (?:total\ )?de\ (?:palabras|palavras)|recuento\ de\ palabras|numero\ (?:totale\ )?di\ parole"
    r"|contagem\ de\ palavras|conteggio\ (?:delle\ )?parole|количество\ слов|число\ слов|字数(?:统计)?|总字数|文字数)\W*[:：]",
    regex.IGNORECASE | regex.VERBOSE,
)
LABEL_WORDS = regex.compile(r"[\p{L}]+")
COUNT_WORD = regex.compile(rf"(?:{COUNT_LABELS}|{WORD_UNITS})", regex.IGNORECASE | regex.VERBOSE)
END_LINE = regex.compile(rf"\W*(?:{END_WORDS})\b.{{0,40}}|.{{0,12}}[完终終了]\W*", regex.IGNORECASE)
BRACKETED = regex.compile(r"\W{0,3}[\[［【({（<＜〔].+[\]］】)}）>＞〕]\W{0,3}", regex.DOTALL)
SQUARE = regex.compile(r"\W{0,3}[\[［【{<＜〔].+[\]］】}>＞〕]\W{0,3}", regex.DOTALL)
SET_APART = regex.compile(
    r"\s*(?:[*_]{1,3}.+[*_]{1,3}|[-–—=~#*]{2,}.+[-–—=~#*]{2,})\s*", regex.DOTALL
)
PLACEHOLDER = regex.compile(
    r"\W*(?:here|hier|ici|aquí|aqui|qui|здесь|тут|此处|在此|这里|ここに?|여기에?)?[ ,:：]*"
    r"(?:(?:insert|add|continue|describe|fill\ in|placeholder|to\ be\ (?:written|added"
    r"|filled)|your\ \w+|todo|tbd"
    r"|(?:the\ )?rest\ of|expand|include|more\ \w+\ (?:here|to)|einfügen|hinzufügen|ergänzen"
    r"|fortsetzen|beschreib\w*"
    r"|ajout\w*|insér\w*|décri\w*|compléter|(?:la\ )?suite|añad\w*|insertar?|describ\w*"
    r"|completar|(?:el\ )?resto\ d\w+"
    r"|aggiung\w*|inserire|descriv\w*|(?:il\ )?resto\ d\w+|acrescent\w*|adicionar|inserir"
    r"|descrev\w*|добав\w+|вставь?\w*"
    r"|вставить|описать|опиши\w*|дополн\w+|продолж\w+|остальн\w+)(?![\p{L}])"
    r"|插入|添加|补充|续写|继续|描写|描述|待补|省略|其余|挿入|追加|삽입|추가)"
    r"|.*\W(?:einfügen|ergänzen|hinzufügen|goes\ here|to\ be\ (?:written|added)"
    r"|would\ (?:go\ on|continue|follow)"
    r"|(?:go|goes|continues?)\ on\ in\ this\ way)\W*",
    regex.IGNORECASE | regex.VERBOSE | regex.DOTALL,
)
HEADING = regex.compile(r"[ ]{0,3}#{1,6}[ \t]+\S[^\n]*")
HEADING_LINE = regex.compile(r"^[ ]{0,3}(#{1,6})[ \t]+\S[^\n]*$", regex.MULTILINE)
SETEXT = regex.compile(r"([^\n]+)\n[ ]{0,3}(?:={2,}|-{3,})[ \t]*(?:\n|$)")
SPEECH = "“\"'‘「『«»—–„‹"
TERMINAL = ".!?。！？…:：;；”\"'’)）]」』»*_`>|~"
SURE_ABOUT_TEXT = regex.compile(
    r"the\ user(?:\ wants|\ asks|\ asked|\ has)|as\ an\ ai\b"
    r"|\bai\ language\ model|(?:this|the)\ (?:section|chapter"
    r"|scene|passage|draft)\ (?:needs\ (?:work|to)|should\ (?:be|have|include|focus|end"
    r"|begin)|must\ (?:be|include))"
    r"|the\ writer\ (?:wants|should|needs|must|is\ asked)|in\ the\ next\ (?:section"
    r"|chapter),?\ (?:we|i)"
    r"|(?:requested|required|target)\ (?:length|word\ count)|L['’]utilisateur"
    r"|der\ nutzer\ (?:möchte|will)|el\ usuario\ (?:quiere|pide)"
    r"|l['’]utente\ (?:vuole|chiede)|o\ (?:utilizador|usuário)\ (?:quer|pede)"
    r"|пользователь\ (?:хочет|просит)|用户(?:想|要|希望|需要)",
    regex.IGNORECASE | regex.VERBOSE,
)


def is_count_line(line: str) -> bool:
    """True for a line of nothing but a number of words and what names it."""
    if len(line) > 80 or not COUNT_LINE.fullmatch(line):
        return False
    return COUNT_WORD.search(line) is not None and (
        regex.search(
            rf"\d\W*(?:{WORD_UNITS})|(?:{WORD_UNITS})\W*\d", line, regex.IGNORECASE | regex.VERBOSE
        )
        is not None
        or regex.search(
            r"count|zahl|mots|palabras|parole|palavras|слов|字数|문자|글자", line, regex.IGNORECASE
        )
        is not None
    )
