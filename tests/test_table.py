"""Hand-kept logs: whatever the order of columns, the language, the way of writing a date."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride.readers import table
from backinstride.units import M_PER_MILE


def read(text: str, encoding: str = "utf-8"):
    """Return (outings, slugs of the problems)."""
    found = list(table.read(text.encode(encoding), "log.csv"))
    return [r for r in found if r.start], [p.slug for r in found for p in r.problems]


def mapping(text: str):
    found, problems = table.guessed(text.encode(), "log.csv")
    assert found, problems
    return found


def test_an_english_log():
    runs, slugs = read(
        "Shoes,Pain,Distance (mi),Date,Time,Notes,Surface\n"
        'Blue,3,5.2,03/15/2024,45:30,"tight, low",road\n'
        "Blue,,6,03/16/2024,1:02:03,,\n"
    )
    assert slugs == []
    first, second = runs
    assert first.distance_m == pytest.approx(5.2 * M_PER_MILE)
    assert (first.moving_s, second.moving_s) == (2730.0, 3723.0)
    assert (first.shoe, first.description) == ("Blue", "tight, low")
    assert first.extra == {"pain": "3", "surface": "road"}
    assert (first.start.date(), first.sport, first.distance_from) == (
        dt.date(2024, 3, 15),
        "run",
        "export",
    )


def test_a_german_log():
    runs, slugs = read("Notiz;Strecke (km);Datum;Zeit;Schuhe\ngut;10,5;05.03.2024;52:30;Blau\n")
    assert slugs == []
    assert (runs[0].distance_m, runs[0].moving_s, runs[0].shoe) == (10500.0, 3150.0, "Blau")
    assert runs[0].start.date() == dt.date(2024, 3, 5)


def test_the_mapping_is_shown_and_can_be_kept_and_put_right():
    text = "date,distance,time\n2024-03-01,5,25:00\n"
    guess = mapping(text)
    assert guess.columns == {"date": "date", "distance": "distance", "duration": "time"}
    assert (guess.distance_unit, guess.assumed != ()) == ("km", True)
    kept = msgspec.convert(msgspec.to_builtins(guess), table.TableMapping)
    miles = msgspec.structs.replace(kept, distance_unit="mi", assumed=())
    (run,) = table.read(text.encode(), "log.csv", [miles])
    assert run.distance_m == pytest.approx(5 * M_PER_MILE)
    other = "date,distance,time,x\n2024-03-01,5,25:00,\n"
    _, again = table.read(other.encode(), "log.csv", [miles])  # not the same table
    assert again.distance_m == 5000.0


@pytest.mark.parametrize(
    ("dates", "wanted"),
    [
        (["13/02/2024", "01/03/2024"], dt.date(2024, 3, 1)),
        (["02/13/2024", "03/01/2024"], dt.date(2024, 3, 1)),
        (["2024-02-13", "2024-03-01"], dt.date(2024, 3, 1)),
        (["13.2.24", "1.3.24"], dt.date(2024, 3, 1)),
        (["Tue 13 Feb 2024", "1 March 2024"], dt.date(2024, 3, 1)),
        (["February 13, 2024", "Mar 1st, 2024"], dt.date(2024, 3, 1)),
        (["20240213", "20240301"], dt.date(2024, 3, 1)),
        (["2024/02/13 07:30", "2024/03/01 18:05"], dt.date(2024, 3, 1)),
        (["01/02/2024", "02/02/2024", "03/02/2024", "01/03/2024"], dt.date(2024, 3, 1)),
    ],
)
def test_ways_to_write_a_date(dates, wanted):
    runs, slugs = read("date,km\n" + "".join(f'"{d}",5\n' for d in dates))
    assert slugs == []
    assert runs[-1].start.date() == wanted


def test_day_or_month_first_is_not_guessed():
    for dates in (["03/04/2024"], ["13/02/2024", "02/13/2024"]):
        runs, slugs = read("date,km\n" + "".join(f"{d},5\n" for d in dates))
        assert (runs, slugs) == ([], ["date-order-unclear"])


def test_a_time_of_day_and_its_zone():
    runs, _ = read("date,km\n2024-03-01T23:30:00+02:00,5\n2024-03-02 05:10,6\n")
    assert (runs[0].start.isoformat(), runs[0].utc_offset_s) == ("2024-03-01T21:30:00+00:00", 7200)
    assert runs[1].start.isoformat() == "2024-03-02T05:10:00+00:00"
    clock, _ = read("date,clock,km\n2024-03-01,5:10 PM,5\n")
    assert clock[0].start.hour == 17


@pytest.mark.parametrize(
    ("header", "cell", "seconds"),
    [
        ("time", "45:30", 2730),
        ("time", "1:05:00", 3900),
        ("duration (min)", "45", 2700),
        ("duration_s", "2700", 2700),
        ("hours", "0.75", None),
        ("duration [h]", "0.75", 2700),
        ("time", "45 min", 2700),
        ("time", "1 h 5 min", 3900),
        ("time", "2700", 2700),
        ("time", "45", 2700),
    ],
)
def test_ways_to_write_a_duration(header, cell, seconds):
    runs, _ = read(f"date,km,{header}\n2024-03-01,8,{cell}\n")
    assert runs[0].moving_s == seconds


def test_hours_and_minutes_where_minutes_and_seconds_would_be_absurd():
    runs, _ = read("date,km,time\n2024-03-01,16,1:30\n2024-03-02,18,1:45\n")
    assert [r.moving_s for r in runs] == [5400.0, 6300.0]


@pytest.mark.parametrize(
    ("header", "cell", "metres"),
    [
        ("km", "5.2", 5200),
        ("Miles", "2", 2 * M_PER_MILE),
        ("distance", "5 km", 5000),
        ("distance", "3 mi", 3 * M_PER_MILE),
        ("Distance / km", "5", 5000),
        ("distance_m", "5000", 5000),
        ("distance", "5000", 5000),
        ("dist [mi]", "1", M_PER_MILE),
    ],
)
def test_ways_to_write_a_distance(header, cell, metres):
    runs, _ = read(f"date,{header}\n2024-03-01,{cell}\n")
    assert runs[0].distance_m == pytest.approx(metres)


def test_an_assumed_unit_is_told():
    _, slugs = read("date,distance\n2024-03-01,5\n")
    assert slugs == ["unit-assumed"]


@pytest.mark.parametrize(("shown", "metres"), [(10.0, 10_000), (6.21, 6.21 * M_PER_MILE)])
def test_the_table_of_a_watch_maker_tells_its_unit_by_the_steps(shown, metres):
    runs, slugs = read(
        "Activity Type,Date,Favorite,Title,Distance,Calories,Time,Avg HR,Max HR,Avg Run Cadence,"
        "Avg Pace,Total Ascent,Avg Stride Length,Moving Time\n"
        f'Running,2026-03-01 07:00:00,false,"Out, back",{shown},600,00:50:00,150,170,170,5:00,45,1.18,49:10\n'
        'Lap Swimming,2026-03-02 07:00:00,false,Pool,"1,500",300,00:30:00,--,--,--,--,--,--,30:00\n'
    )
    assert slugs == []
    run, swim = runs
    assert run.distance_m == pytest.approx(metres)
    assert (run.sport, run.title, run.avg_hr_bpm, run.climb_m) == ("run", "Out, back", 150.0, 45.0)
    assert (swim.sport, swim.distance_m, swim.avg_hr_bpm) == ("swim", 1500.0, None)


def test_rest_days_totals_and_bad_rows():
    runs, slugs = read(
        "Week log,,\n,,\ndate,km,type\n2024-03-01,5,Easy\n2024-03-02,,Rest\n2024-03-03,0,\n"
        ",12,total\n2024-03-04,far,Long run\nsoon,7,Easy\n2024-03-06,20,Bike\n"
    )
    assert [(r.distance_m, r.sport) for r in runs] == [(5000.0, "run"), (20000.0, "ride")]
    assert slugs == ["row-unread", "row-unread"]


def test_the_bicycle_of_a_ride_is_no_shoe():
    (run, ride), _ = read(
        "date,km,type,gear\n2024-03-01,5,Easy run,Blue\n2024-03-06,20,Bike,Racer\n"
    )
    assert (run.shoe, ride.shoe, ride.extra["gear"]) == ("Blue", None, "Racer")


def test_ids_come_from_the_row_and_not_its_place():
    first, _ = read("date,km\n2024-03-01,5\n2024-03-02,6\n")
    longer, _ = read("date,km\n2024-02-28,4\n2024-03-01,5\n2024-03-02,6\n")
    assert {r.id for r in first} < {r.id for r in longer}
    twins, _ = read("date,km\n2024-03-01,5\n2024-03-01,5\n")
    assert twins[1].id == f"{twins[0].id}-1"


def test_encodings():
    text = "Datum;km;Notiz\n01.03.2024;5;Rücken\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        runs, slugs = read(text, encoding)
        assert runs[0].description == "Rücken"
        assert slugs == (["encoding-guessed"] if encoding == "cp1252" else [])


@pytest.mark.parametrize(
    "text",
    ["", "hello\n", "a,b\n1,2\n", "date,shoes\n2024-03-01,Blue\n", "lat,lon,time,distance\n1,2,3,4\n",
     "date,end date,goal\n2024-01-01,2024-02-01,5\n"],
)  # fmt: skip
def test_what_is_no_log(text):
    assert not table.sniff(text.encode())
    assert read(text) == ([], ["table-unread"])


@given(st.text(max_size=200), st.integers(0, 120))
@settings(max_examples=30, deadline=None)
def test_nothing_raises(junk, place):
    text = "date,km,time,notes\n2024-03-01,5,25:00,ok\n13/02/2024,6 mi,1 h,x\n"
    for recording in table.read((text[:place] + junk + text[place:]).encode(), "log.csv"):
        assert recording.file == "log.csv"


@given(
    st.lists(st.tuples(st.dates(dt.date(1980, 1, 1), dt.date(2030, 1, 1)), st.integers(1, 4000)), min_size=1, max_size=12),
    st.permutations(["date", "km", "notes", "shoes"]),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_any_order_of_columns_reads_back(rows, order, delimiter, comma):
    comma = comma and delimiter != ","
    lines = [delimiter.join(order)]
    for day, hundredths in rows:
        metres = f"{hundredths / 100:.2f}".replace(".", "," if comma else ".")
        cells = {"date": day.isoformat(), "km": metres, "notes": "n", "shoes": "s"}
        lines.append(delimiter.join(cells[name] for name in order))
    runs, slugs = read("\n".join(lines))
    assert slugs == []
    assert [(r.start.date(), round(r.distance_m)) for r in runs] == [(d, h * 10) for d, h in rows]
