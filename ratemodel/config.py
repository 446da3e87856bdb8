"""Read a study file into a frozen `Study`; every default of the project lives here."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from ratemodel.errors import StudyError
from ratemodel.types.clock import Clock

REPLICA = "replica"
REPLICA_MARK = "replica.txt"
"""A folder with this file holds the replica, and everything made from it says so."""
ALL_EVENTS = "all"
STUDY_TEMPLATE = "study.toml"
"""Beside this file: the default study, with its comments."""

ShockSource = Literal["futures", "yields"]
OddsDates = Literal["window", "all"]

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AssetSpec:
    """One asset of a study: how it is called, what it is, when it is struck.

    ``struck_at`` may be None: then the built-in clock of that symbol holds.
    """

    symbol: str
    name: str
    asset_class: str = "other"
    struck_at: Clock | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The dates a study looks at.

    Estimation uses rows from `start` (or the `pre_days` trade dates before the event) up to the
    event, never the event itself; `end` bounds the tables that describe dates.
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
    rows: list[tuple[str, str, str, str]] = [
        ("GC", "Gold (COMEX)", metal, comex),
        ("SI", "Silver (COMEX)", metal, "13:25 America/New_York"),
        ("GLD", "Gold (GLD fund)", metal, etf),
        ("SLV", "Silver (SLV fund)", metal, etf),
        ("BTC", "Bitcoin", crypto, utc),
        ("ETH", "Ether", crypto, utc),
        ("SOL", "Solana", crypto, utc),
    ]
    return tuple(AssetSpec(s, n, c, Clock.parse(k)) for s, n, c, k in rows)


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
    sample, assets, path_options, shock_source, shock_series, dollar_series, bands
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
    shock_source: ShockSource = "futures"
    shock_series: tuple[str, ...] = ("path_bp",)
    dollar_series: str = "DTWEXBGS"
    bands: Bands = field(default_factory=Bands)
    path: Path | None = None

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
    except (OSError, UnicodeDecodeError) as error:
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
    reader = _Reader(source)
    sections = {"sample", "assets", "path", "shock", "dollar", "bands"}
    reader.known(raw, "", {"name", "data", "event", *sections})
    default = Study()
    data = reader.text(raw, "data", default.data)
    if data != REPLICA and path is not None and not Path(data).is_absolute():
        data = str(path.parent / data)
    shock = reader.table(raw, "shock", {"source", "series"})
    dollar = reader.table(raw, "dollar", {"series"})
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
        shock_source=shock_source,
        shock_series=reader.texts(shock, "series", default.shock_series),
        dollar_series=reader.text(dollar, "series", default.dollar_series),
        bands=_bands(reader, raw, default.bands),
        path=path,
    )


def iso_date(text: str) -> pd.Timestamp:
    """Read a date written YYYY-MM-DD, and in no other way.

    Raises
    ------
    ValueError
        If it is written otherwise, or no day of the calendar.
    """
    if not _ISO_DATE.fullmatch(text):
        raise ValueError(f"not YYYY-MM-DD: {text!r}")
    return pd.Timestamp(text)


def _sample(reader: _Reader, raw: dict[str, Any], default: Sample) -> Sample:
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
    reader: _Reader, raw: dict[str, Any], default: tuple[AssetSpec, ...]
) -> tuple[AssetSpec, ...]:
    if "assets" not in raw:
        return default
    table = reader.table(raw, "assets", None)
    if not table:
        raise reader.error("[assets] is empty: name at least one asset")
    specs = []
    for symbol in table:
        entry = reader.table(table, symbol, {"name", "class", "struck_at"})
        clock = reader.text(entry, "struck_at", "")
        specs.append(
            AssetSpec(
                symbol=symbol,
                name=reader.text(entry, "name", symbol),
                asset_class=reader.text(entry, "class", "other"),
                struck_at=Clock.parse(clock) if clock else None,
            )
        )
    return tuple(specs)


def _path_options(reader: _Reader, raw: dict[str, Any], default: PathOptions) -> PathOptions:
    table = reader.table(raw, "path", {f.name for f in fields(PathOptions)})
    dates = reader.choice(table, "probabilities", default.probabilities, get_args(OddsDates))
    premium = table.get("premium", default.premium)
    if not isinstance(premium, bool):
        raise reader.error(f"[path] premium is true or false, got {premium!r}")
    return PathOptions(probabilities=dates, premium=premium)


def _bands(reader: _Reader, raw: dict[str, Any], default: Bands) -> Bands:
    table = reader.table(raw, "bands", {f.name for f in fields(Bands)})
    level = table.get("level", default.level)
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0.5 <= level < 1:
        raise reader.error(f"[bands] level is a fraction from 0.5 to below 1, got {level!r}")
    return Bands(
        level=float(level),
        draws=reader.integer(table, "draws", default.draws, low=100),
        seed=reader.integer(table, "seed", default.seed, low=0),
    )


class _Reader:
    """Typed look-ups in parsed TOML whose errors name the file, the key and the value."""

    def __init__(self, source: str) -> None:
        self.source = source

    def error(self, problem: str) -> StudyError:
        return StudyError(f"{self.source}: {problem}")

    def known(self, table: dict[str, Any], where: str, allowed: set[str]) -> None:
        for key in table:
            if key not in allowed:
                at = f"[{where}] " if where else ""
                raise self.error(
                    f"{at}unknown key {key!r}; known keys are {', '.join(sorted(allowed))}"
                )

    def table(self, raw: dict[str, Any], key: str, allowed: set[str] | None) -> dict[str, Any]:
        value = raw.get(key, {})
        if not isinstance(value, dict):
            raise self.error(f"[{key}] must be a table, got {value!r}")
        if allowed is not None:
            self.known(value, key, allowed)
        return value

    def text(self, table: dict[str, Any], key: str, default: str) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or (key in table and not value.strip()):
            raise self.error(f"{key} must be a non-empty text, got {value!r}")
        return value

    def texts(self, table: dict[str, Any], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = table.get(key, list(default))
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            raise self.error(f"{key} must be a list of texts, got {value!r}")
        if len(set(value)) < len(value):
            raise self.error(f"{key} names something twice: {value!r}")
        return tuple(value)

    def integer(self, table: dict[str, Any], key: str, default: int, *, low: int) -> int:
        value = table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise self.error(f"{key} must be a whole number of at least {low}, got {value!r}")
        return value

    def date(
        self, table: dict[str, Any], key: str, default: pd.Timestamp | None
    ) -> pd.Timestamp | None:
        if key not in table:
            return default
        value = str(table[key])
        try:
            return iso_date(value)
        except ValueError:
            raise self.error(f"{key} must be a date YYYY-MM-DD, got {value!r}") from None

    def choice(
        self, table: dict[str, Any], key: str, default: Any, allowed: tuple[str, ...]
    ) -> Any:
        value = table.get(key, default)
        if value not in allowed:
            raise self.error(f"{key} must be one of {', '.join(allowed)}, got {value!r}")
        return value
