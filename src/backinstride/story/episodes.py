"""Episodes: when in a run the pain came, at what distance, where, how it felt, what eased it."""

from __future__ import annotations

import re
from bisect import bisect_left
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from backinstride.story.dates import relative_day
from backinstride.story.scope import judge
from backinstride.values import ToldEpisode, When

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from backinstride.story.findings import Mention
    from backinstride.story.numbers import Quantity
    from backinstride.story.surface import Sentence

_PAIN = (
    r"(?:pain\w*|ache\w*|aching|hurt\w*|spasm\w*|spazz\w*|cramp\w*|seiz\w*|lock\w*|tighten\w*"
    r"|tight|tightness|stiff\w*|sore\w*|twinge\w*|knot\w*|went|gave|flar\w*|burn\w*|throb\w*"
    r"|stab\w*|shooting"
    r"|problem|discomfort|it (?:started|starts|begins|comes|came|kicks|hits|hit)|started"
    r"|starts|kick\w* in|grab\w*|clench\w*|numb\w*|tingl\w*|niggl\w*|agony|pulled|tweak\w*"
    r"|strained|injured|go(?:es)? into|set(?:s)? in)"
)
_NEXT_DAY = re.compile(
    r"\b(?:the )?(?:next|following) (?:day|morning|mornings|days)\b|\b(?:the )?(?:day"
    r"|morning) after\b|\b(?:a|one) day (?:later|after)\b|\bwoke (?:up )?(?:\w+ ){0,3}(?:with|to"
    r"|in|and|stiff|unable|sore|barely|hardly|the)\b|\bwoke up\b|\bwake up (?:\w+ ){0,3}(?:with"
    r"|stiff|sore|like)\b|\b(?:the )?morning(?:s)? after\b|\bovernight\b"
    r"|\bthis morning\b[^.!?]{0,60}\byesterday\b|\b(?:24|12|36|48) ?(?:h|hrs?|hours) (?:after"
    r"|later)\b|\bthe day following\b"
)
_AFTER = re.compile(
    r"\bafter (?:almost |nearly |every |each |any |my |a |the |long |longer |hard |finishing "
    r"|completing |all |about |doing |most |today's |yesterday's |this |that "
    r"|some )*(?:[\w'-]+ ){0,4}?(?:runs?|running|race|marathon|half|10k|5k|workout|session"
    r"|long run|ran|training|exercise|finish\w*|jog\w*|\d+ ?(?:ks?|kms?|miles?|milers?)|speedwork"
    r"|intervals|hills|long ones?|practice|parkrun|track)\b|\bsince (?:i ran|i did|running"
    r"|finishing|my|the|that|doing) (?:[\w'-]+ ){0,3}?(?:run|race|marathon|half|10k|miler|ultra"
    r"|parkrun)\b|\bin the car (?:home|after|later)|\bdriv(?:e|ing) home\b|\b(?:got|get) home\b"
    r"|\bafter(?:wards)?\s*$|\b(?:few|couple of|two|three|four|five|six|\d+|an?) (?:hours?|minutes"
    r"|mins?|hrs?) (?:after|later|post)\b|\bpost[ -]?run\b|\bonce i (?:stop|stopped|finish"
    r"|finished|cool|get home|got home|sit|sat)\b|\bwhen i (?:stop|stopped|finish|finished"
    r"|got home|get home|sat down|cooled)\b|\bafterwards?\b|\blater that (?:day|evening|night"
    r"|afternoon)\b|\bthat (?:evening|night|afternoon)\b|\bafter(?:,| i (?:stop|finish|ran|run|got"
    r"|get))\b|\bas soon as i (?:stop|stopped|finish|finished)\b|\b(?:in the evenings?|(?:walk"
    r"|way) (?:back )?to the car|in the shower after|evening after)\b|\bhours later\b"
    r"|\bcrossing the (?:finish )?line\b"
)
_DURING = re.compile(
    r"\b(?:during|while|whilst|when|as) (?:i(?:'m| am| was)? )?(?:my |a |the |any |every |long "
    r"|longer |on |out )*(?:[\w'-]+ ){0,3}?(?:runs?|running|ran|jog\w*|race|racing|marathon|half"
    r"|workout|session|sprint\w*|interval\w*|rep|reps|long run)\b|\b(?:mid|middle of (?:a|my|the)"
    r"|halfway (?:through|into)|half way (?:through|into)|part ?way (?:through|into)"
    r"|in the middle of|minutes into|min into|mins into|miles? into|km into|k into|into (?:a|my"
    r"|the|any|every) (?:[\w'-]+ ){0,3}(?:run|race|marathon|half|session|workout))\b|\b(?:at|by"
    r"|around|from|past|after|about|every time i hit) (?:about |around |roughly |mile |km "
    r"|the )*(?:mile|km|k|\d+(?:\.\d+)?)(?:[ -]?(?:miles?|mi|km|k|mark|minutes?|mins?|marker))?\b"
    r"|\bstop(?:ped|s)? (?:me )?(?:mid|running|in my tracks|dead)\b|\bhad to (?:stop|walk"
    r"|pull over|quit|drop out|dnf|limp home|call)\b|\bon (?:my|a|the|today's"
    r"|yesterday's) (?:[\w'-]+ ){0,3}(?:run|jog|long run)\b|\bevery (?:time i run|run)\b"
    r"|\bmid[- ]?run\b|\bwhenever i run\b|\bforced to (?:stop|walk)\b|\bdnf\b|\bevery step\b"
    r"|\bonce i (?:start|get going|hit)\b|\b(?:first|second|third|fourth|last) (?:rep|interval|lap"
    r"|km|mile)\b|\bin (?:a|my|the) [\w' -]{0,20}(?:session|workout|run|race)\b|\bon (?:the "
    r"|any )?(?:up|down)?hills?\b"
)
_FELT_FINE = re.compile(
    r"\b(?:no pain|felt (?:fine|great|good|amazing|ok|okay|strong)|feeling (?:fine|great|good"
    r"|ok)|without (?:any )?pain|pain[- ]free|run (?:itself )?was (?:fine|ok|great)|fine "
    r"(?:during|while))\b"
)
_ONSET = re.compile(
    r"\b(?:at|by|after|from|past|mile|km|hit|hits|reached|reach|until|till|within|got to"
    r"|get to|made it to|made it|lasted|managed|pass|beyond|over|more than|longer than"
    r"|further than|around|about|roughly|approximately)\s+(?:about |around |roughly |only "
    r"|just |the |mile |approx |approximately |exactly |a |my |i hit |i reach |i get to "
    r"|maybe |like |first |last |km )*$"
)
_PLANNED = re.compile(
    r"\b(?:supposed to (?:do|run|be)|meant to (?:do|run|be)|plan(?:ned|ning)?(?: to (?:do"
    r"|run))?(?: a| on| for)?|scheduled(?: to (?:do|run)| for| a)?|aim(?:ed|ing)? (?:for|to (?:do"
    r"|run))|trying to (?:finish|run|do|complete|get through)|attempt(?:ed|ing)?(?: to (?:do"
    r"|run))?(?: a| my)?|(?:set|went|headed|gone|go) out (?:to (?:do|run)|for|on)(?: a)?"
    r"|out of(?: a)?|of (?:a|my|the)(?: planned)?|into (?:a|my|the)(?: planned)?|during (?:a|my"
    r"|the)(?: planned)?|on (?:a|my)(?: planned)?|was doing(?: a)?|going for(?: a)?|intended"
    r"|calls for|called for)\s*(?:about |around |the |an? |my )*$"
)
_ANOTHER = re.compile(
    r"\b(?:(?:a )?(?:few|couple of|couple|two|three|four|five|six|\d+) (?:weeks?|months?"
    r"|days?|years?) ago|last (?:week|month|year|time|weekend|autumn|spring|summer|winter)"
    r"|(?:first|other|previous|last)(?: one| time)? (?:was|happened|came)"
    r"|the first time|previous(?:ly)?|before that|earlier this|i had (?:that|this|it"
    r"|the same)|same thing happened|happened (?:again|before)|then again|second time|again "
    r"(?:on|at|last|yesterday|today)|the other day|back in (?:jan|feb|mar|apr|may|jun|jul|aug"
    r"|sep|oct|nov|dec)\w*)\b"
)
_FIRST_TIME = re.compile(
    r"\b(?:never (?:had|experienced|felt|happened)\b|first time (?:this|it|ever|i've "
    r"(?:ever )?)|never (?:\w+ ){0,3}before|first (?:ever )?episode|out of nowhere"
    r"|out of the blue|(?:haven't|hadn't) (?:had|experienced|felt) (?:\w+ ){0,4}before|no "
    r"(?:previous|prior|past) (?:history|back|injur)|no history of back)\b"
)
_RECURRENT = re.compile(
    r"\b(?:again|recurr\w*|keeps? (?:happening|coming|going|getting)|every (?:time|run"
    r"|long run)|each time|on occasion|occasional(?:ly)?|sometimes|always|often|frequent"
    r"(?:ly)?|usually|whenever|on and off|off and on|comes and goes|flare[- ]?ups?|for years"
    r"|second time|third time|\dth time|happened before|had (?:this|it|that) before"
    r"|same thing|keep (?:getting|having)|almost any|any (?:light )?exercise"
    r"|the first time i had|several times|multiple times|few times|relapse|i get back|returns"
    r"|came back|come back|been having|getting (?:back|muscle)? ?spasms)\b"
)
_EASED = re.compile(
    r"\b(?:help(?:s|ed)?|eas(?:es|ed)|reliev(?:es|ed)|works?|worked|better|calms?|loosen(?:s"
    r"|ed)?|improv(?:es|ed|ing)|sort(?:s|ed) it|does wonders|takes the edge|went away"
    r"|goes away|relief|settle[sd]?|seemed to help|seems to help)\b"
)
_NOT_EASED = re.compile(
    r"\b(?:to no avail|no avail|without success|(?:didn't|doesn't|did not|does not|hasn't"
    r"|hasnt|haven't|don't|not|never|isn't|wasn't|no|nothing|none|neither|hardly|barely) "
    r"(?:\w+ ){0,4}(?:help\w*|work\w*|eas\w*|reliev\w*|better|relief|improv\w*|difference"
    r"|touch\w*|good|luck|budge)|no (?:relief|joy|luck|difference|improvement|effect|use)"
    r"|made it worse|makes it worse|made no difference|only (?:made|makes)|useless|waste of"
    r"|couldn't)\b"
)


