"""The words by which talk about a text is known, by what they do, in ten languages.

None of them means anything alone: talk is a short block at the edge of a text in which several
kinds come together. All languages are looked for in every text, as models often talk in another one
than they write in.
"""

from collections.abc import Mapping
from enum import Flag, auto

import regex


class TalkSign(Flag):
    """What a block's words do."""

    NONE = 0
    ASSENT = auto()
    """It begins with "Sure", "Gern", "好的"."""
    HERE = auto()
    """It points at what follows."""
    TEXT = auto()
    """It names a part of a text, or a text."""
    THIS = auto()
    """It names this, the next or the finished text: the one that was asked for."""
    WRITE = auto()
    """It speaks of writing, changing or going on."""
    REVISE = auto()
    """It speaks of changing a text that is there."""
    REQUEST = auto()
    """It speaks of the request, the one who asked, the outline or the length wanted."""
    OFFER = auto()
    """It offers, hopes or asks back."""
    SPEAKER = auto()
    """Somebody speaks of himself or to somebody: I, you."""
    WRITER = auto()
    """It speaks of the writer or the reader."""
    AIM = auto()
    """It says what should be done."""


_SPACED: Mapping[TalkSign, str] = {
    TalkSign.ASSENT: r"""
        hello|hi|hallo|guten\ tag|bonjour|hola|ciao|olá|здравствуйте|привет|안녕하세요
        |sure(?:\ thing)?|certainly|of\ course|absolutely|ok(?:ay)?|al(?:l\ )?right|understood
        |got\ it
        |no\ problem|(?:happy|glad)\ to\ help|gladly|definitely|great|my\ pleasure|with\ pleasure
        |natürlich|(?:sehr\ )?gerne?|klar|selbstverständlich|alles\ klar|verstanden|also\ gut
        |in\ ordnung|kein\ problem|mit\ vergnügen
        |bien\ sûr|certainement|d['’]accord|avec\ plaisir|très\ bien|entendu|absolument|volontiers
        |parfait|pas\ de\ problème
        |claro(?:\ que\ s[ií])?|por\ supuesto|desde\ luego|de\ acuerdo|con\ (?:mucho\ )?gusto
        |muy\ bien
        |entendido|vale|perfecto
        |certo|certamente|volentieri|va\ bene|d['’]accordo|naturalmente|bene|con\ piacere
        |ecco\ fatto
        |com\ certeza|com\ (?:todo\ o\ )?prazer|muito\ bem|está\ bem|certamente|sem\ problemas?
        |конечно|хорошо|разумеется|с\ удовольствием|ладно|понятно|понял[аи]?|договорились|отлично
        |물론(?:입니다|이죠|이에요)?|네|알겠습니다|좋습니다""",
    TalkSign.HERE: r"""
        this\ is\ the|here(?:['’]s|\ is|\ are|\ you\ (?:go|are)|\ it\ is|\ goes)|below|the\ following|as\ follows
        |hier\ (?:ist|kommt|sind|finden|haben|folgt|der|die|das|ein|eine)|nachfolgend|nachstehend
        |im\ folgenden|anbei|unten
        |voici|voilà|ci-dessous|ci-après
        |aquí\ (?:está|tienes?|va|le|te|lo|la|el|un|una)|a\ continuación|este\ es|esta\ es
        |ecco(?:ti|lo|la)?|di\ seguito|qui\ sotto|qui\ di\ seguito
        |aqui\ (?:está|vai|tem|o|a|um|uma)|segue(?:-se)?|abaixo|a\ seguir
        |вот|ниже|перед\ вами
        |다음은|아래는|여기""",
    TalkSign.TEXT: r"""
        sections?|chapters?|scenes?|passages?|paragraphs?|story|text|drafts?|version|piece|excerpt
        |continuation|article|instal+ment|prose|narrative
        |abschnitt\w*|kapitel\w*|szene\w*|passage|absatz\w*|absätze|geschichte|text(?:es|s)?
        |entwurf\w*|fassung\w*|version|teil(?:s|es|e)?|fortsetzung|artikel|erzählung
        |section|chapitres?|scène|passage|paragraphes?|histoire|texte|brouillon|version|extrait
        |suite|partie|récit
        |sección|capítulos?|escena|pasaje|fragmento|párrafos?|historia|texto|borrador|versión
        |parte|relato|continuación
        |sezione|capitol[oi]|scena|brano|passaggio|paragraf[oi]|storia|testo|bozza|versione|racconto
        |seção|secção|cena|trecho|passagem|parágrafos?|história|rascunho|versão|conto|capítulo
        |раздел\w*|глав(?:а|ы|у|е|ой|ою)|сцен\w{1,2}|отрыв\w+|абзац\w*|истори[яиюей]\w?
        |текст\w*|чернов\w+
        |верси[яиюей]\w?|вариант\w*|част(?:ь|и|ью)|рассказ\w*|продолжени\w+|фрагмент\w*
        |섹션\w*|장면\w*|본문\w*|글을|원고\w*|초안\w*|이야기\w*|단락\w*""",
    TalkSign.THIS: r"""
        (?:this|the\ next|the\ following|next|above|finished|final|complete[d]?|revised|requested
            |your|rest\ of\ the)\ (?:\w+\ ){0,2}?
            (?:section|chapter|scene|passage|story|text|draft|version|piece|excerpt|part
            |instal+ment)
        |(?:dies\w{1,2}|nächst\w{1,2}|folgend\w{1,2}|fertig\w{1,2}|gewünscht\w{1,2}
        |überarbeitet\w{1,2}
            |ihr\w{0,2}|obig\w{1,2})\ (?:\w+\ )?
            (?:abschnitt\w*|kapitel\w*|szene|text\w*|entwurf|fassung|version|teil\w*|passage
            |geschichte)
        |(?:ce|cet|cette|votre|la|le)\ (?:section|chapitre|scène|passage|texte|version
        |extrait|partie)
            \ (?:suivante?|terminée?|finale?|demandée?|complet|complète)
        |(?:ce|cette|votre)\ (?:section|chapitre|scène|passage|texte|version|extrait|partie
        |histoire)
        |(?:prochaine?|suivante?)\ (?:chapitre|partie|section|scène)
        |(?:esta|este|su|tu)\ (?:sección|capítulo|escena|pasaje|fragmento|texto|versión|parte
        |relato)
        |(?:sección|capítulo|escena|fragmento|texto|versión|parte)\ (?:siguiente|terminad[oa]|final
            |solicitad[oa]|complet[oa]|pedid[oa])
        |(?:próxim[oa]|siguiente)\ (?:sección|capítulo|escena|parte)
        |(?:quest[oa]|il\ tuo|la\ tua|prossim[oa])\ (?:sezione|capitolo|scena|brano|testo|versione
            |parte|racconto)
        |(?:sezione|capitolo|scena|brano|testo|versione|parte)\ (?:seguente|successiv[oa]
        |complet[oa]
            |final[ei]|richiest[oa]|finit[oa])
        |(?:est[ea]|o\ seu|a\ sua|próxim[oa])\ (?:seção|secção|capítulo|cena|trecho|texto
        |versão|parte)
        |(?:seção|secção|capítulo|cena|trecho|texto|versão|parte)\ (?:seguinte|final
        |pedid[oa]|complet[oa]
            |solicitad[oa]|finalizad[oa])
        |(?:эт\w{1,3}|следующ\w{2,3}|готов\w{2,3}|ваш\w{0,3}|итогов\w{2,3}
        |данн\w{2,3})\ (?:раздел\w*
            |глав\w{1,2}|сцен\w{1,2}|отрыв\w+|текст\w*|верси\w{1,2}|вариант\w*|част\w{1,2}
            |фрагмент\w*)""",
    TalkSign.WRITE: r"""
        writ(?:e|ing|ten)|wrote|draft(?:ing|ed)?|rewrit(?:e|ing|ten)|revis(?:e|ed|ion|ions)|adjust(?:ed|ments?)?
        |tweak(?:s|ing|ed)?|edits?|expand(?:ed)?|continue|carry\ on|rework(?:ed)?|modif(?:y|ied|ications?)
        |changes?|shorten(?:ed)?|refine[d]?|craft(?:ed)?|proceed|elaborate|add|insert|describe
        |schreib\w*|verfass\w*|überarbeit\w*|anpass\w*|anpassung\w*|änder\w*|erweiter\w*|fortfahr\w*
        |fortsetz\w*|weitermach\w*|weiterschreib\w*|kürz(?:en|e|er)|gestalt\w*|einfügen|hinzufügen|ergänz\w*
        |écri(?:re|s|vez|t)|réécri\w*|rédig\w*|retravaill\w*|modifi\w*|ajust\w*|développ\w*|continu(?:e|er|ez)
        |poursui\w*|ajout\w*|insér\w*|raccourci\w*
        |escrib\w*|reescrib\w*|redact\w*|retoc\w*|modific\w*|ajust\w*|ampli(?:ar|e|o)|contin(?:úe?|uar|uaré)
        |sig[ao]|prosig\w*|cambi(?:o|os|ar|e)|añad\w*|insert\w*
        |scriv\w*|riscriv\w*|ritocc\w*|adatt\w*|continu(?:a|i|are)|prosegu\w*|modific\w*|aggiung\w*
        |inserir\w*
        |escrev\w*|reescrev\w*|redig\w*|alter(?:ar|ações|ação)|ajust\w*|prossig\w*|continu(?:e|ar)
        |acrescent\w*|inserir
        |напи[шс]\w+|пиш(?:у|ем)|перепис\w+|переработ\w+|правк\w+|измен\w+|дополн\w+|продолж(?:у|ить|ать|ил\w?)
        |доработ\w+|добав\w+|перейт\w+|перейд\w+|перешёл|перешел|встав\w+
        |작성\w*|수정\w*|계속\w*|이어\w*""",
    TalkSign.REVISE: r"""
        revis(?:e|ed|ions?)|rework|rewrite|tweak(?:s|ing|ed)?|adjust(?:ments?)?|edits|refine|modifications
        |überarbeit\w*|anpass\w*|umschreib\w*|retravaill\w*|réécri\w*|ajust\w*|modifications|retoc\w*|reescrib\w*
        |ritocc\w*|riscriv\w*|reescrev\w*|переработ\w+|перепис\w+|правк\w+|доработ\w+|수정\w*""",
    TalkSign.REQUEST: r"""
        (?:the\ )?outline\ provided|provided\ outline|your\ outline|ihre\ gliederung|plan\ fourni|предоставленн\w+|запрошенн\w+
        |as\ an\ ai|als\ ki|en\ tant\ qu['’]ia|como\ (?:una\ |uma\ )?ia|come\ ia|как\ ии|the\ user|users?['’]?s?\ request|your\ request|the\ prompt|the\ instructions|as\ (?:you\ )?requested
        |(?:you|was|were)\ (?:asked|requested)(?:\ for)?|you\ asked|requested|the\ outline|word\ (?:count|limit)
        |(?:target|required|desired|requested)\ (?:length|tone|style|word)|the\ brief|the\ requirements
        |language\ model|an\ ai
        |(?:be)?nutzer(?:in)?|anfrage|vorgabe\w*|gliederung|gewünscht\w*|anweisung\w*|wortzahl|ihren\ wünschen
        |ihren\ vorstellungen|anforderung\w*|gebeten
        |l['’]utilisat(?:eur|rice)|votre\ demande|consignes?|demandée?s?|vos\ attentes|nombre\ de\ mots
        |suit\ le\ plan
        |usuari[oa]|su\ solicitud|tu\ solicitud|solicitad[oa]s?|pidió|pediste|ha\ pedido|pedid[oa]s?|esquema
        |instrucciones|recuento\ de\ palabras
        |l['’]utente|la\ tua\ richiesta|richiest[oaie]|(?:hai|ha)\ chiesto|scaletta|istruzioni|aspettative
        |utilizador|usuário|seu\ pedido|pediu|instruções|contagem\ de\ palavras
        |пользовател\w+|ваш\w*\ запрос\w*|вы\ просили|просили|заданн?\w+|ваш\w+\ ожидани\w+|инструкци\w+
        |следует\ плану|количеств\w+\ слов|техническ\w+\ задани\w+
        |사용자\w*|요청\w*""",
    TalkSign.OFFER: r"""
        if\ (?:needed|necessary|required)|on\ request|(?:i\ can|i\ could|i\ will|i['’]ll)\ (?:also\ |gladly\ |happily\ )?(?:provide|offer|write|revise|rework|expand|make|adapt|continue)
        |feedback|what\ do\ you\ think|any\ comments|auf\ wunsch|bei\ bedarf|rückmeldung\w*|was\ meinen\ sie|was\ meinst\ du
        |si\ besoin|si\ nécessaire|je\ peux\ (?:aussi|également)|qu['’]en\ (?:pensez|penses)|vos\ (?:remarques|retours|commentaires)
        |si\ (?:hace\ falta|es\ necesario)|(?:también\ )?puedo\ (?:ofrecer|escribir|proporcionar)|qué\ (?:le|te)\ parece|comentarios?
        |se\ (?:serve|necessario)|posso\ (?:anche|também)|também\ posso|che\ ne\ pensi|comment[oi]|o\ que\ (?:acha|achas)|comentários?
        |при\ необходимости|могу\ (?:также|подготовить|предложить|написать)|что\ скажете|замечани\w+|отзыв\w*
        |let\ me\ know|feel\ free|would\ you\ like|do\ you\ want|(?:i|we)\ (?:do\ )?(?:hope|trust)|hope\ (?:this|it|that)
        |if\ you(?:['’]d|\ would)?\ (?:like|want|need|prefer|wish)|should\ you|just\ (?:ask|say|tell)|want\ me\ to
        |shall\ i|should\ i|happy\ to|should\ (?:this|it|the)|if\ (?:this|it|anything)\ needs
        |lassen\ sie\ (?:es\ )?mich|lass\ (?:es\ )?mich|(?:wenn|falls)\ (?:sie|du|ihr|ihnen)|möchten\ sie|möchtest\ du
        |soll\ ich|ich\ hoffe|hoffentlich|sagen\ sie
        |n['’]hésitez\ pas|n['’]hésite\ pas|si\ vous|si\ tu|voulez-vous|veux-tu|souhaitez-vous|j['’]espère
        |dites-moi|dis-moi|faites-moi\ savoir|souhaitez
        |espero\ que|si\ (?:desea|quiere|necesita|quieres|deseas|necesitas|prefieres|prefiere)s?|avísame|avíseme
        |hágame|hazme|no\ dude|no\ dudes|dime|dígame|quieres\ que|quiere\ que|desea\ que|te\ gustaría|le\ gustaría
        |spero\ che|fammi\ sapere|se\ (?:vuoi|desideri|preferisci|hai|serve|vuole|desidera)|vuoi\ che|non\ esitare
        |desideri\ che|dimmi|ti\ piacerebbe
        |se\ (?:quiser|desejar|precisar|preferir)|quer\ que|avise|diga-me|me\ diga|deseja\ que|gostaria
        |надеюсь|дайте\ знать|если\ (?:нужн|хот|потреб|понадоб|что|вам|вы)\w*|хотите|скажите|готов\w?\ внести
        |원하시\w*|말씀해|바랍니다""",
    TalkSign.SPEAKER: r"""
        i|i['’](?:ll|ve|m|d)|me|my|we|let['’]s|you|your|ich|mir|mich|ihnen|je|j['’]\w+|vous|votre|vos|voy
        |puedo|yo|usted|he\ \w+[aei]do|ho\ \w+t[oaie]|posso|usei|io|vou|deixei|você|я|мне|вы|вам|вас|저는|제가|당신""",
    TalkSign.WRITER: r"""
        (?:the\ )?(?:writer|author|narrator)s?|the\ readers?|der\ (?:autor|leser|schreiber)|die\ (?:autorin|leser)
        |den\ leser|l['’]auteur|le\ lecteur|l['’]écrivain|el\ (?:autor|lector|escritor)|al\ lector
        |l['’]autore|il\ lettore|lo\ scrittore|o\ (?:autor|leitor|escritor)|автор\w*|читател\w+|писател\w+""",
    TalkSign.AIM: r"""
        should|must|needs?|wants?|aims?|could\ be|tries|sollte\w*|muss|möchte|will|braucht|soll|devrait|doit|veut
        |debería|debe|quiere|necesita|dovrebbe|deve|vuole|deveria|quer|должен|должна|следует|нужно|хочет""",
}
_UNSPACED: Mapping[TalkSign, str] = {
    TalkSign.ASSENT: r"[您你]好|こんにちは|好的?|当然(?:可以)?|没问题|可以的?|明白了?|收到|了解|もちろん(?:です)?|はい|承知\w*|わかりました|かしこまりました",
    TalkSign.HERE: r"以下|下面|这是|如下|这就|呈上|下文|こちら|次の",
    TalkSign.TEXT: r"本节|本章|章节|小节|[这一]节|[这一]章|这一[节章段]|[下上]一?[节章]|段落?|片段|正文|文本|文稿|全文|故事"
    r"|初稿|草稿|成稿|终稿|版本|这一?版|稿件|内容|部分|场景|本文|この章|この節|場面|文章|草稿|原稿|物語",
    TalkSign.THIS: r"本[节章文]|这一?[节章段版篇]|这个(?:场景|故事|章节|片段|部分)|(?:这|该)场景|这部分|这一部分|(?:完成|完整|最终|修改)[^，。]{0,3}(?:文稿|文本|版本|稿)|下一?[节章]|上文|全文|正文|成稿|您[^。，]{0,6}(?:内容|文本|章节)"
    r"|この(?:章|節|文章|場面|版)|次の(?:章|節)|以下の?(?:章|節|文章|本文)",
    TalkSign.WRITE: r"写|撰写|改写|修改|调整|扩写|续写|润色|补充|继续|插入|添加|描写|書|修正|続け|調整|加筆|執筆",
    TalkSign.REVISE: r"改写|修改|重写|润色|修正|加筆",
    TalkSign.REQUEST: r"作为(?:一个|一名)?(?:AI|人工智能)|用户|(?:您|你)的?(?:要求|需求|请求|期待|期望)|符合(?:要求|您)|字数|大纲|提示词|要求|(?:您|你)要的|您提供"
    r"|ユーザー|ご(?:要望|依頼|指定|期待)|指示|文字数",
    TalkSign.OFFER: r"[如若]有需要|我(?:还|也)?可以|意见|反馈|觉得(?:怎么样|如何)|ご意見|ご感想|希望(?:这|您|能|本|对)|如需|如果(?:您|你|需要|有)|[若如](?:您|你|有|觉)|请(?:随时)?告诉|告诉我|要不要|是否(?:需要|要|继续)"
    r"|需要我|可以再|随时|请(?:您)?指出|ご希望|お知らせ|いかが|幸いです|必要でしたら|お申し付け|しましょうか",
    TalkSign.SPEAKER: r"我|您|你|私|あなた",
    TalkSign.WRITER: r"作者|读者|作家|筆者|読者",
    TalkSign.AIM: r"应该|应当|需要|必须|想要|要|べき|必要",
}
SIGNS = {
    sign: regex.compile(
        rf"(?<![\p{{L}}\p{{N}}])(?:{_SPACED.get(sign, '(?!)')})(?![\p{{L}}\p{{N}}])|(?:{_UNSPACED.get(sign, '(?!)')})",
        regex.IGNORECASE | regex.VERBOSE | regex.VERSION1,
    )
    for sign in TalkSign
    if sign
}
_ASSENT_START = regex.compile(
    rf"\W*(?:(?:{_SPACED[TalkSign.ASSENT]})(?![\p{{L}}\p{{N}}])|{_UNSPACED[TalkSign.ASSENT]})\s*[!,.:;，。！：、—–\-]",
    regex.IGNORECASE | regex.VERBOSE | regex.VERSION1,
)

