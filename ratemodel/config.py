"""Read a study file into a frozen `Study`; every default of the project lives here."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from ratemodel.errors import StudyError
from ratemodel.study_table import StudyTable
from ratemodel.types.clock import Clock
from ratemodel.types.market import DataKind

REPLICA = "replica"
REPLICA_MARK = "replica.txt"
"""A folder with this file holds the replica, and everything made from it says so."""
ALL_EVENTS = "all"
STUDY_TEMPLATE = "study.toml"
"""Beside this file: the default study, with its comments."""

ShockSource = Literal["futures", "yields"]
OddsDates = Literal["window", "all"]
MarginClock = Literal["effective", "announced"]


@dataclass(frozen=True, slots=True)
class AssetSpec:
    """One asset of a study: how it is called, what it is, when it is struck.

    ``struck_at`` may be None: then the built-in clock of that symbol holds. ``underlying`` tells
    which assets are one thing in two wrappers, gold as a future and as a fund; empty = itself.
    """

    symbol: str
    name: str
    asset_class: str = "other"
    struck_at: Clock | None = None
    underlying: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """The dates a study looks at.

    Estimation uses rows from `start` (or the `pre_days` trade dates before the event) up to the
    event, never the event itself; the table of returns runs from `start` to `end`.
    """

    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    pre_days: int = 500


@dataclass(frozen=True, slots=True)
class PathOptions:
    """What the rate path gives beyond levels.

    `probabilities` says for which dates odds are tabulated: the event window and month ends, or
    all; `premium` whether contracts are read less their mean past excess over what came.
    """

    probabilities: OddsDates = "window"
    premium: bool = False


@dataclass(frozen=True, slots=True)
class Bands:
    """How intervals are made: coverage level, bootstrap draws, seed."""

    level: float = 0.90
    draws: int = 2000
    seed: int = 20260130


@dataclass(frozen=True, slots=True)
class LoadingOptions:
    """What estimators of loadings need to be told.

    `quantile` of the quantile regression, `rolling_rows` a window of the rolling one holds,
    `horizon_days` to which local projections look ahead, in trade dates.
    """

    quantile: float = 0.5
    rolling_rows: int = 120
    horizon_days: int = 20


@dataclass(frozen=True, slots=True)
class SurpriseOptions:
    """How surprise series are built where readers of their papers may differ.

    `cancelled`: whether MP2 skips meetings that were later called off, as the published series
    does, or keeps them until they were. `rotation_quantile`: of the admissible angles between
    policy and information. `path_scale`: path one-for-one with ED4, or with the effect of target
    on it. `min_events`: announcements before an expanding series begins.
    """

    cancelled: Literal["skip", "keep"] = "skip"
    rotation_quantile: float = 0.5
    path_scale: Literal["ed4", "equal"] = "ed4"
    min_events: int = 40


def _default_assets() -> tuple[AssetSpec, ...]:
    metal, crypto, comex, etf, utc = (
        "metal",
        "crypto",
        "13:30 America/New_York",
        "16:00 America/New_York",
        "24:00 UTC",
    )
    rows: list[tuple[str, str, str, str, str]] = [
        ("GC", "Gold (COMEX)", metal, comex, "gold"),
        ("SI", "Silver (COMEX)", metal, "13:25 America/New_York", "silver"),
        ("GLD", "Gold (GLD fund)", metal, etf, "gold"),
        ("SLV", "Silver (SLV fund)", metal, etf, "silver"),
        ("BTC", "Bitcoin", crypto, utc, ""),
        ("ETH", "Ether", crypto, utc, ""),
        ("SOL", "Solana", crypto, utc, ""),
    ]
    return tuple(AssetSpec(s, n, c, Clock.parse(k), u) for s, n, c, k, u in rows)


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that decides a run, read once and never changed.

    Attributes
    ----------
    name : str
        Goes into the `study` column of every table.
    data : str
        ``replica``, or the folder of input tables (absolute once read from a file).
    event : str
        A row of the events table, or ``all``.
    sample, assets, path_options, loading_options, shock_source, shock_series, dollar_series,
    margin_clock, bands
        As in the study file.
    path : Path or None
        The file it was read from; None for the built-in study.

    Examples
    --------
    >>> Study().event
    'metals-2026'
    >>> [asset.symbol for asset in Study().assets][:2]
    ['GC', 'SI']
    """

    name: str = "metals-2026"
    data: str = REPLICA
    event: str = "metals-2026"
    sample: Sample = field(
        default_factory=lambda: Sample(
            start=pd.Timestamp("2024-09-16"), end=pd.Timestamp("2026-03-04")
        )
    )
    assets: tuple[AssetSpec, ...] = field(default_factory=_default_assets)
    path_options: PathOptions = field(default_factory=PathOptions)
    loading_options: LoadingOptions = field(default_factory=LoadingOptions)
    shock_source: ShockSource = "futures"
    shock_series: tuple[str, ...] = ("path_bp",)
    dollar_series: str = "DTWEXBGS"
    margin_clock: MarginClock = "effective"
    bands: Bands = field(default_factory=Bands)
    path: Path | None = None

    @property
    def data_kind(self) -> DataKind:
        """Whether `data` is somebody's market or the replica, embedded or exported."""
        if self.data == REPLICA or (Path(self.data) / REPLICA_MARK).exists():
            return "replica"
        return "market"

    @property
    def clocks(self) -> dict[str, Clock]:
        """Clocks the study itself sets, by symbol."""
        return {a.symbol: a.struck_at for a in self.assets if a.struck_at is not None}

    @property
    def asset_names(self) -> dict[str, str]:
        """Full name of each asset, by symbol, in the study's order."""
        return {a.symbol: a.name for a in self.assets}


