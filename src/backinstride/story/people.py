"""People: whose body a clause is about, and whether the text is in a language that is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Subject = Literal["self", "other", "you", "nobody"]

RELATIONS = (
    "wife|husband|hubby|partner|girlfriend|boyfriend|gf|bf|fiance|fiancee|spouse|mum|mom|mam"
    "|mummy|mother|dad|daddy|father"
    "|son|daughter|brother|sister|bro|sis|kid|child|lad|lass|boy|girl|teenager|teen|friend"
    "|mate|buddy|pal|colleague|coworker"
    "|co-worker|neighbour|neighbor|athlete|client|student|pupil|roommate|flatmate|housemate"
    "|cousin|uncle|aunt|auntie|nan|nana"
    "|gran|granny|grandma|grandad|grandpa|grandfather|grandmother|niece|nephew|teammate"
    "|team mate|patient|other half"
    "|better half|mother-in-law|father-in-law|brother-in-law|sister-in-law|mil|fil|boss"
    "|godson|stepson|stepdaughter"
    "|year old|yr old|year-old|yo|y/o|[1-9]\\d ?yo|[1-9]\\d ?y/o|[1-9]\\d-year-old"
    "|[1-9]\\dyr old|trainee|runner i coach|training partner|running partner"
    "|running buddy"
)
_SOMEONE = (
    r"(?:someone|somebody) i (?:know|knew|run with|work with)|someone else|(?:a|another|one"
    r"|this|that|some|the other) (?:\w+ ){0,2}?(?:guy|bloke|woman|man|lady|runner|person|chap"
    r"|lad|girl|poster|member|fella|dude)"
    r"(?= (?:i |who|at|in my|from|on (?:here|my)|that|has|had|told|is|was|went|here|posted|with))"
)
_ANYBODY = (
    "someone|somebody|anyone|anybody|everyone|people|runners|patients|folks|women|men|athletes"
)
_SUBJECTS = re.compile(
    rf"(?P<other>\b(?:my|our|a|an|one of my|one of our|the|his|her|this|that|another|some"
    rf"|an old)\s+(?:[\w'-]+\s+){{0,3}}?(?:{RELATIONS})(?:s|'s|s')?\b"
    rf"|\b(?:{_SOMEONE})\b|\b(?:he|he's|hes|she|she's|shes|his|her|him|himself|herself)\b)"
    r"|(?P<self>\b(?:i|i'm|im|i've|ive|i'd|i'll|id|me|my|mine|myself|we|we're|we've|our|us)\b)"
    rf"|(?P<you>\b(?:{_ANYBODY}|you|you're|your|you've|youre|u|ur|yourself|yours|you'll|you'd"
    rf"|one's)\b)"
)
_INSIDE = re.compile(
    r"\b(?:(?P<self>my|i|i'm|me|myself|i've|mine)|(?P<other>his|her|he|she|himself|herself)|"
    r"(?P<you>your|you|yourself))\b"
)
_NEW_CLAUSE = re.compile(
    r"(?:[,;:-]\s|\b(?:and|but|because|so)\b)[^,;]*\b(?:the|it|it's|pain|this|there)\b"
)
_SAYS = re.compile(
    r"\b(?:says?|said|told|tells|thinks?|thought|noticed|notices|reckons?|asked|suggested"
    r"|suggests|pick(?:ed)? me|had to|made me|drove me|convinced|insists?|keeps telling)\b"
)


def subject_of(sentence: str, start: int, end: int) -> Subject:
    """Return whose body the hit is about, from its own sentence; "nobody" where none is named."""
    inside = _INSIDE.search(sentence[start:end])
    if inside:
        kind = inside.lastgroup
        if kind == "self" and inside[0] == "my" and _relation_at(sentence, start + inside.start()):
            return "other"
        return "self" if kind == "self" else ("other" if kind == "other" else "you")
    found: Subject = "nobody"
    before = sentence[:start]
    for match in _SUBJECTS.finditer(before):
        kind = match.lastgroup
        found = "self" if kind == "self" else ("other" if kind == "other" else "you")
        if found == "you" and _NEW_CLAUSE.search(before[match.end() :]):
            found = "nobody"
    return found if found != "nobody" else _after(sentence, end)


def subjects(text: str) -> frozenset[str]:
    """Return who is spoken of at all: "self", "other", "you"."""
    return frozenset(match.lastgroup or "" for match in _SUBJECTS.finditer(text))


def _after(sentence: str, end: int) -> Subject:
    """Return the subject that follows a hit that opens its sentence ("pain down my leg")."""
    match = _SUBJECTS.search(sentence[end : end + 40])
    if not match:
        return "nobody"
    kind = match.lastgroup
    return "self" if kind == "self" else ("other" if kind == "other" else "you")


def _relation_at(sentence: str, at: int) -> bool:
    match = _SUBJECTS.match(sentence, at)
    return bool(match) and match is not None and match.lastgroup == "other"


# --- language ---------------------------------------------------------------------------

_ENGLISH = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "i",
        "my",
        "to",
        "of",
        "in",
        "it",
        "is",
        "was",
        "have",
        "had",
        "has",
        "for",
        "with",
        "but",
        "on",
        "that",
        "this",
        "after",
        "at",
        "when",
        "not",
        "you",
        "i'm",
        "i've",
        "it's",
        "so",
        "be",
        "are",
        "been",
        "just",
        "if",
        "or",
        "from",
        "as",
        "can",
        "can't",
        "do",
        "don't",
        "did",
        "any",
        "me",
        "what",
        "how",
        "up",
        "out",
        "about",
        "get",
        "got",
        "am",
        "by",
        "no",
        "all",
        "more",
        "than",
        "then",
        "they",
        "he",
        "she",
        "his",
        "her",
        "we",
        "your",
        "since",
        "while",
        "run",
        "running",
        "ran",
        "back",
        "pain",
        "miles",
        "mile",
        "hurts",
        "hurt",
        "help",
        "legs",
        "leg",
        "feel",
        "feels",
        "felt",
    ]
)
_FOREIGN: tuple[frozenset[str], ...] = tuple(
    frozenset(words.split())
    for words in (
        (
            "ich und der die das den dem nicht ist mein meine meinen meinem"
            " beim nach mit ein eine einen seit habe hat bin"
            " schmerzen rücken ruecken laufen beine kann auch wenn aber"
            " auf im zu von für war mir mich es er sie wie bei"
        ),
        (
            "je j'ai le la les et mon ma mes dos pas des est une un dans"
            " depuis douleur mal avec pour qui que du au aux ne"
            " suis mais plus course courir jambes quand après ai il elle ce cette sur en"
        ),
        (
            "el la los las de que y en mi espalda dolor me con por desde"
            " correr un una no se lo del tengo después pero para"
            " las piernas cuando muy es estoy al hola como más duele hace"
        ),
        (
            "il di che mi schiena ho dolore non la una sono dopo per con"
            " ma gambe correre mal da e in un quando mio mia gli"
            " anche più le nella della"
        ),
        (
            "ik het een van mijn rug niet na met pijn en de is dat op"
            " bij heb heeft maar voor als aan ook te zijn naar ben"
            " lopen hardlopen benen sinds"
        ),
        (
            "eu minha meu costas dor não uma um com depois de que em as"
            " os pernas correr mas para quando estou e o a no na"
            " tenho desde da do"
        ),
        (
            "jag och har min mitt rygg ryggen ont inte efter ett en som"
            " på är med för men kan benen det att i jeg er ikke"
            " og når smerter ryg løb etter av til"
        ),
        "się nie ból pleców mam po w na do z jest bieganie nogi od że i o plecy boli jak ale przez",
    )
)
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def foreign(words: Iterable[str], known: frozenset[str] = frozenset()) -> bool:
    """Tell whether these words are of a language that is not read."""
    listed = list(words)
    if len(listed) < 3:
        return bool(listed) and not any(w.isascii() for w in listed)
    english = sum(word in _ENGLISH or word in known for word in listed)
    other = max(sum(word in words_of for word in listed) for words_of in _FOREIGN)
    latin = sum(word.isascii() for word in listed)
    if latin < 0.5 * len(listed):
        return True
    plain = sum(word in _ENGLISH for word in listed)
    if other > plain and other >= 0.2 * len(listed):
        return True
    return len(listed) >= 5 and english < 0.1 * len(listed)


def words_of(folded: str) -> list[str]:
    """Return the words of a folded text, numbers left out."""
    return _LETTERS.findall(folded)
