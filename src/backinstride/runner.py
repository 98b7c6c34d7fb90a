"""One runner: the folder opened, every question of it answered.

Page, terminal and notebook all stand on this.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import backinstride
from backinstride import answer as answers
from backinstride import diary_views, settings, triage
from backinstride.library import Library
from backinstride.values import Answer, BlockedBy, DiaryState, Load, Plan, Race, Story, Told, Why

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    import polars as pl

    from backinstride.adapt import Kept
    from backinstride.diary import Diary
    from backinstride.importing import ImportSummary, Mapped, Progress
    from backinstride.programme import Adherence
    from backinstride.readers import TableMapping
    from backinstride.triage import Assessment

KEPT_DAYS = 28  # over which planned and done are compared


UNREADABLE = "The diary could not be read, so nothing in it was judged: see backinstride check."


def tell(text: str, *, today: dt.date | None = None) -> Told:
    """Read a story and judge it; nothing is kept. `today` resolves "a month ago"."""
    from backinstride import story

    return _told(story.read(text, written_on=today), today=today)


def _told(read: Story, *, today: dt.date | None, assessment: Assessment | None = None) -> Told:
    judged = assessment or triage.assess(story=read, today=today)
    fields = {name: getattr(read, name) for name in read.__struct_fields__}
    asked = {question.id for question in judged.ask}
    fields["ask"] = (*judged.ask, *(q for q in read.ask if q.id not in asked))
    return Told(**fields, verdict=judged.verdict)


def _comment(log: Mapped) -> str:
    return "\n".join(
        (
            f"columns of {log.file} as guessed; put right what is wrong, import again",
            *log.mapping.assumed,
        )
    )


def _toml(mapping: TableMapping) -> dict[str, object]:
    """Return a mapping as TOML can hold it; what was only assumed is a comment beside it."""
    found: dict[str, object] = msgspec.to_builtins(mapping)
    del found["assumed"]
    columns = found.pop("columns")
    return {k: v for k, v in found.items() if v is not None} | {"columns": columns}


class Runner:
    """A runner's folder on a given day. Frames are Polars, answers are frozen values."""

    def __init__(self, folder: str | os.PathLike[str], today: dt.date) -> None:
        self.library = Library(Path(folder))
        self.today = today

    @property
    def folder(self) -> Path:
        """The folder; nothing is written outside it."""
        return self.library.folder

    # --- what was recorded and said ------------------------------------------------------

    def activities(self) -> pl.DataFrame:
        """All activities, oldest first (columns: docs/columns.md)."""
        return self.library.activities()

    def records(self, activity: str) -> pl.DataFrame:
        """The time-stamped samples of one activity."""
        return self.library.records(activity)

    @cached_property
    def diary(self) -> Diary:
        """The diary as it stands, with its problems."""
        return self.library.diary()

    def diary_text(self) -> str:
        """Return the diary file as it stands; empty where there is none yet."""
        path = self.library.diary_path
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    @cached_property
    def settings(self) -> settings.Settings:
        """`profile.toml`, with what is wrong in it."""
        from backinstride import readers

        found = settings.load(self.folder / "profile.toml")
        wrong = tuple(settings.problem("table", text) for text in readers.kept(found.tables)[1])
        return msgspec.structs.replace(found, problems=found.problems + wrong)

    def import_paths(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ImportSummary:
        """Read exports into the library; what a log's columns were taken for is kept."""
        from backinstride import readers
        from backinstride.importing import import_paths

        mappings, _ = readers.kept(self.settings.tables)
        found = import_paths(
            self.library,
            [Path(p) for p in paths],
            progress=progress,
            cancelled=cancelled,
            mappings=mappings,
        )
        self._keep(found)
        return found

    def _keep(self, found: ImportSummary) -> None:
        """Keep the guessed columns of new logs in `profile.toml`, for the runner to put right."""
        fresh = {m.mapping.header: m for m in found.mappings if not m.kept}
        if any(problem.place == "file" for problem in self.settings.problems):
            return  # a profile that cannot be read is not written to; `check` says what is wrong
        settings.keep_tables(
            self.folder / "profile.toml",
            [(_comment(m), _toml(m.mapping)) for m in fresh.values()],
        )

    # --- exposures -----------------------------------------------------------------------

    @cached_property
    def runs(self) -> pl.DataFrame:
        """One row a run with its exposures, up to `today`."""
        from backinstride import exposures

        return exposures.per_run(self.library, self.diary, self.today)

    def exposures(self) -> pl.DataFrame:
        """One row a run with its exposures (docs/exposures.md)."""
        return self.runs

    def diary_episodes(self) -> tuple[diary_views.Episode, ...]:
        """The episode entries up to `today`, oldest first."""
        found = (e for e in diary_views.episodes(self.diary) if e.date <= self.today)
        return tuple(sorted(found, key=lambda e: (e.date, e.line)))

    def episodes(self) -> pl.DataFrame:
        """One row an episode entry of the diary; lists are kept as lists."""
        import polars as pl

        rows = [msgspec.structs.asdict(e) for e in self.diary_episodes()]
        return pl.DataFrame(rows, infer_schema_length=None)

    # --- the answer ----------------------------------------------------------------------

    @cached_property
    def story(self) -> Story | None:
        """The last story kept in the diary, read again, with the runner's corrections."""
        notes = diary_views.stories(self.diary)
        notes = tuple(n for n in notes if n.date <= self.today)
        if not notes:
            return None
        from backinstride import story
        from backinstride.story.correcting import correct

        last = max(notes, key=lambda note: (note.date, note.line))
        return correct(story.read(last.text, written_on=last.date), last.corrections)

    @cached_property
    def assessment(self) -> Assessment:
        """How soon somebody must look at this, from story and diary together."""
        found = triage.assess(story=self.story, diary=self.diary, today=self.today)
        if not self.diary_unreadable or found.verdict is None:
            return found
        why = f"{UNREADABLE} {found.verdict.why}"
        verdict = msgspec.structs.replace(found.verdict, why=why)
        return msgspec.structs.replace(found, verdict=verdict)

    @property
    def diary_unreadable(self) -> bool:
        """Whether there is a diary that is no text: nothing in it was judged."""
        return any(problem.slug == "diary-unreadable" for problem in self.diary.problems)

    @cached_property
    def told(self) -> Told | None:
        """The kept story as `tell` gives it, judged with the diary."""
        if self.story is None:
            return None
        return _told(self.story, today=self.today, assessment=self.assessment)

    @property
    def blocked(self) -> BlockedBy | None:
        """What empties plan and contributors, if anything does."""
        return self.assessment.blocked

    def why(self, *, priors: Path | None = None) -> Why:
        """The likely contributors with honest uncertainty."""
        return self._why if priors is None else self._weighed(priors)

    @cached_property
    def _why(self) -> Why:
        return self._weighed(None)

    def _weighed(self, priors: Path | None) -> Why:
        from backinstride import contributors, exposures
        from backinstride.exposures.noticed import noticed

        kms = exposures.per_km(self.library, self.diary, self.today)
        found = contributors.why(
            self.runs,
            kms,
            self.diary,
            today=self.today,
            suspects=self.story.suspects if self.story else (),
            blocked=self.blocked,
            priors=priors,
            safety=self.assessment.ask,
            story=self.story,
        )
        if found.blocked_by is not None:
            return found
        more = noticed(self.library, self.runs, kms, self.diary, self.today, self.story)
        return msgspec.structs.replace(found, descriptions=(*found.descriptions, *more))

    def plan(self, *, race: Race | None = None, start: dt.date | None = None) -> Plan:
        """The plan from where the runner is to the race (given, or kept in the profile)."""
        return self._plan if race is None and start is None else self._planned(race, start)

    @cached_property
    def _plan(self) -> Plan:
        return self._planned(None, None)

    def _planned(self, race: Race | None, start: dt.date | None) -> Plan:
        from backinstride import adapt, plan

        race = race or self.settings.race
        return adapt.make(
            plan.history(self.runs, self.today),
            today=self.today,
            race=race,
            start=start,
            verdict=self.assessment.verdict,
            blocked=self.blocked,
            no_running=self.assessment.no_running,
            diary=self.diary,
            story=self.story,
            run_days=self.settings.run_days,
            unit=self.settings.units,
        )

    @cached_property
    def plan_before(self) -> Plan:
        """The plan as it stood four weeks ago, from what was known then."""
        return Runner(self.folder, self.today - dt.timedelta(days=KEPT_DAYS)).plan()

    @cached_property
    def kept(self) -> Kept | None:
        """How the plan of four weeks ago was kept by the runs since; None without one."""
        from backinstride import adapt, plan

        since = self.today - dt.timedelta(days=KEPT_DAYS)
        history = plan.history(self.runs, self.today)
        found = adapt.kept(self.plan_before, history, since, self.today)
        return found if found.planned else None

    @cached_property
    def adherence(self) -> tuple[Adherence, ...]:
        """Planned and done strength and mobility sessions of the last four weeks."""
        from backinstride import programme

        since = self.today - dt.timedelta(days=KEPT_DAYS - 1)
        return programme.adherence(self.plan_before, self.diary, since, self.today)

    def due(self) -> tuple[str, ...]:
        """What is due today, in plain words."""
        from backinstride import checkin

        return tuple(item.text for item in checkin.due(self.diary, self.runs, self.today))

    def answer(self) -> Answer:
        """All of it, one object."""
        verdict = self.assessment.verdict
        assert verdict is not None
        return answers.build(
            today=self.today,
            verdict=verdict,
            ask=self.assessment.ask,
            told=self.told,
            why=self.why(),
            plan=self.plan(),
            load=self.load,
            diary=self.diary_state,
            doubts=self._doubts(),
            version=backinstride.__version__,
        )

    @cached_property
    def load(self) -> Load:
        """The recent load in numbers."""
        return answers.load_of(self.runs, self.today, self._strength_7d())

    def _strength_7d(self) -> int | None:
        days = {s.date for s in diary_views.strength(self.diary)}
        week = {self.today - dt.timedelta(days=k) for k in range(7)}
        return len(days & week) if days else None

    @cached_property
    def diary_state(self) -> DiaryState:
        """What the diary holds, and what is due."""
        mornings = [m for m in diary_views.mornings(self.diary) if m.date <= self.today]
        recent = self.today - dt.timedelta(weeks=12)
        days = sorted({e.date for e in diary_views.episodes(self.diary) if e.date <= self.today})
        scores = sorted(
            (m.date, m.pain) for m in mornings if m.pain is not None and m.date > recent
        )
        return DiaryState(
            episode_days=tuple(days),
            morning_pain=tuple(scores),
            entries=len(self.diary.entries),
            episodes=len(days),
            episode_open=diary_views.open_episode(self.diary, self.today) is not None,
            mornings=len(mornings),
            last_morning=max((m.date for m in mornings), default=None),
            due=self.due(),
            problems=tuple(p.line() for p in self.diary.problems),
        )

    def _doubts(self) -> tuple[str, ...]:
        """What this answer does not know, in sentences."""
        found = []
        if self.runs.is_empty():
            found.append(
                "No runs are imported: the plan starts from the story and the diary alone."
            )
        if not diary_views.mornings(self.diary):
            found.append("No mornings are logged: how the back is the day after is not known.")
        unknown = self.runs["shoe"].null_count() if "shoe" in self.runs.columns else 0
        if unknown:
            found.append(f"{unknown} of {self.runs.height} runs have no shoes written down.")
        if self.diary.problems:
            found.append(
                f"{len(self.diary.problems)} lines of the diary could not be used as written."
            )
        return tuple(found)
