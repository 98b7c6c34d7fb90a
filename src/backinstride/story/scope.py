"""Scope: whether it is said to be so, denied, over, feared, or about somebody else.

A hit is judged by the words around it in its own sentence only, so the order of sentences never
matters. Rules are asymmetric: where two readings are left, the graver one is taken, and nothing
here ever drops a hit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from backinstride.story.people import Subject, subject_of

if TYPE_CHECKING:
    from backinstride.values import Status

# Negators that deny nothing: masked before negation is looked for.
_PSEUDO = re.compile(
    r"\bnot (?:only|just|sure|certain|to mention|necessarily|trying(?: to)?"
    r"|on purpose|dieting|even sure|least|convinced)\b"
    r"|\b(?:i'm|im|am|is|are|it's|was) not (?:getting|improving|going away)"
    r"|\bno (?:wonder|idea|doubt|matter|choice|good|luck|use|surprise|better|change|longer"
    r"|clue|reason|apparent reason"
    r"|obvious (?:reason|cause)|particular reason|warning|stranger|problem getting|end|time"
    r"|thanks|explanation)\b"
    r"|\b(?:no|without)(?: \w+){0,2} (?:reason|cause|warning|trigger|injury|incident|event)\b"
    r"(?! (?:or|and|to))"
    r"|\b(?:can't|cant|cannot|couldn't|don't|dont|doesn't) (?:help|wait|believe|explain"
    r"|understand|figure|work out|know"
    r"|seem|think of|decide|shake|say|stop|remember|tell|care|take it|go on|do anything|even)\b"
    r"|\bwithout (?:fail|thinking|stopping|exception|trying)\b|\bnot (?:one|a) (?:day|night"
    r"|week) (?:goes|went)\b"
    r"|\bnot (?:much|any) (?:better|improvement|change)\b|\bif not\b|\bwhy not\b|\bnone of\b"
    r"(?= (?:it|them|this|the \w+) (?:help|work))"
    r"|\bnever (?:mind|again|ending|experienced (?:that|this|it|anything like)|(?:had|felt"
    r"|known|experienced)"
    r"(?: \w+){0,4} (?:before|until|like (?:this|that|it)|this bad))\b"
    r"|\b(?:haven't|hadn't|havent|not|never) (?:had|felt|known|experienced)(?: \w+){0,5} "
    r"(?:before|until|like this|this bad)\b"
    r"|\bnot (?:cooling|stretching|warming|drinking|eating|doing|wearing|enough|properly"
    r"|stretched|warmed)\b"
    r"|\b(?:won't|wouldn't|doesn't|does not|didn't|will not) (?:go|ease|stop|budge|shift"
    r"|settle|let up|quit|leave|clear)\b"
    r"|\bno (?:let up|letup|relief|break)\b|\bif i don't\b|\bwhen i don't\b|\bunless i\b"
)  # fmt: skip
_NEGATOR = re.compile(
    r"\b(?:no|not|nor|none|never|neither|without|denies|denied|deny|denying|nil|zero"
    r"|negative for|free of|clear of"
    r"|free from|absence of|ruled out|rule out|ruling out|excluded|rather than|instead of"
    r"|nothing like|nowhere near"
    r"|far from|hardly any|don't|dont|doesn't|doesnt|didn't|didnt|isn't|isnt|aren't|wasn't"
    r"|wasnt|weren't|haven't"
    r"|havent|hasn't|hasnt|hadn't|can't be|cannot be|couldn't be|ain't|aint|won't be|cant be)\b"
)
_SCOPE_END = re.compile(
    r"\b(?:but|however|although|though|tho|except|apart from|aside from|other than|then|yet"
    r"|still|whereas|while|which|because"
    r"|cuz|coz|since|so|until|till|when|if|unless|now|only|instead|just|bar|besides|maybe"
    r"|perhaps|probably|more likely|might|could)\b"
    r"|[;:…]|\.{2,}|\s-\s|(?:,|\band|&|\+)\s*(?:also |now |then )?(?:i|i'm|im|i've|ive|i'd|it"
    r"|it's|its|he|he's|she|she's|his|her|they|we|there|there's"
    r"|this|that|have|has|had|got|am|is|are|was|were|lost|losing|wet|can't|cannot|cant"
    r"|couldn't|feel|feels|felt|get|getting|keep|the|a|my)\b"
)
_AFTER_DENIED = re.compile(
    r"^[^.!?;]{0,40}?(?:\b(?:is|are|was|were|all|both|seems?|still|feels?|function(?:s|ing)?"
    r"|control|movements?|has|have|been|remain(?:s|ed)?)\b[\s,]*){0,4}"
    r"\b(?:fine|ok|okay|normal|good|clear|intact|unaffected|unchanged|perfect|no problems?"
    r"|no issues?|no change|no changes|as usual|working fine|working normally"
    r"|absent|negative|ruled out|excluded|not affected|not an issue|not a problem|never an issue)\b"
)
_LIST_DENIED = re.compile(
    r"^[\s:?=()\-.,]{0,4}(?:-|:|\?|=|\(|->)[\s\"']*(?:no|nope|none|nil|never|n|negative"
    r"|denied|denies|fine|ok|normal|nah|not|absent)\b(?! (?:idea|longer|control|feeling"
    r"|sensation))"
)
_NOT_DENIED_BEFORE = re.compile(r"\b(?:not|never|isn't|aren't|n't)\s+(?:\w+\s+){0,2}$")
_RESOLVED = re.compile(
    r"\b(?:went away|gone away|has gone|have gone|is gone|are gone|it's gone|all gone"
    r"|gone now|now gone|resolved|cleared up|has cleared|better now|fine now"
    r"|healed|recovered|subsided|disappeared|went after|passed after|came back after"
    r"|back to normal|settled|eased off completely|all clear"
    r"|no longer|doesn't anymore|not any more|not anymore|stopped after|but not (?:now|since"
    r"|recently|lately))\b"
)
_PAST = re.compile(
    r"\b(?:used to|years? ago|decades? ago|back in (?:19|20)\d\d|in (?:19|20)\d\d|last year"
    r"|as a (?:kid|child|teen|teenager|student|youth)"
    r"|when i was (?:a |younger|young|little|\d+|pregnant|in|at)|in my (?:teens|twenties|20s"
    r"|thirties|30s|youth|childhood)|previously|in the past|historically|in college"
    r"|in high school|at school|at uni|at university|long ago|once had|previous|old injury"
    r"|childhood|months? ago|back then"
    r"|during my (?:last|first|second) pregnancy|with my (?:first|second|third))\b"
)
_NOW = re.compile(
    r"\b(?:now|still|since then|ever since|since|again|today|currently|these days|recently"
    r"|lately|started|began|this (?:week|morning|month))\b"
)
_CONDITION = re.compile(
    r"\b(?:(?<!as )if|in case|unless|should (?:it|i|you|this)|what if|were to"
    r"|before it|until it|in the event|lest|whether)\b"
)
_CONDITION_STOP = re.compile(
    r",\s*(?:i|my|it|the|there|then|both)\b|\bthen\b|\b(?:i|it)\s+(?!(?:start\w*|gets?|got"
    r"|begins?|have|has|am|become\w*|ever|suddenly|do|does|feels?|felt|lose|can't|cannot"
    r"|develop\w*|should|were|was|is|had|could|would|might|may|goes|go|keeps?"
    r"|turns?)\b)\w+[^,]*\b(?:i|my|it|the|there|both)\b"
)
_MODAL = re.compile(
    r"\b(?:would|wouldn't|could|couldn't be|might|may|may be|maybe|perhaps|will|won't|gonna"
    r"|going to|i'll|ll|it'll|should|can cause|can mean|can lead|could lead|turn(?:s|ing)? "
    r"(?:in)?to|turning out"
    r"|become|becoming|end(?:ing)? up|risk(?:ing)?|possib(?:le|ly|ility)|potential(?:ly)?"
    r"|chance of|likely|do i have|sign of|signs of|symptom of|symptoms of)\b"
)
_FEAR = re.compile(
    r"\b(?:afraid|scared|worried|worry|worrying|worries|fear|fearing|fears|terrified|paranoid"
    r"|anxious|concerned|concern|dread|dreading|nervous|panicking|panic|hope|hoping|hopefully"
    r"|fingers crossed|pray|praying|don't want|dont want|do not want|avoid|avoiding|prevent"
    r"|preventing|wondering if|wonder if|wondering whether|is this|could this be|googled"
    r"|google|googling|read about|reading about|read that"
    r"|heard about|heard that|told me to (?:look|watch)|look out for|looking out for"
    r"|watch out for|watch for|watching for|red flags?|warning signs?|things like"
    r"|something like|symptoms like|symptoms such as|stuff like|horror stories|dr google"
    r"|webmd)\b"
)
_WATCH = re.compile(
    r"\b(?:look(?:ing)? out for|watch(?:ing)? (?:out )?for|red flags?|warning signs?"
    r"|things like|symptoms like|symptoms such as|told me to (?:look|watch)|told to (?:look"
    r"|watch)|hopefully|google\w*|googling|read about|reading about|horror stories|dr google"
    r"|webmd)\b"
)
_ASKS = re.compile(
    r"^(?:\W*(?:so|and|or|but|also)\W+)?(?:is|could|can|might|does|do|would|should|what if"
    r"|how do i know|what about)\b"
)
_YES = re.compile(r"[^.?!]{0,15}\?\s*(?:yes|yep|yeah|y)\b")
_ANY = re.compile(r"\W*(?:any|do you|have you|are you|is there|did you|does it|has there)\b")
_GERUND = re.compile(
    r"^(?:losing|becoming|getting|going|having|wetting|leaking|not being able|being unable"
    r"|ending up)\b"
)
_DOUBLY = re.compile(
    r"\b(?:it's not (?:that|like|as if)|not that|isn't that|no history of|never had"
    r"|haven't had|no episodes? of|never been"
    r"|deny|denies|there's no|not like i|not as if i|no problems? with)\s+(?:\w+\s+){0,3}$"
)
_NO_LONGER = re.compile(r"\b(?:no longer|not any ?more|don't anymore)\s+(?:\w+\s+){0,2}$")
_SURE_NOW = re.compile(r"\b(?:because|since|as|cos|cuz|coz|but|and now|now|and my|and i)\b")
_FUTURE = re.compile(
    r"\b(?:will|i'll|going to|gonna|plan(?:ning)? (?:to|on)|want to|would like|thinking (?:of"
    r"|about)|considering|consider|should|shall|might|may|could|need to|intend|hope to"
    r"|try to (?:get|see)|about to|tomorrow|next week"
    r"|next month|booked|book|appointment|waiting (?:for|to)|scheduled|do i need|is it worth"
    r"|any point|has anyone|have you|did you|does anyone|recommend|anyone tried|ought to"
    r"|tempted|incorporat\w+|advised to|supposed to|meant to|haven't|havent|not yet|yet to"
    r"|never|don't|didn't|without)\b"
)
DISEASES = frozenset(
    [
        "cancer_history",
        "bone_stress",
        "pars_stress",
        "axial_spa",
        "fragile_bone",
        "claudication",
        "immunosuppressed",
        "reds",
        "spine_history",
    ]
)


_ADVERSATIVE = re.compile(r"\b(?:but|however|although|though|because|then|until|except)\b")
_OTHER_CLAUSE = re.compile(r"\b(?:i|he|she|otherwise|else|when|if|rest|run|running|walk|walking)\b")
_NOT_RESOLVED = re.compile(r"\b(?:not|hasn't|haven't|never|isn't|until|when|once|won't|doesn't)\b")
_CLAUSE = re.compile(
    r"\b(?:but|and|then|so|because|although|except|apart from|besides|other than)\b|[;,]"
)
_AHEAD = re.compile(
    r"[^,;]{0,25}\b(?:tomorrow|next week|next month|(?:on|next) (?:mon|tues|wednes|thurs"
    r"|fri)day|soon)\b"
)


class Scope(NamedTuple):
    """The judgement on one hit, and whose body it is about."""

    status: Status
    subject: Subject


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(text):
        found = match
    return found


def negated(sentence: str, start: int, end: int) -> bool:
    """Tell whether a negator before the hit, or a "fine" after it, denies the hit."""
    return _denied_before(sentence, start) or _denied_after(sentence, end)


def _denied_before(sentence: str, start: int) -> bool:
    before = _PSEUDO.sub(lambda match: " " * len(match[0]), sentence[:start])
    last = _last(_NEGATOR, before)
    if last is None:
        return False
    between = before[last.end() :]
    return _SCOPE_END.search(between) is None and len(between.split()) <= 14


def _denied_after(sentence: str, end: int) -> bool:
    after = sentence[end : end + 90]
    if _LIST_DENIED.match(after):
        return True
    cut = _ADVERSATIVE.search(after)
    stretch = after[: cut.start()] if cut else after
    match = _AFTER_DENIED.match(stretch)
    if not match:
        return False
    words = stretch[: match.end()]
    if _NOT_DENIED_BEFORE.search(words.rsplit(" ", 1)[0] + " "):
        return False
    return not _OTHER_CLAUSE.search(words)


_OWN_NEGATOR = re.compile(
    r"\b(?:no (?:feeling|sensation|sense of touch|strength|power)|not feeling right|not mine"
    r"|not able)\b"
)
_INNER_PAST = re.compile(r"\b(?:no longer|not any ?more|never again)\b")
_INNER = re.compile(
    r"\b(?:not|isn't|isnt|wasn't|wasnt|aren't|don't|dont|doesn't|doesnt|didn't|didnt|never"
    r"|without|no)\b"
)


_HOLDS_NEGATOR = re.compile(
    r"n't\b|\b(?:cant|cannot|not|no|nothing|never|without|unable|hardly|barely|dont"
    r"|doesnt|didnt|wont"
    r"|havent|couldnt|isnt|wouldnt|zero|incapable)\b"
)


def inner_status(words: str) -> Status:
    """Judge a negator that stands inside a hit ("my leg is not weak", "is no longer numb")."""
    if _INNER_PAST.search(words):
        return "past"
    return "denied" if _INNER.search(_OWN_NEGATOR.sub(" ", words)) else "present"


def doubly_denied(sentence: str, start: int) -> bool:
    """Tell whether a sign that contains its own negator is itself denied."""
    return bool(_DOUBLY.search(sentence[:start]))


def hypothetical(sentence: str, start: int, end: int, *, disease: bool, question: bool) -> bool:
    """Tell whether the hit is feared, possible, conditional or only asked about."""
    before = sentence[:start]
    condition = _last(_CONDITION, before)
    if condition is not None:
        clause = before[condition.end() :] + sentence[start : min(start + 2, end)]
        if not _CONDITION_STOP.search(clause):
            return True
    if _feared(sentence, start, end, disease=disease) or _modal(before, disease=disease):
        return True
    if _YES.match(sentence[end:]):
        return False
    if question and _ANY.match(sentence):
        return True
    return question and disease and bool(_ASKS.search(before))


def _feared(sentence: str, start: int, end: int, *, disease: bool) -> bool:
    fear = _last(_FEAR, sentence[:start])
    if fear is None:
        return False
    between = sentence[fear.end() : start]
    if _SURE_NOW.search(between):
        return False
    unowned = not re.search(r"\b(?:i|my)\b", sentence[fear.end() : end])
    watched = bool(_WATCH.match(fear[0]))
    gerund = bool(_GERUND.match(sentence[start:end]))
    return disease or watched or unowned or gerund or bool(_MODAL.search(between))


def _modal(before: str, *, disease: bool) -> bool:
    modal = _last(_MODAL, before)
    if modal is None:
        return False
    between = before[modal.end() :]
    if _SURE_NOW.search(between):
        return False
    if disease:
        return len(between.split()) <= 8
    if re.match(r"\s*(?:have|of|'ve|ve)\b", between):
        return False  # "might have wet myself" is a thing that happened
    near = 6 if modal[0] in {"would", "wouldn't", "might", "could", "may"} else 3
    return "," not in between and len(between.split()) <= near


_WEEKS_AGO = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|\d+|several|few|couple of) (?:weeks|wks|months)"
    r" ago\b"
)


def weeks_over(sentence: str) -> bool:
    """Tell whether a passing illness ("a fever three weeks ago") is said to lie weeks back."""
    return bool(_WEEKS_AGO.search(sentence)) and not _NOW.search(sentence)


def past(sentence: str, start: int, end: int) -> bool:
    """Tell whether the hit is said to be over."""
    after = sentence[end : end + 80]
    resolved = _RESOLVED.search(after)
    if resolved and not _NOT_RESOLVED.search(after[: resolved.start()]):
        return True
    clause = f"{sentence[max(0, start - 110) : start]}|{sentence[end : end + 60]}"
    return bool(_PAST.search(clause)) and not _NOW.search(clause)


def judge(
    sentence: str,
    start: int,
    end: int,
    *,
    sure: bool = False,
    history: bool = False,
    disease: bool = False,
    question: bool = False,
) -> Scope:
    """Judge one hit in one sentence of folded text."""
    subject = subject_of(sentence, start, end)
    supposed = hypothetical(sentence, start, end, disease=disease, question=question)
    if history:
        denied = _denied_before(sentence, start)
        return Scope("denied" if denied else "hypothetical" if supposed else "present", subject)
    if not sure and _NO_LONGER.search(sentence[:start]):
        return Scope("past", subject)
    if sure and _HOLDS_NEGATOR.search(sentence[start:end]):
        denied = doubly_denied(sentence, start)
    else:
        denied = negated(sentence, start, end)
    if denied:
        return Scope("denied", subject)
    if supposed:
        return Scope("hypothetical", subject)
    return Scope("past" if past(sentence, start, end) else "present", subject)


def only_planned(sentence: str, start: int, end: int) -> bool:
    """Tell whether something tried or somebody seen lies still ahead, or was not done."""
    cut = _last(_CLAUSE, sentence[:start])
    clause = sentence[cut.end() if cut else 0 : start]
    return bool(_FUTURE.search(clause) or _AHEAD.match(sentence[end:]))
