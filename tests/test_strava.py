"""Strava's bulk export: what its table says, what its files say, and where they part."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_files import (
    STRAVA_HEADER,
    activity,
    fit,
    gpx,
    gz,
    lap,
    points,
    strava,
    strava_row,
    tcx,
    tpx,
    zipped,
)
from backinstride import readers
from backinstride.readers import strava as reader


def read(rows: list[str], files: dict[str, bytes], **more) -> list[readers.Recording]:
    return list(readers.read(io.BytesIO(zipped(strava(rows, files, **more)))))


RUN = gpx(points(20))


def test_words_of_the_table_join_the_file():
    (run,) = read(
        [
            strava_row(
                1,
                file="activities/1.gpx.gz",
                title="Dawn",
                said='back "tight"\nat 3 km',
                gear="Blue",
            )
        ],
        {"activities/1.gpx.gz": gz(RUN)},
    )
    assert (run.title, run.description, run.shoe) == ("Dawn", 'back "tight"\nat 3 km', "Blue")
    assert (run.source, run.file) == ("strava/gpx", "activities/1.gpx.gz")
    assert run.extra["vendor_id"] == "1"
    assert run.climb_m == 31.5


def test_the_gear_of_what_is_not_done_on_foot_is_no_shoe():
    rows = [
        strava_row(1, "Ride", gear="Racer", file="activities/1.gpx"),
        strava_row(2, "Virtual Ride", gear="Racer"),
        strava_row(3, "Walk", gear="Blue"),
        strava_row(4, "Weight Training", gear="Blue"),
    ]
    found = {r.extra["vendor_id"]: r for r in read(rows, {"activities/1.gpx": RUN})}
    assert {k: (r.shoe, r.extra.get("gear")) for k, r in found.items()} == {
        "1": (None, "Racer"),
        "2": (None, "Racer"),
        "3": ("Blue", None),
        "4": (None, "Blue"),
    }


def test_names_that_stand_twice():
    """Distance is km, then metres; the file's own distance stays, the table's is told beside it."""
    (run,) = read(
        [strava_row(1, file="activities/1.fit.gz", km=5.3)],
        {"activities/1.fit.gz": gz(fit(0, metres=5000.0))},
    )
    assert (run.distance_m, run.distance_from) == (5000.0, "device")
    assert run.extra["export_distance_m"] == "5302.5"
    (same,) = read(
        [strava_row(1, file="activities/1.fit.gz", km=5.01)],
        {"activities/1.fit.gz": gz(fit(0, metres=5000.0))},
    )
    assert "export_distance_m" not in same.extra


def test_the_table_outranks_the_sport_of_the_file():
    rows = [
        strava_row(1, "Ride", file="activities/1.tcx"),
        strava_row(2, "Backcountry Ski", file="activities/2.fit"),
        strava_row(3, "Run", file="activities/3.gpx"),
    ]
    files = {
        "activities/1.tcx": tcx(activity(lap(0, 30))),
        "activities/2.fit": fit(9000),
        "activities/3.gpx": gpx(points(20, start=50), kind="trail running"),
    }
    ride, ski, trail = read(rows, files)
    assert (ride.sport, ride.sport_raw, ride.extra["file_sport"]) == ("ride", "Ride", "Running")
    assert (ski.sport, ski.sport_raw) == ("backcountry_ski", "Backcountry Ski")
    assert trail.sport == "trail_run"  # the finer word for the same thing
    assert ride.avg_cadence_spm == 85.0  # pedal turns are not feet
    assert "cadence" not in ride.extra


def test_a_track_without_a_type_is_a_run_by_the_table_and_its_feet_are_counted():
    data = gpx(points(20, extra=tpx(cad=84)), kind="")
    (run,) = read([strava_row(1, file="activities/1.gpx")], {"activities/1.gpx": data})
    assert (run.sport, run.avg_cadence_spm) == ("run", 168.0)
    assert run.extra["cadence"] == "one foot, doubled"


def test_rows_without_a_file_and_files_without_a_row():
    rows = [
        strava_row(1, file="activities/1.gpx"),
        strava_row(2, km=7.0),
        strava_row(3, file="activities/3.fit"),
    ]
    files = {"activities/1.gpx": RUN, "activities/9.tcx": tcx(activity(lap(0, 9)))}
    found = read(rows, files)
    by_file = {r.file: r for r in found}
    assert len(found) == 4
    typed = by_file["activities.csv#2"]
    assert (typed.sport, typed.distance_m, typed.distance_from) == ("run", 7002.5, "export")
    assert (typed.moving_s, typed.elapsed_s, typed.source) == (1750.0, 1800.0, "strava/csv")
    assert typed.start.isoformat() == "2026-03-02T07:00:00+00:00"
    assert typed.problems == ()
    gone = by_file["activities.csv#3"]
    assert [(p.slug, p.kept) for p in gone.problems] == [("file-missing", True)]
    assert by_file["activities/9.tcx"].title is None


def test_second_copies_are_one_activity_and_the_named_one():
    files = {"activities/1.fit (2)": fit(0), "activities/1.fit.gz": gz(fit(0))}
    found = read([strava_row(1, file="activities/1.fit.gz", title="Named")], files)
    assert [(r.file, r.title) for r in found] == [("activities/1.fit.gz", "Named")]


def test_the_export_as_a_folder_and_unpacked(tmp_path):
    files = strava(
        [strava_row(1, file="activities/1.gpx.gz", title="Dawn")], {"activities/1.gpx": RUN}
    )
    for name, data in files.items():
        path = tmp_path / "export_1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (run,) = readers.read(tmp_path)
    assert run.title == "Dawn"
    kinds = Counter(m.kind for m in readers.walk(tmp_path))
    assert kinds == {"gpx": 1, "export": 1, "ignored": 3}


def test_pandas_suffixes_and_dropped_columns():
    header = "Activity ID,Activity Date,Activity Name,Activity Type,Elapsed Time,Distance,Filename,Elapsed Time.1,Distance.1"
    rows = ['1,"Mar 1, 2026, 7:00:00 AM",Out,Run,1800,5.0,,1801,5002.5']
    (run,) = read(rows, {}, header=header)
    assert (run.distance_m, run.elapsed_s) == (5002.5, 1800.0)


def test_a_table_in_miles_is_seen_by_its_own_metres():
    header = "Activity ID,Activity Date,Activity Type,Elapsed Time,Distance,Filename,Distance"
    when = '"Mar {}, 2026, 7:00:00 AM"'
    rows = [f"{k},{when.format(k)},Run,1800,{k}.0,,{k * 1609.3}" for k in range(1, 6)]
    rows.append(f"9,{when.format(9)},Run,1800,10.0,,")
    rows.append(f'10,{when.format(10)},Swim,1800,"1,500",,')
    found = {r.extra["vendor_id"]: r for r in read(rows, {}, header=header)}
    assert found["9"].distance_m == pytest.approx(16093.44)
    assert found["10"].distance_m == 1500.0


def test_a_row_torn_at_a_comma_is_put_back():
    torn = '5,"Mar 5, 2026, 7:00:00 AM",Out,Run,tired (a,b),1800,5.00,170,,false,,,,60,,1800.0,1750.0,5002.5,4,2.9,31,'
    found = read([strava_row(1), torn], {})
    moved = next(r for r in found if r.extra.get("vendor_id") == "5")
    assert (moved.distance_m, moved.elapsed_s, moved.description) == (5002.5, 1800.0, "tired (a,b)")
    assert "row-shifted" in [p.slug for r in found for p in r.problems]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Mar 1, 2026, 7:00:00 AM", "2026-03-01T07:00:00+00:00"),
        ("Sep 30, 2024, 12:05:09 AM", "2024-09-30T00:05:09+00:00"),
        ("September 3, 2024, 12:05:09 PM", "2024-09-03T12:05:09+00:00"),
        ("Mar 1, 2026, 7:00:00\u202fPM", "2026-03-01T19:00:00+00:00"),
        ("1 Mar 2026, 19:00:00", "2026-03-01T19:00:00+00:00"),
        ("2026-03-01 19:00:00", "2026-03-01T19:00:00+00:00"),
        ("01.03.2026, 19:00:00", "2026-03-01T19:00:00+00:00"),
    ],
)
def test_dates_are_english_and_utc_on_every_machine(text, wanted):
    assert reader.moment(text).isoformat() == wanted


@pytest.mark.parametrize("text", ["", "yesterday", "Feb 30, 2026, 7:00:00 AM", "Mar 1, 2026"])
def test_dates_that_are_none(text):
    assert reader.moment(text) is None


def test_another_language():
    header = (
        "Aktivitäts-ID,Aktivitätsdatum,Name der Aktivität,Aktivitätsart,Aktivitätsbeschreibung,"
        "Verstrichene Zeit,Distanz,Dateiname"
    )
    (run,) = read(['7,"01.03.2026, 07:00:00",Früh,Lauf,schön,1800,"5,25",activities/7.gpx'],
                  {"activities/7.gpx": RUN}, header=header)  # fmt: skip
    assert (run.title, run.sport, run.description) == ("Früh", "run", "schön")
    unknown = "Numero,Giorno,Titolo,Genere,Parole,Secondi,Chilometri,Documento"
    (run,) = read(["7,x,Alba,Corsa,bella,1800,5.25,activities/7.gpx"],
                  {"activities/7.gpx": RUN}, header=unknown)  # fmt: skip
    assert (run.title, run.sport) == ("Alba", "run")  # the first columns never moved


def test_a_date_that_cannot_be_read_is_told():
    row = strava_row(1, when="anno 1")
    found = read([row], {})
    assert sorted(p.slug for r in found for p in r.problems) == ["date-unread", "row-without-date"]


@given(st.text(max_size=300), st.integers(0, 400))
@settings(max_examples=25, deadline=None)
def test_no_table_raises(junk, place):
    text = "\n".join([STRAVA_HEADER, strava_row(1), strava_row(2, said="x")])
    broken = text[:place] + junk + text[place:]
    reader.rows(broken.encode("utf-8", "surrogatepass"))


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20),
            st.text(
                st.characters(blacklist_characters="\0\r", blacklist_categories=("Cs",)),
                max_size=30,
            ),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=20, deadline=None)
def test_words_survive_as_written(words):
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(
        [
            "Activity ID",
            "Activity Date",
            "Activity Name",
            "Activity Type",
            "Activity Description",
            "Filename",
        ]
    )
    for k, (title, said) in enumerate(words):
        writer.writerow([k, "Mar 1, 2026, 7:00:00 AM", title, "Run", said, ""])
    found, problems = reader.rows(buffer.getvalue().encode())
    assert not problems
    assert [(f.get("title", ""), f.get("description", "")) for f in found] == [
        (title.strip(), said.strip()) for title, said in words
    ]


# --- real exports -------------------------------------------------------------------------


def counted(path):
    found = list(readers.read(path))
    activities = [r for r in found if r.start is not None]
    runs = [r for r in activities if r.sport in ("run", "trail_run", "treadmill_run")]
    return found, activities, runs


def km(recordings) -> float:
    return sum(r.distance_m or 0.0 for r in recordings) / 1000.0


@pytest.mark.archive
def test_a_modern_export(shared_file):
    path = shared_file("data/strava-a4.zip")
    found, activities, runs = counted(path)
    assert len(activities) == 242
    assert len(runs) == 219
    with_file = [r for r in runs if r.source == "strava/fit"]
    typed = [r for r in runs if r.source == "strava/csv"]
    assert (len(with_file), round(km(with_file), 2)) == (214, 1834.83)
    assert (len(typed), round(km(typed), 2)) == (5, 33.57)
    assert sum(r.points for r in activities) == 606_840
    assert sum(r.points for r in with_file) == 574_657
    assert sum(r.shoe is not None for r in activities) == 170
    assert sum(r.description is not None for r in activities) == 108
    assert sum("lat_deg" not in r.records for r in with_file) == 10
    assert [p for r in found for p in r.problems] == []
    with zipfile.ZipFile(path) as archive:
        assert sum(m.is_file for m in readers.walk(path)) == len(archive.namelist()) == 241


@pytest.mark.archive
def test_a_career_edited_by_its_owner(shared_file):
    found, activities, runs = counted(shared_file("data/strava-a1.zip"))
    assert len(activities) == 2105
    by_table = [r for r in runs if r.source.startswith("strava/")]
    assert len(by_table) == 2003
    kinds = {
        s: [r for r in by_table if r.source == f"strava/{s}"] for s in ("fit", "tcx", "gpx", "csv")
    }
    assert {s: len(rs) for s, rs in kinds.items()} == {"fit": 1262, "tcx": 709, "gpx": 3, "csv": 29}
    assert round(km(kinds["fit"]), 2) == 12596.84
    assert round(km(kinds["tcx"]), 2) == 4941.30
    assert round(km(kinds["gpx"]), 2) == 53.23
    assert sum(r.source == "strava/csv" for r in activities) == 40
    assert sum(r.points for r in activities) == 3_111_806
    assert sum(len(r.laps.get("start_s", ())) for r in activities) == 5002 + 949
    assert sum(r.description is not None for r in activities if r.source != "tcx") == 1191
    told = Counter(p.slug for r in found for p in r.problems)
    assert told == {"file-missing": 18, "row-shifted": 1}
    assert len({r.id for r in activities}) == 2105
    said_running = [r for r in activities if r.extra.get("file_sport", "").lower() == "running"]
    assert Counter(r.sport for r in said_running if r.sport != "run")["ride"] == 65
