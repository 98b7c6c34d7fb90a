"""The words for verdicts, levels and statuses: one place, so that every output says the same."""

from __future__ import annotations

LEVEL_WORDS = {
    "emergency": "GET HELP NOW",
    "same_day": "BE SEEN TODAY",
    "within_days": "See somebody within days",
    "routine": "Have it looked at, without hurry",
    "self_care": "No warning sign in what you told",
}
VERDICT_WORDS = {
    "probably": "probably contributes",
    "suspect": "a suspect worth testing",
    "cannot_tell": "cannot tell yet",
    "probably_not_big": "probably not a big part",
    "not_knowable": "cannot be known from this data",
}
STATUS_WORDS = {
    "present": "",
    "denied": " (you say: not)",
    "past": " (in the past)",
    "other": " (about somebody else)",
    "hypothetical": " (feared or supposed)",
}
