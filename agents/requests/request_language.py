"""The words by which a request asks: patterns in English, Chinese, German, French and Spanish."""

import re


def _compile(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


BINDING = _compile(
    r"\b(?:must(?:n['’]t)?|never|only|exactly|has to|have to|under no circumstances)\b",
    r"\b(?:muss|müssen|darf|dürfen|niemals|nie|nur|genau|ausschließlich|"
    r"kein(?:e[nmrs]?)? einzige\w*)\b",
    r"\b(?:doit|doivent|devra|jamais|seulement|uniquement|exactement|il faut)\b",
    r"\b(?:debe|deben|nunca|jamás|solo|sólo|únicamente|exactamente|hay que)\b",
    r"必须|务必|不得|不能|不许|不可|禁止|严禁|切勿|只能|只在|仅在|绝不|从不|恰好|正好",
)
"""Words that leave no choice."""
NEGATION = _compile(
    r"\b(?:never|do not|don['’]t|doesn['’]t|does not|no|not|without|avoid|cannot|can['’]t|"
    r"mustn['’]t|shouldn['’]t|nor|none)\b",
    r"\b(?:nicht|nie|niemals|kein\w*|ohne|vermeide\w*|verzichte\w*)\b",
    r"\b(?:ne|n['’]|pas|jamais|sans|aucune?|évite[rz]?)\b|\bn['’]",
    r"\b(?:no|nunca|jamás|sin|evita\w*|ningun[oa]?|ningún)\b",
    r"不(?![仅但少同过])|勿|禁止|避免|严禁|没有|绝不",
)
WISH = _compile(
    r"\b(?:if possible|ideally|preferably|maybe|perhaps|wenn möglich|möglichst|gerne?|"
    r"si possible|de préférence|si es posible)\b",
    r"尽量|尽可能|最好|如果可以",
)
"""Words that wish for something and do not demand it."""
_MODAL = _compile(
    r"\b(?:must(?:n['’]t)?|should(?:n['’]t)?|shall|has to|have to|needs? to|ought to|may only|"
    r"may not|can only|cannot"
    r"|can['’]t|is to (?:be|have|end|open|begin|start)|are to (?:be|have)|needs? (?:an?|"
    r"at least|exactly)|"
    r"make sure|ensure|be sure|required?|(?:i|we)(?:['’]d| would) like (?:it|the|each|every|you)|"
    r"(?:i|we) want (?:it|the|each|every|you|to)|i['’]d prefer|may (?:talk|speak|appear|begin|"
    r"end|use|mention))\b",
    r"\b(?:muss|müssen|soll(?:en|te|ten)?|darf|dürfen|bitte|ist zu|sind zu)\b",
    r"\b(?:doit|doivent|devra(?:it)?|devront|il faut|faudra|ne peut|ne peuvent)\b",
    r"\b(?:debe|deben|debería|deberá|tiene que|tienen que|hay que)\b",
    r"必须|(?<![所急亟])须要?|应该|应当|应(?![用对急变答聘力邀付])|(?<![所必急])需要?(?!求)|(?<![主想重快将首不])要(?!求|点|素|么|是)|不要|不得|不能|不可|不许|不准|禁止|切勿|请勿|避免|只能|只可|"
    r"务必|至少|最多|恰好|正好|确保|严禁|尽量|不使用|不用|不出现|不提及?|不写|都(?:不|以|用)",
)
_IMPERATIVE = _compile(
    r"(?:please\s+|also\s+|then\s+|and\s+|but\s+|always\s+|just\s+|finally,?\s+)*(?:include|"
    r"add|use|end|begin|start|open|close|keep|avoid|"
    r"mention|name|quote|cite|put|place|give|show|tell|narrate|write (?:it|in|with|from|as|for|"
    r"at|to|everything|all|like|only|no)|"
    r"describe|explain|list|number|stay|make|let|set (?:it|the|out|each|every)|finish|conclude|"
    r"refer|limit|focus|don['’]t|do not|never|"
    r"always|leave|weave|alternate|sign|address|introduce|compare|divide|structure|organi[sz]e|"
    r"format|provide|follow|spell|"
    r"break|repeat|insert|discuss|cover|contrast|present|summari[sz]e|highlight|offer|vary|"
    r"choose|base|apply|ensure|have|restrict|"
    r"reveal|emphasi[sz]e|draw|incorporate|feature|remember|respect|adopt|illustrate|define|"
    r"mark|separate|capitali[sz]e|render|"
    r"maintain|treat|remain|state|aim|try|call|sound|speak|mix|switch|return|prefer|omit|skip|"
    r"exclude|employ|hold|build|"
    r"no\s+\w+|only\s+(?!to\b)\w+|without\s+\w+|at (?:least|most)\s+\w+|exactly\s+\w+)\b",
    r"(?:bitte\s+|und\s+|dann\s+)*(?:verwende|benutze|nutze|füge?|nenne|schlie(?:ß|ss)e|"
    r"beginne|beende|ende|erzähle?|schreibe? (?:im|in|aus|so|nur)|"
    r"vermeide|halte|achte|gib|gebe|lass|erwähne|zitiere|gliedere|teile|setze|stelle|bleibe?|"
    r"beschreibe|erkläre|sorge|verzichte|"
    r"baue|führe|zeige|lege|nimm|kein\w*|niemals|nie|nur|mindestens|höchstens|genau|ohne)\b",
    r"(?:bitte\s+)?(?!schreiben)\w+en sie\b|bitte\s+.*\w+(?:en|n)$",
    r"(?:s['’]il (?:te|vous) plaît,?\s+|et\s+|puis\s+)*(?:ajoute[rz]?|évite[rz]?|utilise[rz]?|"
    r"termine[rz]?|commence[rz]?|inclu(?:s|ez|re)|cite[rz]?|"
    r"garde[rz]?|emploie|employez|mentionne[rz]?|raconte[rz]? (?:à|au|en|le)|écri(?:s|"
    r"vez) (?:à|au|en|le|dans)|adopte[rz]?|veille[rz]?|"
    r"décri(?:s|vez)|explique[rz]?|fini(?:s|ssez)|donne[rz]?|propose[rz]?|reste[rz]?|n['’]\w+|"
    r"ne\s+\w+|pas de|pas d['’]|aucune?|sans|jamais|"
    r"uniquement|seulement|au moins|exactement)(?!\w)",
    r"(?:por favor,?\s+|y\s+)*(?:evita|incluye|usa|utiliza|añade|agrega|termina|comienza|"
    r"empieza|menciona|cita|mantén|"
    r"escribe en|narra en|emplea|cierra|abre|divide|describe|explica|no\s+\w+(?:e|a)s|nunca|"
    r"sin|solo|sólo|al menos|exactamente)\b",
    r"(?:请|并且?|而且|同时|其中|另外|此外|文中|全文|全书|报告中|文章中|故事中|小说中)*(?:使用|采用|加入|包含|包括|引用|列出|附上?|提到|突出|保持|"
    r"穿插|分为|分成|设置|"
    r"结尾|结局|开头|开篇|最后|末尾|语气|语言|文风|风格|基调|文笔|用(?!户)|以(?![及前后来上下])|每(?!隔)[一个]?[章节篇部段回集页]|"
    r"第[一二三四五六七八九十\d]+[个]?[章节篇部段回集]|"
    r"其[他余]|不|勿|只|仅|至少|最多|避免|禁止|务必|确保|给出|写到|写出|描写|避开|插入)",
)
_PART_SUBJECT = _compile(
    r"(?:(?:and|but)\s+)?(?:(?:each|every|all|no|only)\b|in (?:every|each|all|the (?:first|"
    r"second|third|last|final|opening))\b|"
    r"(?:in|by|at|from) (?:chapter|section|part|letter|entry|the (?:end|beginning|start|top|"
    r"middle))\b|"
    r"(?:chapters?|sections?|parts?|letters?|entries|entry|episodes?|lessons?) \w+\s+\w+|"
    r"the (?:tone|style|mood|voice|language|ending|opening|last|final|first|second|third|"
    r"fourth|closing|whole|narrat\w+|structure|"
    r"format|perspective|point of view|sentences|paragraphs|prose|dialogue)\b)",
    r"(?:und\s+)?(?:jede[rsmn]?|alle[nrs]?|kein\w*|der (?:ton|stil|letzte|erste|schluss)|"
    r"die (?:letzte|erste|sprache|stimmung)|das (?:letzte|erste)|"
    r"i[mn] (?:der |jede[mr] )?(?:ersten|zweiten|dritten|letzten|kapitel|abschnitt|teil)|"
    r"am (?:ende|anfang))\b",
    r"(?:et\s+)?(?:chaque|tou(?:s|tes) les|aucune?|le (?:ton|style|dernier|premier)|"
    r"la (?:dernière|première|langue|fin)|"
    r"dans (?:chaque|le premier|la première|le dernier|la dernière)|à la fin|au début)\b",
    r"(?:y\s+)?(?:cada|tod[oa]s l[oa]s|ningun[oa]?|ningún|el (?:tono|estilo|último|primer)|"
    r"la (?:última|primera|lengua)|al final|al principio|"
    r"en (?:cada|el primer|la primera|el último|la última))\b",
    r"每(?!隔)|各|全书|全文|通篇|结尾|开头|最后|第[一二三四五六七八九十\d]+[个]?[章节篇部段回集]|语气|语言|文风|风格|基调|其[他余]",
)
_ENDS = _compile(
    r"(?:it|the (?:story|piece|book|novel|essay|report|text|poem|article|guide|"
    r"play))\s+(?:ends?|opens?|begins?|closes?|starts?|finish\w*|concludes?)\b",
    r"(?:sie|er|es|die geschichte|der text)\s+(?:endet|beginnt)\b",
    r"(?:il|elle|l['’]histoire|le récit|le texte)\s+(?:se termine|finit|commence)\b",
    r"(?:la historia|el texto|el relato)?\s*(?:termina|comienza|empieza|acaba)\b",
)
_RULE_LABEL = _compile(
    r"(?:tone|style|format|audience level|pov|point of view|perspective|language|voice|"
    r"structure|ending|opening|rules?|constraints?|requirements?|"
    r"do(?:n['’]t|s and don['’]ts)?|avoid|must|ton|stil|sprache|vorgaben|regeln|style|"
    r"contraintes|règles|tono|estilo|reglas|"
    r"要求|语气|风格|格式|注意|规则|结构|视角|人称)\s*[:：]\s*\S",
)
RULES_HEADING = _compile(
    r"\W*(?:requirements?|rules?|constraints?|instructions?|guidelines|must(?:-| )haves?|"
    r"please note|anforderungen|vorgaben|regeln|"
    r"contraintes|exigences|règles|consignes|requisitos|reglas|要求|写作要求|注意事项|规则)\W*$",
)
"""A line that opens a list of requirements."""
MATERIAL_LABEL = _compile(
    r"\W*(?:background|context|notes?|characters?|cast|setting|plot|premise|synopsis|facts?|"
    r"topic|subject|about|title|hintergrund|figuren|"
    r"handlung|contexte|personnages|contexto|personajes|背景|人物|角色|设定|情节|主题|题目|标题)\s*[:：]",
)
"""A line that gives material, not a rule."""
_ABOUT_ASKER = _compile(
    r"(?:my|our|i|we|i['’]m|we['’]re|he|she|they)\s+(?!want|would|need|['’]d|must|should)\w+",
    r"(?:mein\w*|unser\w*|ich|wir)\b(?!.*\b(?:möchte|will|brauche)\b)",
    r"(?:mon|ma|mes|notre|je|nous)\b(?!.*\b(?:veux|voudrais|souhaite)\b)",
    r"(?:我(?:们|的)?(?!想|要|需|希望))",
)
_TASK = _compile(
    r"(?:please\s+|can you\s+|could you\s+|i (?:need|want|would like)|i['’]d like|we need|"
    r"help me\s+)?\s*(?:to\s+)?"
    r"(?:write|draft|compose|create|produce|prepare|generate|pen|craft|author|tell)?\s*(?:me |"
    r"us |up )?(?:an?|the|some|my|\d[\d,.]*|ten|five|three|six|two)\b"
    r".{0,60}?\b(?:stor|tale|novel|essay|report|article|post|guide|manual|handbook|book|paper|"
    r"poem|letter|diar|speech|script|play|memoir|"
    r"review|bible|piece|chapter|newsletter|log|series|biograph|email|e-mail|blog|brief|text|"
    r"study|proposal)",
    r"(?:bitte\s+)?(?:schreibe?|verfasse|erstelle|schreiben sie)?\s*(?:mir\s+)?(?:eine?n?|das|"
    r"die|den)\s.{0,50}?(?:geschichte|bericht|roman|aufsatz|artikel|handbuch|brief|rede|"
    r"gedicht|text|leitfaden)",
    r"(?:écri(?:s|vez)|rédige[rz]?)?\s*(?:moi\s+)?une?\s.{0,50}?(?:nouvelle|rapport|roman|"
    r"article|guide|lettre|discours|poème|récit|texte|histoire|conte)",
    r"(?:escribe|redacta)?\s*(?:me\s+)?una?\s.{0,50}?(?:cuento|informe|novela|artículo|guía|"
    r"carta|discurso|poema|relato|texto|ensayo|historia)",
    r"(?:请|帮我|我想要|我需要|我要|为.{1,12})*\s*(?:写|生成|撰写|创作|起草|编写|想要)?.{0,6}(?:一[篇部封首份本个则]|"
    r"\d+[篇部封首份本]|长篇|短篇).*",
)
_TASK_VERB = _compile(
    r"(?:please\s+)?(?:write|draft|compose|create|produce|prepare|generate|i need|i want)\b",
    r"(?:bitte\s+)?(?:schreibe?|verfasse|erstelle)\b",
    r"(?:écri(?:s|vez)|rédige[rz]?)\b",
    r"(?:escribe|redacta)\b",
    r"(?:请)?(?:为.{1,16})?(?:写|撰写|创作|起草)",
)
_STORY_TIME = _compile(
    r"\b(?:in|on|by|before|after|until)\s+(?:january|february|march|april|may|june|july|august|"
    r"september|october|november|december|"
    r"spring|summer|autumn|fall|winter|midnight|dawn|noon|the end|the first|the last|"
    r"\w+day)\b|\b(?:finally|eventually|halfway|in the end)\b",
    r"towards? (?:winter|summer|spring|autumn|the end)",
)
_OPENING = _compile(
    r"(?:you (?:should|are to|will|must)|your task is to|the task is to)\s+",
    r"请?(?:根据|以|按照?)[^，。]{1,30}[，,]?(?=请?写|创作|撰写)",
)
"""What may stand before the words of the task."""
_LEAVE = _compile(
    r"(?:feel free|you (?:may|can|could)\b|optionally|您?可以|du kannst|vous pouvez|puedes)"
)
"""Words that allow something, and ask for nothing."""
_SHORT_OPENING = re.compile(r"(?:\w+\s?){1,3}[,，]\s*")
_LONG_QUOTATION = re.compile(r"[“\"「][^”\"」]{30,}[”\"」]|(?<!\w)['‘][^'’]{60,}['’]")
_BARE_MODAL = _compile(
    r"(?:must|should|shall|may|has|have|cannot|needs?|is|are|muss|müssen|soll|sollen|darf|"
    r"dürfen|doit|doivent|debe|deben)\b"
)
_HAPPENS = re.compile(
    r"(?:The |A |Her |His )?[A-Z]?\w+(?: \w+)? (?!is\b|was\b|has\b|lives\b|works\b|does\b|"
    r"this\b)\w+s\b"
)


def is_task(sentence: str) -> bool:
    """True for a sentence that says what to write: “Write a story about ...”."""
    return bool(_TASK.match(_OPENING.sub("", sentence, count=1)))


def names_task(clause: str) -> bool:
    """True for a clause that opens with the verb of the task itself."""
    return bool(_TASK_VERB.match(clause))


def is_rule_label(clause: str) -> bool:
    """True for “Tone: formal” and the like."""
    return bool(_RULE_LABEL.match(clause))


def lacks_subject(clause: str) -> bool:
    """True for a rest such as “must be in the middle”, whose subject stands before it."""
    return bool(_BARE_MODAL.match(clause))


def opens_imperative(clause: str) -> bool:
    """True for words that begin with an order: “include”, “do not”, “verwende”, “不要”."""
    return bool(_IMPERATIVE.match(clause))


def opens_requirement(clause: str) -> bool:
    """True for words that begin a requirement of their own, after a comma too."""
    return bool(
        _IMPERATIVE.match(clause) or _PART_SUBJECT.match(clause) or _ENDS.match(clause)
    ) or bool(_MODAL.search(clause) and not names_task(clause))


def is_requirement(clause: str) -> bool:
    """True when ``clause``, a sentence or a part of one, asks for something of the text."""
    if MATERIAL_LABEL.match(clause) or _LEAVE.match(clause):
        return False
    if is_rule_label(clause):
        return True
    if _ABOUT_ASKER.match(clause) and not BINDING.search(clause):
        return False
    own_words = _LONG_QUOTATION.sub(" ", clause)
    after_opening = _SHORT_OPENING.sub("", own_words, count=1)
    opens = opens_requirement(own_words) or opens_imperative(after_opening)
    return opens or bool(BINDING.search(own_words)) or _is_event(clause)


def _is_event(clause: str) -> bool:
    """True for what is to happen, with its time: “Grandmother dies in November”."""
    return bool(_HAPPENS.match(clause) and _STORY_TIME.search(clause))
