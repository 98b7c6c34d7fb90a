"""Whose body the text is about, decided for the whole text before anything else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from backinstride.story.people import subjects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backinstride.story.findings import Mention

About = Literal["self", "other", "none"]

EMERGENCY = frozenset(
    [
        "saddle_numbness",
        "bladder",
        "bowel",
        "sexual_function",
        "both_legs",
        "leg_weakness",
        "chest_symptoms",
        "sudden_tearing",
        "major_trauma",
        "dark_urine",
        "compartment",
        "confusion_collapse",
        "gi_bleed",
    ]
)
_BACK_SITES = frozenset(
    ["low_back", "mid_back", "upper_back", "back", "sacrum", "tailbone", "buttock", "hip", "flank"]
)
_FOR_OTHER = re.compile(
    r"\b(?:asking|posting|writing|ask|post|question|help|advice|here)\b[^.!?\n]{0,25}\b(?:for"
    r"|on behalf of|about)\s+(?:a|my|our|one of my)\s+(?:[\w'-]+\s+){0,3}?"
    r"(?:friend|mate|wife|husband|partner|girlfriend|boyfriend|son|daughter|mum|mom|dad"
    r"|mother|father|brother|sister|athlete|client|student|kid|child|buddy|colleague|teammate"
    r"|runner)\b|\bon behalf of\b|\bcoach here\b|\bone of my (?:athletes|runners|clients"
    r"|students)\b|\bmy (?:athlete|client|student|patient)\b|\bi coach\b|\bathlete is\b"
    r"|\bi'm a (?:\w+ )?coach\b"
)
_ADVICE = re.compile(
    r"\b(?:you should|you need|you might|you may|you can|you could|your (?:doctor|doc|gp"
    r"|physio|pt)|i would see|i'd see|i would get|get yourself|make sure|be sure|try (?:to"
    r"|the|some|a|out)\b|have you|are you|do you|did you|you've|if you|you're|good luck"
    r"|well wishes|hope (?:this|that|it) helps|i recommend|i'd recommend|i suggest"
    r"|i'd suggest|i'd rather you|my advice|agree with|for you\b|how's your|what about your"
    r"|stretch your|see your|check your|i used to|no scientific advice|advice for you)\b"
)
_YOU = re.compile(r"\b(?:you|your|you're|you've|yourself|youre)\b")
_FIRST = re.compile(r"\b(?:i|i'm|im|i've|ive|my|me|myself|i'd|i'll|mine)\b")
_TO_READERS = re.compile(
    r"\b(?:any(?:one|body)?|does|has|have|can|could|would|do|thank|thanks|what do|let me know"
    r"|if)\b[^.!?\n]{0,14}\byou(?:r)?\b[^.!?\n]{0,30}\b(?:help|think|suggest|recommend|share"
    r"|advice|advise|experience|guys|all|had this|tips|ideas)\b|\bthank you\b|\bthanks for "
    r"(?:all )?your\b|\byou (?:guys|all)\b|\byou can share\b|\bhelp you can\b|\byou know\b"
    r"|\bwould you\b|\bdo you think\b|\bwhat (?:would|do|did) you\b|\bhow do you\b"
    r"|\bfor you\b(?=[^a-z]*$|[.!?\n])|\bwhen you (?:tap|touch|press|push)\b"
    r"|\bas you do\b|\bbelieve (?:you me|it or not)\b"
)
_GENERIC = re.compile(
    r"\b(?:can be|often|may be|usually|are caused|is caused|can cause|can result|tend to"
    r"|typically|commonly"
    r"|it is important|it's important|studies|research|experts|according to|for example"
    r"|this means)\b"
)
_THIRD = re.compile(r"\b(?:he|she|he's|she's|his|her)\b")
_NOT_BACK = re.compile(r"\bnot (?:my |the |with my )?back\b|\bonly (?:with |in )?my knees?\b")
_KNEE = re.compile(r"\b(?:knees?|shins?|ankles?|achilles|plantar|it band|itb|itbs|calf|foot)\b")


def _symptom(mention: Mention) -> bool:
    """Tell whether a mention says that somebody's back, or a warning sign, is or was there."""
    if mention.status not in {"present", "past"}:
        return False
    if mention.kind == "sign":
        return True
    if mention.kind == "site":
        return mention.id in _BACK_SITES
    return mention.kind == "quality" and not _KNEE.search(mention.sentence.text)


