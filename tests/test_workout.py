"""Workouts for the watch: what two independent decoders read is what the plan says."""

from __future__ import annotations

import io

import pytest

from backinstride import plan
from backinstride.exports import workout
from backinstride.readers.fit_crc import crc16
from backinstride.values import Session, Step
from plan_runners import TODAY, race_in, runs_of, steady_runner

LADDER = plan.make(plan.History(), today=TODAY)
BUILT = plan.make(steady_runner((12.0,) * 10, easy_km=7.0), today=TODAY, race=race_in(152))


def sdk_messages(data: bytes) -> dict:
    sdk = pytest.importorskip("garmin_fit_sdk", reason="needs [dev]: garmin-fit-sdk")
    assert sdk.Decoder(sdk.Stream.from_byte_array(bytearray(data))).check_integrity()
    messages, errors = sdk.Decoder(sdk.Stream.from_byte_array(bytearray(data))).read()
    assert errors == []
    return messages


def fitdecode_steps(data: bytes) -> list[dict]:
    fitdecode = pytest.importorskip("fitdecode", reason="needs [dev]: fitdecode")
    with fitdecode.FitReader(io.BytesIO(data), check_crc=fitdecode.CrcCheck.RAISE) as frames:
        return [
            {f.name: f.value for f in frame.fields}
            for frame in frames
            if isinstance(frame, fitdecode.FitDataMessage) and frame.name == "workout_step"
        ]


def unrolled(steps) -> list[tuple[str, float]]:
    """Return the steps as they are run, repeats written out: (kind, seconds or metres)."""
    out: list[tuple[str, float]] = []
    for group in workout.groups(steps):
        for _ in range(group[0].repeat):
            out += [(s.kind, s.duration_s or 1000 * s.distance_km) for s in group]
    return out


def unrolled_fit(steps: list[dict]) -> list[tuple[str, float]]:
    out: list[tuple[int, str, float]] = []
    for step in steps:
        if step["duration_type"] == "repeat_until_steps_cmplt":
            block = [s for s in out if s[0] >= step["duration_step"]]
            out += block * (step["repeat_steps"] - 1)
            continue
        size = step.get("duration_time")
        size = step.get("duration_distance") if size is None else size
        kind = step["wkt_step_name"].split()[0].lower()
        out.append((step["message_index"], kind, size))
    return [(kind, size) for _, kind, size in out]


def test_one_file_a_run_named_by_its_session():
    files = workout.fit_files(BUILT)
    races = [s for w in BUILT.weeks for s in w.sessions if s.kind == "race"]
    assert set(files) == {f"{s.id}.fit" for s in (*runs_of(BUILT), *races)}
    for data in files.values():
        assert data[8:12] == b".FIT"
        assert crc16(data) == 0  # header, body and check sum together
        assert len(data) < 2000
    assert files == workout.fit_files(BUILT)


@pytest.mark.oracle
@pytest.mark.parametrize("one", [LADDER, BUILT], ids=["ladder", "built"])
def test_two_decoders_read_every_step(one):
    for session in runs_of(one)[:12]:
        data = workout.fit(session)
        messages = sdk_messages(data)
        assert messages["file_id_mesgs"][0]["type"] == "workout"
        head = messages["workout_mesgs"][0]
        steps = messages["workout_step_mesgs"]
        assert head["num_valid_steps"] == len(steps)
        assert head["sport"] == "running"
        for mine, read in zip(unrolled(session.steps), unrolled_fit(steps), strict=True):
            assert mine[0] == read[0]
            assert mine[1] == pytest.approx(read[1], abs=0.01)
        again = fitdecode_steps(data)
        assert len(again) == len(steps)
        assert [s["wkt_step_name"] for s in again if s.get("wkt_step_name")] == [
            s["wkt_step_name"] for s in steps if s.get("wkt_step_name")
        ]


@pytest.mark.oracle
def test_targets_are_open_and_the_stop_rule_is_in_every_step():
    for session in (runs_of(LADDER)[0], runs_of(BUILT)[0]):
        for step in sdk_messages(workout.fit(session))["workout_step_mesgs"]:
            assert step["target_type"] == "open"
            if step["duration_type"] != "repeat_until_steps_cmplt":
                assert "Stop: back above 5/10" in step["notes"]


@pytest.mark.oracle
def test_run_and_walk_in_turn_are_a_repeat():
    steps = sdk_messages(workout.fit(runs_of(LADDER)[0]))["workout_step_mesgs"]
    assert [s["duration_type"] for s in steps] == ["time", "time", "repeat_until_steps_cmplt"]
    assert steps[2]["duration_step"] == 0
    assert steps[2]["repeat_steps"] == 8


def test_names_fit_small_displays_and_keep_whole_numbers():
    long = Session(
        id="2026-11-23-long",
        date=TODAY,
        kind="run",
        title="Run 1 min, walk 2 min, 10 times",
        steps=(Step(kind="run", duration_s=60),),
    )
    assert len(workout.name(long)) <= 31
    assert workout.name(long) == "24 Nov Run 1 min, walk 2 min"


def test_the_plain_text_for_training_sites():
    text = workout.text(runs_of(LADDER)[0])
    assert "8x\n- 15s easy\n- 2m walk\n" in text
    assert "Stop: back above 5/10" in text