_NOT_ONSET = re.compile(
    r"\b(?:pick(?:ed)? me up|walked (?:to|until|till)|gave up|pulled out|dropped out|finished"
    r"|pee\w*|toilet|loo|gel|water|felt (?:fine|good|great|ok)"
    r"|fine)\b(?! (?:un)?till?\b)[^,;]{0,12}$|\bafter (?:my|a|the|finishing|running|completing"
    r"|doing|my first|today's|yesterday's)\s(?:[\w'-]+\s){0,3}$|\b(?:finish\w*|ran|run (?:for"
    r"|about)|runs of|went for|did|done|signed|training|train|mpw|longest|average|averaging"
    r"|up to)\b[^,;]{0,22}$"
)
_INTO_RUN = re.compile(
    r"\s*(?:(?:out )?of (?:a|my|the) planned\b|in\b(?! (?:total|training|march|may|june|july"
    r"|the (?:past|last))|\s*\d)|into (?:a|my|the|it|every|any|each|today|most|long)\b|in to\b"
    r"|mark\b|point\b|marker\b|onwards?\b|and (?:then )?(?:my|the) (?:lower |low )?back (?:starts"
    r"|goes|locks|seizes|spasms|cramps|tightens)|before (?:my|the|it|a|i)\b|it (?:starts|started"
    r"|hits|hit|comes|kicks|goes|seizes|locks))"
)
_BEGINS = re.compile(
    r"\b(?:start\w*|began|begin\w*|lock\w*|seiz\w*|went|goes|comes? on|came on|kicks? in|hit"
    r"|hits|tighten\w*|spasm(?:s|ed)\b|cramp(?:s|ed)\b|grab\w*|gives?|gave|had to (?:stop"
    r"|walk)|creeps?|shows? up|flares?)\b"
)
_REPS = re.compile(r"\b(?:after|ie|i\.e|any|over|longer|every)\b")
_FROM_END = re.compile(
    r"\s*(?:left|to go|from home|from the (?:finish|end|car)|away|walk\b|ride|bike|swim)\b"
)
_NOT_RUN = re.compile(
    r"\b(?:training for|signed up|longest|usually|normally|per|used to|have run|want|would"
    r"|goal|for my|for the|for a|walk(?:ed)?|cycled?|biked?|swam|averag\w+|up to"
    r"|from)\b[^,;.]{0,30}$"
)
_RAN_EVENT = re.compile(r"\b(?:after|ran|finish\w*|did|complet\w*|during|in|since)\b")


