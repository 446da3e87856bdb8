"""FRED as it answers: observations as XML, JSON or CSV, and its errors."""

from __future__ import annotations

import json

from local_server import Asked, Reply

UNREGISTERED = (
    '<?xml version="1.0" encoding="utf-8" ?>\n<error code="400" message="Bad Request.  The value '
    "for variable api_key is not registered.  Read "
    'https://fred.stlouisfed.org/docs/api/api_key.html for more information."/>'
)
NO_SERIES = '<error code="400" message="Bad Request.  The series does not exist."/>'
Observations = dict[str, str]


def xml(observations: Observations, count: int | None = None) -> str:
    rows = "".join(
        f'  <observation realtime_start="2026-03-04" realtime_end="2026-03-04" date="{date}" '
        f'value="{value}"/>\n'
        for date, value in observations.items()
    )
    total = len(observations) if count is None else count
    return (
        '<?xml version="1.0" encoding="utf-8" ?>\n<observations realtime_start="2026-03-04" '
        'realtime_end="2026-03-04" observation_start="1776-07-04" observation_end="9999-12-31" '
        f'units="lin" output_type="1" file_type="xml" order_by="observation_date" '
        f'sort_order="asc" count="{total}" offset="0" limit="100000">\n{rows}</observations>\n'
    )


def as_json(observations: Observations) -> str:
    rows = [
        {"realtime_start": "2026-03-04", "realtime_end": "2026-03-04", "date": d, "value": v}
        for d, v in observations.items()
    ]
    return json.dumps({"count": len(rows), "offset": 0, "limit": 100000, "observations": rows})


def csv(series: str, observations: Observations, date_column: str = "observation_date") -> str:
    lines = [f"{date},{value}" for date, value in observations.items()]
    return "\n".join([f"{date_column},{series}", *lines]) + "\n"


def fred(held: dict[str, Observations]):
    """Answer as FRED does, for the series held."""

    def answer(asked: Asked) -> Reply:
        observations = held.get(asked.params["series_id"])
        if observations is None:
            return Reply(NO_SERIES, 400)
        first = asked.params.get("observation_start", "")
        return Reply(xml({d: v for d, v in observations.items() if d >= first}))

    return answer