WORD_UNITS = (
    r"(?:words?|wörter[n]?|worte[n]?|mots?|palabras?|parole|palavras?|слов[ао]?|字|词|文字|語|단어|글자|자"
    r"|characters?|zeichen|caractères|caracteres|caratteri|знак\w*)"
)
COUNT_LABELS = (
    r"(?:word|words|character)\ ?count|total|length|approx(?:imately)?|about|around|roughly|in\ (?:total|all)|count|final"
    r"|wortzahl|wortanzahl|anzahl\ der\ wörter|länge|umfang|insgesamt|ungefähr|etwa|ca|rund|gesamt"
    r"|nombre\ (?:total\ )?de\ mots|longueur|environ|au\ total|total\ des\ mots"
    r"|número\ (?:total\ )?de\ palabras|recuento(?:\ de\ palabras)?|extensión|longitud|aproximadamente|unas|en\ total"
    r"|numero\ (?:totale\ )?di\ parole|conteggio(?:\ (?:delle\ )?parole)?|lunghezza|circa|in\ totale|totale"
    r"|número\ (?:total\ )?de\ palavras|contagem(?:\ de\ palavras)?|extensão|cerca\ de|no\ total"
    r"|количество\ слов|число\ слов|объ[её]м|примерно|около|всего|итого|общее"
    r"|字数(?:统计)?|总?字数|全文|本[节章]|篇幅|长度|共计?|约|统计|文字数|合計|総|글자\ ?수|단어\ ?수|총"
)
END_WORDS = (
    r"(?:the\ )?end(?:\ of)?|ende|fine?|fim|final|konec|конец|完|终|終わり|終|了|끝|结束|完结|到此(?:为止|结束)?"
    r"|end\s+of|fin\ de|fin\ du|fine\ del(?:la)?"
)
CONTINUED = regex.compile(
    r"(?:(?:to\ be\ )?continue[ds](?:\ (?:in|on|with))?|more\ to\ (?:come|follow)|next\ (?:chapter|section|part|time|up|scene)|(?:weiter\ )?im\ nächsten|(?:au|dans\ le)\ prochain|en\ el\ próximo|nel\ prossimo|no\ próximo|в\ следующ\w+"
    r"|fortsetzung(?:\ folgt)?|wird\ fortgesetzt|à\ suivre|(?:la\ )?suite\ (?:au|à\ la|dans)|continuará|continúa"
    r"|continua|segue|prosegue|продолжение\ следует|окончание\ следует|продолжение|下[一]?[章节]|未完|待续|待續|つづく|続く|계속)",
    regex.IGNORECASE | regex.VERBOSE,
)
NOTE = regex.compile(
    r"\W*(?:(?:author|writer|editor|translator)['’]?s?\ )?"
    r"(?:notes?|remarks?|nb|n\.b\.|p\.?s\.?|disclaimer|comment|anmerkung(?:en)?(?:\ des\ autors)?|hinweise?|bemerkung(?:en)?"
    r"|remarques?|notes?(?:\ de\ l['’]auteur)?|notas?(?:\ del?\ autor)?|observación|observações|observação|nota\ dell['’]autore"
    r"|примечани[ея](?:\ автора)?|замечани[ея]|注意?|备注|说明|附注|注釈|備考|参考|참고|주석)\W{0,3}[:：—–-]",
    regex.IGNORECASE | regex.VERBOSE,
)


_QUOTATION = regex.compile(
    r"“[^”\n]*”|\"[^\"\n]*\"|«[^»\n]*»|„[^“”\n]*[“”]|「[^」\n]*」|`[^`\n]*`|《[^》\n]*》"
)


def strip_quotations(block: str) -> str:
    """Return ``block`` without what it quotes: somebody else's words, or a title."""
    return _QUOTATION.sub("“”", block)


def read_signs(block: str) -> TalkSign:
    """Return what the words of ``block`` do, all of it together; what it quotes apart."""
    block = strip_quotations(block)
    signs = TalkSign.NONE
    for sign, pattern in SIGNS.items():
        if sign is TalkSign.ASSENT:
            if _ASSENT_START.match(block):
                signs |= sign
        elif pattern.search(block):
            signs |= sign
    return signs