class Told(NamedTuple):
    """Episodes, and the starts of the numbers that are theirs (not to be read as training)."""

    episodes: tuple[ToldEpisode, ...]
    own_run: frozenset[int]
    onset: Quantity | None
    planned: Quantity | None
    open: tuple[Quantity, ...]


class _Bout(NamedTuple):
    """What one stretch of sentences says of one bout."""

    when: When
    onset: Quantity | None
    planned: Quantity | None
    start: int
    end: int
    text: str


_CAUSES = re.compile(
    r"\b(?:jog|run|running|warm[- ]?up|running uphill)\b[^.!?]{0,60}\b(?:causes?|caused"
    r"|causing|makes?|made|sets? off|brings? on|triggers?)\b[^.!?]{0,30}\b(?:back|spine|hip)"
)


_STRUCK = re.compile(
    r"\b(?:lock(?:ed|s)? up|locked|seiz(?:ed|es)|spasm(?:s|ed)?|cramp(?:s|ed)|had to (?:stop|walk"
    r"|quit|pull over)|gave out|went into|grabbed|stopped me|forced me)\b"
)
_THE_OTHER = re.compile(
    r"\b(?:first|other|previous|last)(?: one| time)? (?:was|happened|came(?: on)?)(?: \w+){0,3} "
    r"(?:at|after|around)(?: about| around| mile| km)*\s*$"
)