def read_study(path: str | Path) -> Study:
    """Read a study file.

    A missing key takes the default; an unknown key, a wrong type or an unknown choice is an
    error, because a misspelt option that is silently ignored changes results.

    Parameters
    ----------
    path : str or Path
        A TOML file. A relative `data` folder is meant relative to this file.

    Returns
    -------
    Study

    Raises
    ------
    StudyError
        If the file cannot be read, or a key or value is not one the format has.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: cannot be read ({error})") from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{path}: not valid TOML ({error})") from None
    return parse_study(raw, source=str(path), path=path)


def write_study(path: Path) -> None:
    """Write the default study, commented, as a file to start from.

    Raises
    ------
    StudyError
        If the file is there already, or cannot be written.
    """
    text = Path(__file__).with_name(STUDY_TEMPLATE).read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise StudyError(f"{path}: is there already; it is left as it is") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be written ({error.strerror})") from None


def parse_study(raw: dict[str, Any], *, source: str, path: Path | None = None) -> Study:
    """Turn the parsed TOML of a study into a `Study`; `source` is how errors call the file."""
    reader = StudyTable(source)
    sections = {"sample", "assets", "path", "loadings", "shock", "dollar", "leverage", "bands"}
    reader.known(raw, "", {"name", "data", "event", *sections})
    default = Study()
    data = reader.text(raw, "data", default.data)
    if data != REPLICA and path is not None and not Path(data).is_absolute():
        data = str(path.parent / data)
    shock = reader.table(raw, "shock", {"source", "series"})
    dollar = reader.table(raw, "dollar", {"series"})
    leverage = reader.table(raw, "leverage", {"margin_clock"})
    options = _path_options(reader, raw, default.path_options)
    shock_source: ShockSource = reader.choice(
        shock, "source", default.shock_source, get_args(ShockSource)
    )
    if options.premium and shock_source == "yields":
        raise reader.error("[path] premium is of contracts; [shock] source is 'yields'")
    return Study(
        name=reader.text(raw, "name", path.stem if path else default.name),
        data=data,
        event=reader.text(raw, "event", default.event),
        sample=_sample(reader, raw, default.sample),
        assets=_assets(reader, raw, default.assets),
        path_options=options,
        loading_options=_loading_options(reader, raw, default.loading_options),
        shock_source=shock_source,
        shock_series=reader.texts(shock, "series", default.shock_series),
        dollar_series=reader.text(dollar, "series", default.dollar_series),
        margin_clock=reader.choice(
            leverage, "margin_clock", default.margin_clock, get_args(MarginClock)
        ),
        bands=_bands(reader, raw, default.bands),
        path=path,
    )


def _sample(reader: StudyTable, raw: dict[str, Any], default: Sample) -> Sample:
    table = reader.table(raw, "sample", {f.name for f in fields(Sample)})
    pre_days = reader.integer(table, "pre_days", default.pre_days, low=30)
    if "start" in table and "pre_days" in table:
        raise reader.error("[sample] takes start or pre_days, not both")
    start = None if "pre_days" in table else reader.date(table, "start", default.start)
    end = reader.date(table, "end", default.end)
    if start is not None and end is not None and end <= start:
        raise reader.error(f"[sample] ends ({end:%Y-%m-%d}) before it starts ({start:%Y-%m-%d})")
    return Sample(start=start, end=end, pre_days=pre_days)


def _assets(
    reader: StudyTable, raw: dict[str, Any], default: tuple[AssetSpec, ...]
) -> tuple[AssetSpec, ...]:
    if "assets" not in raw:
        return default
    table = reader.table(raw, "assets", None)
    if not table:
        raise reader.error("[assets] is empty: name at least one asset")
    specs = []
    for symbol in table:
        entry = reader.table(table, symbol, {"name", "class", "struck_at", "underlying"})
        specs.append(
            AssetSpec(
                symbol=symbol,
                name=reader.text(entry, "name", symbol),
                asset_class=reader.text(entry, "class", "other"),
                struck_at=reader.clock(entry, symbol),
                underlying=reader.text(entry, "underlying", ""),
            )
        )
    return tuple(specs)


def _path_options(reader: StudyTable, raw: dict[str, Any], default: PathOptions) -> PathOptions:
    table = reader.table(raw, "path", {f.name for f in fields(PathOptions)})
    dates = reader.choice(table, "probabilities", default.probabilities, get_args(OddsDates))
    premium = table.get("premium", default.premium)
    if not isinstance(premium, bool):
        raise reader.error(f"[path] premium is true or false, got {premium!r}")
    return PathOptions(probabilities=dates, premium=premium)


def _loading_options(
    reader: StudyTable, raw: dict[str, Any], default: LoadingOptions
) -> LoadingOptions:
    table = reader.table(raw, "loadings", {f.name for f in fields(LoadingOptions)})
    quantile = table.get("quantile", default.quantile)
    if isinstance(quantile, bool) or not isinstance(quantile, float) or not 0 < quantile < 1:
        raise reader.error(f"[loadings] quantile is between 0 and 1, got {quantile!r}")
    return LoadingOptions(
        quantile=quantile,
        rolling_rows=reader.integer(table, "rolling_rows", default.rolling_rows, low=30),
        horizon_days=reader.integer(table, "horizon_days", default.horizon_days, low=0),
    )


def _bands(reader: StudyTable, raw: dict[str, Any], default: Bands) -> Bands:
    table = reader.table(raw, "bands", {f.name for f in fields(Bands)})
    level = table.get("level", default.level)
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0.5 <= level < 1:
        raise reader.error(f"[bands] level is a fraction from 0.5 to below 1, got {level!r}")
    return Bands(
        level=float(level),
        draws=reader.integer(table, "draws", default.draws, low=100),
        seed=reader.integer(table, "seed", default.seed, low=0),
    )
