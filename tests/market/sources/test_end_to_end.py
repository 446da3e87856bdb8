"""From providers and a vendor's files to the split, and the numbers are those of the tables."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import fred_replies
import pandas as pd
import pytest
from local_server import Asked, Reply, serving

from ratemodel import cli
from ratemodel.market.export import export_replica
from ratemodel.market.sources import http, yahoo
from ratemodel.market.sources.http import Limit, Limiter

STUDY = """
name = "fetched"
[assets]
GC = { name = "Gold", class = "metal" }
BTC = { name = "Bitcoin", class = "crypto" }
[bands]
draws = 200
"""
LAST = "2026-03-04"
NEW_YORK, UTC = "America/New_York", "UTC"


def call(capsys, *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        cli.main([str(word) for word in words])
    streams = capsys.readouterr()
    return int(left.value.code or 0), streams.out, streams.err


def at(day: str, zone: str, hour: int = 0) -> int:
    moment = dt.datetime.fromisoformat(day).replace(hour=hour, tzinfo=ZoneInfo(zone))
    return int(moment.timestamp())


def chart(symbol: str, closes: dict[str, float], zone: str) -> str:
    """A chart of Yahoo's, asked for on a later day than its last bar."""
    later = "2026-03-10"
    cells = list(closes.values())
    meta = {
        "currency": "USD",
        "symbol": symbol,
        "regularMarketTime": at(later, zone, 12),
        "exchangeTimezoneName": zone,
        "currentTradingPeriod": {"regular": {"start": at(later, zone), "end": at(later, zone, 23)}},
        "dataGranularity": "1d",
    }
    quote = {name: cells for name in ("open", "high", "low", "close")}
    result = {
        "meta": meta,
        "timestamp": [at(day, zone) for day in closes],
        "indicators": {"quote": [{**quote, "volume": [1] * len(cells)}]},
    }
    return json.dumps({"chart": {"result": [result], "error": None}})


def barchart(contract: str, rows: pd.DataFrame) -> str:
    """One contract's history as Barchart sends it: newest first, with a footer."""
    lines = [
        f"{row.trade_date:%m/%d/%Y},{row.settle},{row.settle},{row.settle},{row.settle},0,0%,10,20"
        for row in rows.sort_values("trade_date", ascending=False).itertuples()
    ]
    head = 'Time,Open,High,Low,Latest,Change,%Change,Volume,"Open Interest"'
    footer = '"Downloaded from Barchart.com as of 03-04-2026 05:11pm CST"'
    return "\n".join([head, *lines, footer, ""])


@pytest.mark.slow
def test_a_fetched_and_an_imported_set_run_unchanged(tmp_path, monkeypatch, capsys):
    """The replica's numbers, taken through FRED, Yahoo and Barchart files, give its own split."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRED_API_KEY", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    free = {name: Limiter([Limit(1000, 1.0)]) for name in ("fred", "yahoo")}
    monkeypatch.setattr(http, "_LIMITERS", free)
    replica = tmp_path / "replica"
    export_replica(replica)
    rates = pd.read_csv(replica / "rates.csv", dtype=str)
    prices = pd.read_csv(replica / "prices.csv")
    futures = pd.read_csv(replica / "futures.csv", parse_dates=["trade_date"])
    by_series = {
        name: dict(zip(group["date"], group["value"], strict=True))
        for name, group in rates.groupby("series")
    }

    def quotes(asked: Asked) -> Reply:
        symbol = asked.path.rpartition("/")[2].replace("%3D", "=")
        asset = {symbol: asset for asset, symbol in yahoo.SYMBOLS.items()}[symbol]
        own = prices.loc[prices["asset"] == asset]
        zone = UTC if asset == "BTC" else NEW_YORK
        return Reply(chart(symbol, dict(zip(own["date"], own["close"], strict=True)), zone))

    Path("fetched.toml").write_text(STUDY)
    with serving(fred_replies.fred(by_series)) as fred_server, serving(quotes) as yahoo_server:
        monkeypatch.setenv("RATEMODEL_FRED_URL", fred_server.url)
        monkeypatch.setenv("RATEMODEL_YAHOO_URL", yahoo_server.url)
        status, _, err = call(
            *(capsys, "data", "fetch", "fetched.toml", "--from", "fred,yahoo", "--end", LAST),
            *("--start", "1985-01-01", "--series", ",".join(by_series), "--assets", "GC,BTC"),
        )
    assert status == 0, err
    files = []
    for contract, rows in futures.groupby("contract"):
        code = yahoo.contract_symbol(str(contract))[:5].lower()
        file = Path(f"{code}_daily_historical-data-03-04-2026.csv")
        file.write_text(barchart(str(contract), rows))
        files.append(file)
    status, _, err = call(capsys, "data", "import", *files)
    assert status == 0, err
    assert "barchart" in err.lower()
    assert "last recorded" in err

    shutil.copy("fetched.toml", "direct.toml")
    status, out, err = call(capsys, "run", "fetched.toml", "--data", "data/raw", "--out", "a")
    assert status == 0, err
    assert "MANIFEST" not in err
    assert not out.startswith("REPLICA")
    assert call(capsys, "run", "direct.toml", "--data", replica, "--out", "b")[0] == 0
    for name in ("shocks", "returns", "loadings", "decomposition"):
        ours, theirs = (
            pd.read_csv(Path(folder) / "tables" / f"{name}.csv").drop(columns="data_kind")
            for folder in "ab"
        )
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    assert call(capsys, "data", "verify")[0] == 0