def _in(sentence: Sentence, quantities: Sequence[Quantity]) -> list[Quantity]:
    return [q for q in quantities if sentence.start <= q.start < sentence.end]


def _pain_in(text: str) -> bool:
    return bool(re.search(rf"\b{_PAIN}\b", text))


def _when(text: str, onset: Quantity | None) -> When:
    """Return when the pain came, by the words of one bout."""
    morning = _NEXT_DAY.search(text)
    if morning and (onset is None or not _STRUCK.search(text[: morning.start()])):
        return "next_day"
    if onset is not None:
        return "during"
    after, during = _AFTER.search(text), _DURING.search(text)
    if after and (not during or _FELT_FINE.search(text) or during.start() >= after.start()):
        return "after"
    if during or _CAUSES.search(text):
        return "during"
    return "after" if after else "unknown"


class _Distances(NamedTuple):
    """The distances of one sentence: where the pain came, what was planned, what was run."""

    onset: Quantity | None = None
    planned: Quantity | None = None
    ran: Quantity | None = None


def _is_onset(q: Quantity, before: str, after: str) -> bool:
    """Tell whether a distance is the point at which something began."""
    if re.match(r"\s*before (?:my|the|it|a|i)\b", after) and _BEGINS.search(after):
        return True
    if _NOT_ONSET.search(before) or (q.kind == "event" and q.note != "race"):
        return False
    if q.note == "mark" or _INTO_RUN.match(after):
        return True
    return bool(_ONSET.search(before)) and _begins_there(before, after)


def _begins_there(before: str, after: str) -> bool:
    """Tell whether "about 5 km" or "after 5 km" is where it began, and not the run's length."""
    if re.search(r"\b(?:around|about|roughly|approximately)\s+$", before) and not re.search(
        r"\b(?:at|by|after|from|past|until|hit|within)\s+\w+\s+$", before
    ):
        return bool(_BEGINS.search(before))
    if re.search(r"\bafter (?:about |around |roughly |only |just |the first |a )*$", before):
        return bool(_BEGINS.search(after[:70]) or _BEGINS.search(before))
    return True


def _distances(sentence: Sentence, quantities: Sequence[Quantity], *, painful: bool) -> _Distances:
    """Return onset, planned and merely run distance of a sentence."""
    onsets: list[Quantity] = []
    planned = ran = None
    text = sentence.text
    for q in _in(sentence, quantities):
        before, after = text[: q.start - sentence.start], text[q.end - sentence.start :]
        if q.kind == "sets" and q.high is None and painful and _REPS.search(text):
            onsets.append(q)
        if q.kind not in {"distance", "event"} or _FROM_END.match(after):
            continue
        if _PLANNED.search(before):
            planned = planned or q
        elif painful and _is_onset(q, before, after):
            onsets.append(q)
        elif q.note == "mark" or _NOT_RUN.search(before):
            continue
        elif q.kind == "distance" or _RAN_EVENT.search(before):
            ran = ran or q
    return _Distances(_nearest(onsets, sentence), planned, ran)


