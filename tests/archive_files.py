"""Invented files of every kind that people hand in: tracks, logs, whole exports."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import zipfile

from backinstride.readers.fit_encode import encode

T0 = dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)


def iso(second: float, suffix: str = "Z") -> str:
    moment = T0 + dt.timedelta(seconds=second)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + suffix


def trkpt(k: int, *, extra: str = "", suffix: str = "Z", second: float | None = None) -> str:
    """One point, 10 m north of the one before."""
    at = 10 * k if second is None else second
    return (
        f'<trkpt lat="{10 + k * 0.00009:.7f}" lon="20.5000000"><ele>{100 + k % 7}.5</ele>'
        f"<time>{iso(at, suffix)}</time>{extra}</trkpt>\n"
    )


def tpx(hr: int = 150, cad: int = 85, prefix: str = "gpxtpx") -> str:
    return (
        f"<extensions><{prefix}:TrackPointExtension><{prefix}:atemp>21.0</{prefix}:atemp>"
        f"<{prefix}:hr>{hr}</{prefix}:hr><{prefix}:cad>{cad}</{prefix}:cad>"
        f"</{prefix}:TrackPointExtension></extensions>"
    )


def gpx(*segments: str, kind: str = "running", name: str = "Invented", head: str = "") -> bytes:
    body = "".join(f"<trkseg>{segment}</trkseg>\n" for segment in segments)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gpx creator="invented" version="1.1" xmlns="http://www.topografix.com/GPX/1/1" '
        'xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1" '
        'xmlns:ns3="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">'
        f"<metadata><time>{iso(0)}</time></metadata>{head}"
        f"<trk><name>{name}</name><type>{kind}</type>\n{body}</trk></gpx>\n"
    ).encode()


def points(count: int, start: int = 0, **more: object) -> str:
    return "".join(trkpt(k, **more) for k in range(start, start + count))


def trackpoint(k: int, *, cadence: int | None = 85, position: bool = True, hr: bool = True) -> str:
    where = (
        f"<Position><LatitudeDegrees>{10 + k * 0.00009:.6f}</LatitudeDegrees>"
        "<LongitudeDegrees>20.5</LongitudeDegrees></Position>"
    )
    steps = f"<RunCadence>{cadence}</RunCadence>" if cadence is not None else ""
    return (
        f"<Trackpoint><Time>{iso(4 * k)}</Time>{where if position else ''}"
        f"<AltitudeMeters>{100 + k % 5}.2</AltitudeMeters>"
        f"<DistanceMeters>{k * 10.01:.2f}</DistanceMeters>"
        + (f"<HeartRateBpm><Value>{140 + k % 9}</Value></HeartRateBpm>" if hr else "")
        + f'<Extensions><TPX xmlns="x"><Speed>2.5</Speed>{steps}</TPX></Extensions></Trackpoint>\n'
    )


def lap(first: int, last: int, *tracks: str) -> str:
    inside = tracks or ("".join(trackpoint(k) for k in range(first, last)),)
    return (
        f'<Lap StartTime="{iso(4 * first)}"><TotalTimeSeconds>{4 * (last - first)}.0'
        f"</TotalTimeSeconds><DistanceMeters>{(last - first) * 10.0}</DistanceMeters>"
        "<Calories>10</Calories><AverageHeartRateBpm><Value>144</Value></AverageHeartRateBpm>"
        "<Intensity>Active</Intensity><TriggerMethod>Distance</TriggerMethod>"
        + "".join(f"<Track>\n{track}</Track>" for track in inside)
        + '<Extensions><LX xmlns="x"><AvgRunCadence>84</AvgRunCadence></LX></Extensions></Lap>\n'
    )


def activity(*laps: str, sport: str = "Running") -> str:
    return (
        f'<Activity Sport="{sport}"><Id>{iso(0)}</Id>{"".join(laps)}<Notes>easy &amp; calm</Notes>'
        "<Creator><Name>Invented Watch</Name></Creator></Activity>"
    )


def tcx(*activities: str, head: str = "") -> bytes:
    return (
        f'{head}<?xml version="1.0" encoding="UTF-8"?>\n'
        '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/'
        'TrainingCenterDatabase/v2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<Activities>{''.join(activities)}</Activities></TrainingCenterDatabase>"
    ).encode()


def fit(second: float = 0, *, metres: float = 5000.0, sport: str = "running", kind: str = "activity",
        created: float | None = None) -> bytes:  # fmt: skip
    """One FIT file of a run of four records."""
    start = T0 + dt.timedelta(seconds=second)
    head = [
        (
            "file_id",
            {"type": kind, "time_created": start.timestamp() if created is None else created},
        )
    ]
    if kind != "activity":
        return encode(head)
    records = [
        ("record", {"timestamp": start + dt.timedelta(seconds=600 * k), "distance": metres * k / 3,
                    "heart_rate": 150})
        for k in range(4)
    ]  # fmt: skip
    end = start + dt.timedelta(seconds=1800)
    session = {
        "timestamp": end, "start_time": start, "sport": sport, "total_distance": metres,
        "total_elapsed_time": 1800.0, "total_timer_time": 1800.0,
    }  # fmt: skip
    return encode([*head, *records, ("session", session)])


def zipped(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


STRAVA_HEADER = (
    "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,"
    "Distance,Max Heart Rate,Relative Effort,Commute,Activity Private Note,Activity Gear,Filename,"
    "Athlete Weight,Bike Weight,Elapsed Time,Moving Time,Distance,Max Speed,Average Speed,"
    "Elevation Gain,Media"
)


def strava_row(
    number: int, kind: str = "Run", *, file: str = "", km: float = 5.0, when: str = "",
    title: str = "Out", said: str = "", gear: str = "", elapsed: str = "1800",
) -> str:  # fmt: skip
    when = when or f"Mar {number}, 2026, 7:00:00 AM"
    quoted = '"' + said.replace('"', '""') + '"'
    return (
        f'{number},"{when}",{title},{kind},{quoted},{elapsed},{km:.2f},170,,false,,{gear},{file},'
        f"60,,{elapsed}.0,1750.0,{km * 1000 + 2.5},4.0,2.9,31.5,"
    )


def strava(
    rows: list[str], files: dict[str, bytes], *, header: str = STRAVA_HEADER
) -> dict[str, bytes]:
    table = "\n".join([header, *rows]) + "\n"
    shoes = "Shoe Name,Shoe Brand,Shoe Model,Shoe Default Sport Types\n,Maker,Blue,\n"
    goals = (
        "Goal Type,Activity Type,Goal,Start Date,End Date,Time Period\nDistance,Run,50,,,weekly\n"
    )
    return {
        "activities.csv": table.encode(),
        "shoes.csv": shoes.encode(),
        "goals.csv": goals.encode(),
        "media/1.jpg": b"\xff\xd8\xff\xe0" + bytes(40),
        **files,
    }


def gz(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def garmin(activities: list[dict], fits: dict[str, bytes], gear: dict | None = None) -> bytes:
    """An account export: a zip with tables and a zip of FIT files inside."""
    fitness = "DI_CONNECT/DI-Connect-Fitness/someone_"
    files = {
        f"{fitness}0_summarizedActivities.json": json.dumps(
            [{"summarizedActivitiesExport": activities}]
        ).encode(),
        "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip": zipped(fits),
        "DI_CONNECT/DI-Connect-Wellness/sleep.json": b'[{"sleep": 1}]',
    }
    if gear:
        files[f"{fitness}gear.json"] = json.dumps([gear]).encode()
    return zipped(files)


def workout(
    kind: str = "Running", *, start: str = "2026-03-01 08:00:00 +0100",
    end: str = "2026-03-01 08:40:00 +0100", km: float | None = 8.2, route: str = "", more: str = "",
) -> str:  # fmt: skip
    distance = (
        '<WorkoutStatistics type="HKQuantityTypeIdentifierDistanceWalkingRunning" '
        f'sum="{km}" unit="km"/>'
        if km is not None
        else ""
    )
    way = f'<WorkoutRoute><FileReference path="/{route}"/></WorkoutRoute>' if route else ""
    return (
        f'<Workout workoutActivityType="HKWorkoutActivityType{kind}" duration="38.5" '
        f'durationUnit="min" sourceName="W" device="&lt;&lt;HKDevice: 0x1>, name:W>" '
        f'startDate="{start}" endDate="{end}">'
        '<WorkoutStatistics type="HKQuantityTypeIdentifierHeartRate" average="151.5" '
        f'unit="count/min"/>{distance}<MetadataEntry key="HKElevationAscended" value="8652 cm"/>'
        f"{more}{way}</Workout>\n"
    )


def health(*workouts: str, beats: int = 3, dtd: str = "<!ELEMENT HealthData ANY>") -> bytes:
    """An export.xml with a document type, stray control characters, and heart beats between."""
    beat = (
        '<Record type="HKQuantityTypeIdentifierHeartRate" unit="count/min" value="61" '
        'startDate="2026-03-01 08:00:01 +0100"><MetadataEntry key="note" value="a\x0bb"/></Record>\n'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE HealthData [{dtd}]>\n'
        f'<HealthData locale="en_US">{beat * beats}{(beat * beats).join(workouts)}</HealthData>\n'
    ).encode()
