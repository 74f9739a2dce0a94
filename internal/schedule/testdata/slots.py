"""Write slots.tsv: schedules of every kind and their slots, computed apart from the
program. The table is frozen: rows may be added, and none may change.

    python3 slots.py > slots.tsv
"""
import hashlib
import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

UTC = timezone.utc
EPOCH = datetime(1970, 1, 1)
MONDAY = datetime(1970, 1, 5)
MINUTES = [m for m in range(60) if 2 <= m % 15 <= 13]
DAYS = "SUN MON TUE WED THU FRI SAT".split()
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
NAMES = "sunday monday tuesday wednesday thursday friday saturday".split()


def number(project, job):
    return int.from_bytes(hashlib.sha256(f"scheduled/v1\n{project}/{job}".encode()).digest()[:8], "big")


def weekday(date):
    return date.isoweekday() % 7


def month_length(date):
    return (date.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def shown(wall, zone):
    """The instants at which the clocks show a wall time."""
    found = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(t for t in found if t.astimezone(zone).replace(tzinfo=None) == wall)


def fixed(wall, zone):
    if at := shown(wall, zone):
        return at[0]
    low, high = sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    before = low.astimezone(zone).utcoffset()
    while low.astimezone(zone).utcoffset() == before:
        low += timedelta(minutes=1)
    return low


class Field:
    def __init__(self, text, low, high, names, assigned, big):
        self.values, self.nth, self.last = set(), set(), False
        self.star = text.startswith("*")
        for member in text.upper().split(","):
            self.add(member, low, high, names, assigned, big)

    def add(self, member, low, high, names, assigned, big):
        value = lambda s: names.index(s) + low if s in names else int(s)
        week = names is DAYS
        if member == "L":
            self.last = True
            return
        if "#" in member:
            day, nth = member.split("#")
            self.nth.add((value(day) % 7, int(nth)))
            return
        m = re.fullmatch(r"(\*|H|H\((\w+)-(\w+)\)|(\w+?)(?:-(\w+))?)(?:/(\d+))?", member)
        step = int(m[6] or 1)
        first, last = low, high
        if m[2]:
            first, last = value(m[2]), value(m[3])
        elif m[4]:
            first = value(m[4])
            last = value(m[5]) if m[5] else high if m[6] else first
        if m[1].startswith("H"):
            if m[6]:
                first += big % min(step, last - first + 1)
            elif m[2]:
                first = last = first + big % (last - first + 1)
            else:
                first = last = assigned
        self.values |= {v % 7 if week else v for v in range(first, last + 1, step)}


def cron(expr, n, zone, start, end):
    f = expr.split()
    minute = Field(f[0], 0, 59, [], MINUTES[n % 48], n)
    hour = Field(f[1], 0, 23, [], n // 48 % 24, n // 48)
    day = Field(f[2], 1, 31, [], n // 1152 % 28 + 1, n // 1152)
    month = Field(f[3], 1, 12, MONTHS, n // 32256 % 12 + 1, n // 32256)
    week = Field(f[4], 0, 6, DAYS, n // 1152 % 7, n // 1152)
    date = start
    while date < end:
        in_days = date.day in day.values or day.last and date == month_length(date)
        in_week = weekday(date) in week.values or (weekday(date), (date.day + 6) // 7) in week.nth
        both = in_days and in_week
        if not day.star and not week.star:
            both = in_days or in_week
        if date.month in month.values and both:
            for h in hour.values:
                for m in minute.values:
                    wall = date + timedelta(hours=h, minutes=m)
                    yield from shown(wall, zone) if hour.star else [fixed(wall, zone)]
        date += timedelta(days=1)


def every(text, at, n, zone, anchor, start, end):
    count, unit = text.split() if " " in text else ("1", text)
    count, unit = int(count), unit.rstrip("s")
    if unit in ("minute", "hour"):
        step = count * (60 if unit == "minute" else 3600)
        phase = n % count * 60 if unit == "minute" else MINUTES[n % 48] * 60 + n // 48 % count * 3600
        if text == "minute":
            phase = n % 60
        if anchor:
            phase = int(anchor.timestamp())
        t = int(start.replace(tzinfo=UTC).timestamp())
        t += (phase - t) % step
        while t < end.replace(tzinfo=UTC).timestamp():
            yield datetime.fromtimestamp(t, UTC)
            t += step
        return
    h, m = map(int, at.split(":")) if at else (n // 48 % 24, MINUTES[n % 48])
    local = anchor and datetime.combine(anchor.astimezone(zone).date(), datetime.min.time())
    months = lambda d: (d.year - 1970) * 12 + d.month - 1
    kinds = {
        "day": (lambda d: (d - EPOCH).days, n // 1152, lambda d: True),
        "week": (lambda d: (d - MONDAY).days // 7, n // 8064, lambda d: weekday(d) == (weekday(local) if local else n // 1152 % 7)),
        "month": (months, n // 32256, lambda d: d.day == min(local.day if local else n // 1152 % 28 + 1, month_length(d).day)),
    }
    if text in NAMES:
        index, rest, fits = kinds["day"][0], 0, lambda d: weekday(d) == NAMES.index(text)
    else:
        index, rest, fits = kinds[unit]
        rest = index(local) if local else rest
    date = start
    while date < end:
        if fits(date) and index(date) % count == rest % count:
            yield fixed(date + timedelta(hours=h, minutes=m), zone)
        date += timedelta(days=1)


def slots(row):
    job, kind, at, zone_name, start, until, count, excepted, since = row
    n, zone = number("acme", job), ZoneInfo(zone_name)
    moment = lambda s: datetime.fromisoformat(s.replace("Z", "+00:00"))
    anchor, bound = start and moment(start), until and moment(until)
    t = moment(since)
    begin = min(t, anchor or t).replace(tzinfo=None, hour=0, minute=0, second=0) - timedelta(days=3)
    for days in (40, 800, 12000):
        end = t.replace(tzinfo=None) + timedelta(days=days)
        found = set()
        if kind.count(" ") >= 4:
            for expr in kind.split(" ; "):
                found |= set(cron(expr, n, zone, begin, end))
        else:
            found = set(every(kind, at, n, zone, anchor, begin, end))
        known = sorted(
            s for s in found
            if (not anchor or s >= anchor) and (not bound or s < bound) and s.astimezone(zone).date().isoformat() not in excepted.split()
        )
        if count:
            known = known[: int(count)]
        known = [s for s in known if s > t and s.replace(tzinfo=None) < end - timedelta(days=2)][:4]
        if len(known) == 4:
            break
    return " ".join(s.strftime("%Y-%m-%dT%H:%M:%SZ") for s in known)


SPRING = {"UTC": "2024-02-27T00:00:00Z", "Europe/Berlin": "2024-03-30T00:00:00Z", "America/New_York": "2025-03-08T12:00:00Z", "Australia/Lord_Howe": "2023-09-30T00:00:00Z", "America/Sao_Paulo": "2018-11-03T00:00:00Z", "America/Havana": "2023-03-11T12:00:00Z", "America/St_Johns": "2010-03-13T12:00:00Z", "Pacific/Apia": "2011-12-28T12:00:00Z"}
AUTUMN = {"UTC": "2023-12-30T00:00:00Z", "Europe/Berlin": "2024-10-26T20:00:00Z", "America/New_York": "2025-11-01T20:00:00Z", "Australia/Lord_Howe": "2024-04-06T02:00:00Z", "America/Sao_Paulo": "2018-02-17T12:00:00Z", "America/Havana": "2023-11-04T20:00:00Z", "America/St_Johns": "2010-11-06T20:00:00Z", "Pacific/Apia": "2012-03-31T00:00:00Z"}
KINDS = [
    "*/20 * * * *", "0,30 * * * *", "17 */2 * * *", "15 0-4 * * *", "30 2 * * *", "0 0 * * *", "30 23 * * *", "45 1,3 * * 1-5",
    "H H * * *", "H/20 * * * *", "H H/6 * * *", "H(0-29) H(1-5) * * *", "H H(8-17)/3 * * *", "H H H * *", "H H * * H", "H H H(10-20) H/3 *", "H H H/10 * *", "H H * * H(1-5)/2",
    "0 5 L * *", "0 5 29 2 *", "0 5 31 * *", "0 5 1,15 * *", "0 5 * * mon#1", "0 5 * * FRI#5", "0 5 13 * FRI", "0 5 */2 * MON", "0 5 * * 5-7", "0 5 L * 7", "0 9 * * 1-5 ; 30 2 * * 6,7", "30 0 1 1 * ; 0 12 L JUN *",
    "minute", "hour", "7 minutes", "90 minutes", "5 hours", "36 hours",
    "day", "2 days", "10 days", "week", "2 weeks", "5 weeks", "sunday", "friday", "month", "2 months", "12 months",
]


def rows():
    zones = list(SPRING)
    for i, kind in enumerate(KINDS):
        elapsed = kind.split()[-1].rstrip("s") in ("minute", "hour")
        calendar = not elapsed and kind.count(" ") < 4
        for k in range(3):
            zone = "UTC" if elapsed else zones[(i + 3 * k) % len(zones)]
            at = ["", "02:30", "00:00"][k] if calendar else ""
            since = (SPRING, AUTUMN)[(i + k) % 2][zone]
            yield (f"job-{i}-{k}", kind, at, zone, "", "", "", "", since)
    yield ("start", "7 hours", "", "UTC", "2024-02-28T03:04:05Z", "", "", "", "2024-02-28T00:00:00Z")
    yield ("start", "45 minutes", "", "UTC", "2024-02-28T03:04:05Z", "", "3", "", "2024-02-28T00:00:00Z")
    yield ("start", "10 days", "02:30", "Europe/Berlin", "2024-03-11T00:00:00Z", "", "", "", "2024-03-01T00:00:00Z")
    yield ("start", "2 weeks", "", "Europe/Berlin", "2024-03-10T23:30:00Z", "", "", "", "2024-03-01T00:00:00Z")
    yield ("start", "month", "09:00", "America/New_York", "2023-12-31T12:00:00Z", "", "", "", "2023-12-01T00:00:00Z")
    yield ("start", "3 months", "00:15", "Australia/Lord_Howe", "2023-11-30T12:00:00Z", "", "", "", "2023-11-01T00:00:00Z")
    yield ("until", "30 2 * * *", "", "Europe/Berlin", "", "2024-04-02T00:30:00Z", "", "", "2024-03-30T00:00:00Z")
    yield ("except", "0 0 * * *", "", "America/Sao_Paulo", "", "", "", "2018-11-04 2018-11-06", "2018-11-03T00:00:00Z")
    yield ("count", "0 */6 * * *", "", "Europe/Berlin", "2024-10-26T12:00:00Z", "", "5", "2024-10-28", "2024-10-27T00:30:00Z")


if __name__ == "__main__":
    print("# Slots of every kind, frozen: written by slots.py.")
    print("# job\tkind\tat\ttimezone\tstart\tuntil\tcount\texcept\tafter\tslots")
    for row in rows():
        print("\t".join([*row, slots(row)]))