def _nearest(onsets: list[Quantity], sentence: Sentence) -> Quantity | None:
    """Return the distance that stands closest to a word of pain."""
    pains = [m.start() + sentence.start for m in re.finditer(rf"\b{_PAIN}\b", sentence.text)]
    pains += [m.start() + sentence.start for m in re.finditer(r"\bback\b", sentence.text)]
    if not onsets or not pains:
        return onsets[0] if onsets else None
    return min(onsets, key=lambda q: min(abs(q.start - at) for at in pains))


_SAME = re.compile(r"\bi (?:had|got|get) (?:that|this|it|the same)\b")
_IT_BEGAN = re.compile(
    r"(?:it |this |that |the pain |which |all )?(?:started|began|came on|kicked in)\b"
)
_IN_GENERAL = re.compile(r"\b(?:usually|generally|normally|always|sometimes|any|often|tends? to)\b")
_ON_A_RUN = re.compile(
    r"\b(?:during|on|in|into) (?:a|my|the)\b|\b(?:today|yesterday|(?:mon|tues|wednes|thurs"
    r"|fri|satur|sun)day)'s\b"
)


class _Waiting(NamedTuple):
    """A run told before its pain: distance, plan, its words, and where it stands."""

    ran: Quantity | None = None
    planned: Quantity | None = None
    text: str = ""
    position: int = -9


def _bouts(
    sentences: Sequence[Sentence], quantities: Sequence[Quantity], symptom_at: frozenset[int]
) -> list[_Bout]:
    bouts: list[_Bout] = []
    waiting = _Waiting()
    for position, sentence in enumerate(sentences):
        text = sentence.text
        here = sentence.start in symptom_at or bool(_SAME.search(text))
        near = position - waiting.position <= 2
        if not here and near and _NEXT_DAY.search(text) and _pain_in(text):
            here = True
        here = here or bool(_IT_BEGAN.match(text))
        hurting = here or (_pain_in(text) and not _FELT_FINE.search(text))
        told = _distances(sentence, quantities, painful=hurting)
        if not here and told.onset is None:
            waiting, bouts = _wait(told, text, position, waiting, bouts)
            continue
        bout = _bout(sentence, told, waiting if near else _Waiting())
        if bout.onset or bout.planned or bout.when != "unknown":
            bouts += [bout, *_earlier(sentence, quantities, bout)]
            waiting = _Waiting()
        elif told.ran is not None:
            waiting = _Waiting(told.ran, None, text, position)
    return bouts


def _earlier(sentence: Sentence, quantities: Sequence[Quantity], bout: _Bout) -> list[_Bout]:
    """Return a bout told in the same breath: "second time in a month, first was at 10 miles"."""
    for q in _in(sentence, quantities):
        before = sentence.text[: q.start - sentence.start]
        other = _THE_OTHER.search(before)
        if q.kind != "distance" or other is None or q in {bout.onset, bout.planned}:
            continue
        start = sentence.start + other.start()
        return [_Bout("during", q, None, start, q.end, sentence.text[other.start() :])]
    return []


def _wait(
    told: _Distances, text: str, position: int, waiting: _Waiting, bouts: list[_Bout]
) -> tuple[_Waiting, list[_Bout]]:
    """Keep a run that is told without pain; a plan told just after the pain belongs to it."""
    if told.planned is not None and bouts and bouts[-1].planned is None and waiting.ran is None:
        return waiting, [*bouts[:-1], bouts[-1]._replace(planned=told.planned)]
    if told.ran is not None or told.planned is not None:
        return _Waiting(told.ran, told.planned, text, position), bouts
    return waiting, bouts


def _bout(sentence: Sentence, told: _Distances, waiting: _Waiting) -> _Bout:
    text = sentence.text
    onset, planned = told.onset, told.planned or waiting.planned
    when = _when(text, onset)
    ran = told.ran or waiting.ran
    if when in {"next_day", "after"} and onset is None and not _IN_GENERAL.search(text):
        onset = ran
    elif onset is None and planned is None and ran is not None and _ON_A_RUN.search(text):
        planned = ran
    elif (
        onset is not None
        and planned is None
        and told.ran is not None
        and told.ran.start != onset.start
    ):
        planned = told.ran if _ON_A_RUN.search(text) or "long run" in text else None
    return _Bout(when, onset, planned, sentence.start, sentence.end, f"{waiting.text} {text}")


