"""Fetch again and again on command: `go` on stdin forks a child; its pid and exit status follow.

The provider is a list of invented series in memory, so that all of a child's time goes into the
store: that is where it is to be killed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pandas as pd

import ratemodel.market.fetch as fetching
from ratemodel.market.readers import READERS
from ratemodel.market.snapshots import SnapshotStore
from ratemodel.market.sources import Request

DAYS = pd.bdate_range("2024-01-01", periods=400)
TRUTH = {
    f"S{number}": {f"{day:%Y-%m-%d}": float(number + k) for k, day in enumerate(DAYS)}
    for number in range(6)
}


class InMemory:
    """Stands where the transport stands."""

    def __init__(self, *_: object, **__: object) -> None:
        return

    def get(self, url: str) -> bytes:
        rows = "\n".join(f"{date},{value}" for date, value in TRUTH[url].items())
        return f"DATE,{url}\n{rows}\n".encode()


def fetch_all(folder: Path) -> None:
    store = SnapshotStore(folder, READERS)
    requests = [
        Request("fredgraph", "rates", (("series", name), ("start", "2024-01-01")), name, "csv")
        for name in TRUTH
    ]
    for outcome in fetching.fetch(
        store, requests, keys={}, now=lambda: pd.Timestamp.now("UTC"), max_age=pd.Timedelta(0)
    ):
        assert outcome.status == "fetched", outcome.reason
    store.build()


def main(folder: Path) -> None:
    fetching.client_of = InMemory
    folder.mkdir()
    (folder.parent / "truth.json").write_text(json.dumps(TRUTH))
    READERS["fredgraph"](InMemory().get("S0"), {"series": "S0"})
    print("ready", flush=True)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            fetch_all(folder)
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