def _kind_of(mention: Mention, *, fragments_are_self: bool) -> str | None:
    if mention.subject == "nobody":
        return "self" if fragments_are_self else None
    return mention.subject


def decide(reading: str, mentions: Sequence[Mention]) -> About:
    """Return whose body it is: a written rule of thumb, the same for any order of sentences."""
    first = bool(_FIRST.search(reading))
    you = len(_YOU.findall(_TO_READERS.sub(" ", reading)))
    own: list[Mention] = []
    others: list[Mention] = []
    symptoms = [m for m in mentions if _symptom(m)]
    named = {m.subject for m in symptoms}
    told_of = subjects(reading)
    theirs = "other" in told_of and "self" not in told_of
    fragments = you == 0 and not theirs and ("other" not in named or "self" in named)
    for mention in symptoms:
        whose = _kind_of(mention, fragments_are_self=fragments)
        whose = "other" if whose is None and theirs else whose
        if whose == "self":
            own.append(mention)
        elif whose == "other":
            others.append(mention)
    if not first and not others and (you >= 2 or len(_GENERIC.findall(reading)) >= 2):
        return "none"
    if _for_another(reading, own, others):
        return "other"
    if own:
        return _own_or_advice(reading, own, you)
    if others and not all(map(_long_over, others)):
        return "other"
    if you >= 2 or (you == 1 and (not first or _ADVICE.search(reading))):
        return "none"
    return _of_whom(reading, first=first)


def _of_whom(reading: str, *, first: bool) -> About:
    """Return whose words these are where no complaint was found in them: never lightly nobody's."""
    if first:
        return "self"
    if _THIRD.search(reading):
        return "other"
    return "none" if _ADVICE.search(reading) or _GENERIC.search(reading) else "self"


def _for_another(reading: str, own: list[Mention], others: list[Mention]) -> bool:
    if _FOR_OTHER.search(reading) and (others or not own):
        return True
    own_now = {m.sentence.start for m in own if m.status == "present"}
    current = [m for m in others if m.status == "present" and not (own and _long_over(m))]
    their_now = {m.sentence.start for m in current}
    if not own and others and all(map(_long_over, others)) and "self" in subjects(reading):
        return False  # somebody else's old story, told by a person who has one of their own
    urgent_other = any(m.id in EMERGENCY for m in current)
    urgent_own = any(m.id in EMERGENCY and m.status == "present" for m in own)
    if urgent_other and not urgent_own and len(their_now) >= len(own_now):
        return True
    return len(their_now) > len(own_now) and not urgent_own


_THEIR_PAST = re.compile(
    r"\b(?:had|was|were|couldn't|could not|lost|got|went|ended up|died|did|used to"
    r"|needed|fell|broke|[a-z]{3,}ed)\b"
)
_THEIR_NOW = re.compile(
    r"\b(?:has|is|can't|cannot|cant|keeps?|gets?|says|doesn't|isn't|now|today|yesterday"
    r"|this morning"
    r"|last night|this (?:week|weekend|afternoon|evening)|still|since|on (?:mon|tues"
    r"|wednes|thurs|fri|satur|sun)day|he's|she's)\b"
)


def _long_over(mention: Mention) -> bool:
    """Tell whether another person's sign is told as a thing of the past ("my mum had …")."""
    text = mention.sentence.text
    return bool(_THEIR_PAST.search(text)) and not _THEIR_NOW.search(text)


def _own_or_advice(reading: str, own: list[Mention], you: int) -> About:
    """Tell a person's own complaint from an adviser's memory of one."""
    if any(m.kind == "sign" and m.id in EMERGENCY and m.status == "present" for m in own):
        return "self"
    advising = you >= 2 and bool(_ADVICE.search(reading))
    if not advising:
        return "self"
    if _NOT_BACK.search(reading):
        return "none"
    back = [m for m in own if m.kind != "quality" and m.status == "present"]
    named = [m for m in back if m.subject == "self" and not m.sentence.question]
    return "self" if named else "none"