def _merge(bouts: list[_Bout]) -> list[_Bout]:
    """Join what is said of the same bout; one told as another, with its own number, stays."""
    merged: list[_Bout] = []
    for bout in bouts:
        if not merged:
            merged.append(bout)
            continue
        main = merged[0]
        numbers = [q for q in (bout.onset, bout.planned) if q is not None]
        another = bool(_ANOTHER.search(bout.text)) and bool(numbers)
        clash = bool(
            bout.onset
            and main.onset
            and bout.onset.start != main.onset.start
            and bout.when == main.when
        )
        if another or (clash and bout.when != "unknown"):
            merged.append(bout)
            continue
        merged[0] = main._replace(
            when=main.when if main.when != "unknown" and not _better(main, bout) else bout.when,
            onset=main.onset
            if main.onset and not _better(main, bout)
            else bout.onset or main.onset,
            planned=main.planned or bout.planned,
            end=max(main.end, bout.end),
            text=f"{main.text} \n {bout.text}",
        )
    return merged


def _better(main: _Bout, new: _Bout) -> bool:
    """Tell whether a bout with a distance replaces a general remark without one."""
    return main.onset is None and new.onset is not None and new.when != "unknown"


def _km(q: Quantity | None) -> float | None:
    return (
        round(q.value, 2) if q is not None and isinstance(q.value, float) and q.value > 0 else None
    )


def read_episodes(
    sentences: Sequence[Sentence],
    quantities: Sequence[Quantity],
    mentions: Sequence[Mention],
    written_on: dt.date | None,
    patient: frozenset[str],
) -> Told:
    """Return the episodes of the person the text is about; the first is the main one."""
    mine = [m for m in mentions if m.subject in patient and m.status in {"present", "past"}]
    symptoms = [m for m in mine if m.kind in {"site", "quality"} or m.kind == "sign"]
    pains = [m for m in symptoms if m.kind != "site" or _pain_in(m.sentence.text)] or symptoms
    at = frozenset(m.sentence.start for m in pains) | _plain_pain(sentences, patient)
    if not at:
        return Told((), frozenset(), None, None, ())
    first = next(s for s in sentences if s.start in at)
    plain = _Bout("unknown", None, None, first.start, first.end, first.text)
    bouts = _merge(_bouts(sentences, quantities, at)) or [plain]
    episodes = [
        _episode(bout, number, mine, quantities, sentences, written_on, len(bouts))
        for number, bout in enumerate(bouts)
    ]
    own, unread = _own_run(bouts, sentences, quantities), tuple(q for q in quantities if q.open)
    return Told(tuple(episodes), own, bouts[0].onset, bouts[0].planned, unread)


_PLAIN_PAIN = re.compile(r"\b(?:pains?|painful|hurts?|hurting)\b")


def _plain_pain(sentences: Sequence[Sentence], patient: frozenset[str]) -> frozenset[int]:
    """Return the starts of the sentences in which the patient has pain, in just that word."""
    found = set()
    for sentence in sentences:
        for match in _PLAIN_PAIN.finditer(sentence.text):
            scope = judge(sentence.text, match.start(), match.end())
            if scope.status == "present" and scope.subject in patient:
                found.add(sentence.start)
    return frozenset(found)


def _own_run(
    bouts: list[_Bout], sentences: Sequence[Sentence], quantities: Sequence[Quantity]
) -> frozenset[int]:
    """Return the starts of the numbers of the main bout's own run."""
    main = bouts[0]
    if (
        main.onset is not None
        and main.onset.kind == "event"
        and re.search(r"\b(?:i've been|have been|been getting|still get|ever since)\b", main.text)
    ):
        return frozenset()
    own = {q.start for q in (main.onset, main.planned) if q is not None}
    for sentence in sentences:
        if main.start <= sentence.start < main.end:
            own |= {
                q.start
                for q in _in(sentence, quantities)
                if q.kind in {"distance", "event"}
                and (q.start in own or q.note in {"mark", "bare"})
            }
    if main.when == "during":
        own |= {q.start for q in quantities if q.note == "mark"}
    for bout in bouts[1:]:
        if bout.planned is not None and bout.onset is None:
            own.add(bout.planned.start)
        if bout.when == "during" and bout.onset is not None:
            own.add(bout.onset.start)
    return frozenset(own)


_LIMBS = ("hip", "leg", "knee", "foot", "thigh", "shoulder", "neck", "abdomen", "groin",
          "buttock", "flank")  # fmt: skip
_BACK = ("low_back", "mid_back", "upper_back", "sacrum")


def sites_of(mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Return where it hurts, in the order told; "back" only where no part of it is named."""
    found: list[str] = []
    for mention in mentions:
        if (
            mention.kind != "site"
            or mention.status not in {"present", "past"}
            or mention.id in found
        ):
            continue
        if mention.id in _LIMBS and not _complaint(mention):
            continue
        found.append(mention.id)
    if "back" in found and any(part in found for part in _BACK):
        found.remove("back")
    return tuple(found)


def _complaint(mention: Mention) -> bool:
    """Tell whether a body part stands close to a word of pain."""
    at = mention.start - mention.sentence.start
    near = mention.sentence.text[max(0, at - 60) : at + 60]
    return bool(
        re.search(
            r"\b(?:pain\w*|ache\w*|aching|hurt\w*|spasm\w*|cramp\w*|seiz\w*|stiff\w*|sore\w*"
            r"|numb\w*|tingl\w*|pins and needles|weak\w*|burn\w*|shoot\w*|stab\w*|sciatica"
            r"|radiat\w*|electric|gave way|gives way|giving way|tender|feel|twinge\w*"
            r"|throb\w*|tight\w*|dead|down (?:my|the|his|her|one|both)|into (?:my|the|his"
            r"|her))\b",
            near,
        )
    ) and not re.search(
        r"\b(?:strengthen\w*|stretch\w*|exercises?|flexors?|stronger|raise|foam roll\w*)\b",
        near[max(0, 40 - 20) :],
    )


def _episode(
    bout: _Bout,
    number: int,
    mine: Sequence[Mention],
    quantities: Sequence[Quantity],
    sentences: Sequence[Sentence],
    written_on: dt.date | None,
    count: int,
) -> ToldEpisode:
    local = mine[
        bisect_left(mine, bout.start, key=attrgetter("start")) : bisect_left(
            mine, bout.end, key=attrgetter("start")
        )
    ]
    scope = (
        list(mine)
        if number == 0
        else (local if any(m.kind in {"site", "quality"} for m in local) else list(mine))
    )
    quality = tuple(
        dict.fromkeys(
            m.id for m in scope if m.kind == "quality" and m.status in {"present", "past"}
        )
    )
    rated = [q.value for q in quantities if q.kind == "severity" and isinstance(q.value, float)]
    eased, not_eased = eased_by(mine) if number == 0 else ((), ())
    day_text = (
        bout.text
        if count > 1 or number
        else "\n".join(s.text for s in sentences if bout.start - 400 <= s.start < bout.end)
    )
    whole = "\n".join(s.text for s in sentences) if number == 0 else ""
    return ToldEpisode(
        when=bout.when,
        onset_km=_km(bout.onset),
        planned_km=_km(bout.planned),
        site=sites_of(scope),
        quality=quality,
        severity=rated[0] if rated and number == 0 else None,
        start=bout.start,
        end=bout.end,
        date=relative_day(day_text, written_on),
        eased_by=eased,
        not_eased_by=not_eased,
        first_time=_first_time(whole) if number == 0 else None,
    )


def _first_time(text: str) -> bool | None:
    if _FIRST_TIME.search(text):
        return True
    return False if _RECURRENT.search(text) else None


def eased_by(mine: Sequence[Mention]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what was tried and said to have eased it, and what did not: self-report only."""
    eased: list[str] = []
    failed: list[str] = []
    for mention in mine:
        if (
            mention.kind != "tried"
            or mention.planned
            or mention.id in eased
            or mention.id in failed
        ):
            continue
        text = mention.sentence.text
        if _NOT_EASED.search(text):
            failed.append(mention.id)
        elif _EASED.search(text):
            eased.append(mention.id)
    return tuple(eased), tuple(failed)
