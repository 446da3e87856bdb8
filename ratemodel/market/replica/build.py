"""Generate the whole replica from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ratemodel.calendars import BUILT_IN_CLOCKS
from ratemodel.market.facts import builtin_table
from ratemodel.market.replica import drivers as cast
from ratemodel.market.replica.days import DayGrid
from ratemodel.market.replica.fixings import Fixings, simulate_fixings
from ratemodel.market.replica.futures import futures_table
from ratemodel.market.replica.path import PathNews, simulate_path
from ratemodel.market.replica.pins import Pins, read_pins
from ratemodel.market.replica.prices import (
    Latent,
    index_values,
    prices_table,
    simulate_latent,
)
from ratemodel.market.replica.rates import rates_table
from ratemodel.market.replica.settings import FIRST_DAY, FIXINGS_FROM, LAST_DAY, REPLICA_SEED
from ratemodel.market.replica.truth import truth_table
from ratemodel.market.schema import BUILT_IN, INPUT_TABLES, OPTIONAL, empty_table
from ratemodel.types.columns import TableSpec
from ratemodel.types.market import Market

TRUTH = "truth"
GENERATED = "replica"
"""Name of the source of generated tables."""

_STREAMS = ("path", "fixings", "futures", "yields", *cast.DRIVERS, *cast.ASSETS)


def build_replica(seed: int = REPLICA_SEED) -> Market:
    """Generate the embedded data set: a market whose loadings, news and crash are known.

    Futures, rates and prices are drawn from a linear truth on the clocks of the real series, with
    the calendar, the quotes of the crash and the forced flows of the built-in tables. No number
    is anybody's market data. Same seed, same bytes.

    Parameters
    ----------
    seed : int
        0 or more.

    Returns
    -------
    Market
        With ``data_kind`` "replica"; hourly prices, odds and positioning are empty.

    Examples
    --------
    >>> print(build_replica())
    replica data, 11 assets, 2023-01-03..2026-03-19
    """
    tables = _input_tables(simulate(seed))
    facts = [name for name in tables if name in BUILT_IN]
    return Market(
        **tables,
        clocks=dict(BUILT_IN_CLOCKS),
        data_kind="replica",
        sources={name: "built-in" if name in facts else GENERATED for name in tables},
        notes=(f"replica: generated with seed {seed}, no market data",),
        dates_from="futures",
    )


def replica_truth(seed: int = REPLICA_SEED) -> pd.DataFrame:
    """List what the replica is made of.

    Parameters
    ----------
    seed : int
        0 or more.

    Returns
    -------
    DataFrame
        asset, parameter, event, date, value, unit: for each asset ``alpha``, ``beta``, ``gamma``
        and the parameters of its own noise; for ``rates`` the path revisions by trade date and
        the part of them that came with statements; for the event ``total``, ``drift``,
        ``rate_premium``, ``dollar``, ``leverage`` and ``residual`` by trade date and, without a
        date, for the window.

    Examples
    --------
    >>> truth = replica_truth()
    >>> window = truth[(truth["asset"] == "GC") & (truth["event"] != "") & truth["date"].isna()]
    >>> part = window.set_index("parameter")["value"]
    >>> parts = part[["drift", "rate_premium", "dollar", "leverage", "residual"]]
    >>> bool(abs(parts.sum() - part["total"]) < 1e-10)
    True
    """
    world = simulate(seed)
    return _truth(world, _input_tables(world))


def replica_tables(seed: int = REPLICA_SEED) -> dict[str, pd.DataFrame]:
    """Generate all input tables, and the truth behind them.

    Parameters
    ----------
    seed : int
        0 or more.

    Returns
    -------
    dict of str to DataFrame
        Every input table by name, as the border would read it, and ``truth``.

    Examples
    --------
    >>> tables = replica_tables()
    >>> tables["futures"].columns.tolist()
    ['trade_date', 'contract', 'settle', 'volume', 'open_interest']
    """
    world = simulate(seed)
    tables = _input_tables(world)
    return {**tables, TRUTH: _truth(world, tables)}


@dataclass(frozen=True, eq=False)
class World:
    """Everything drawn that tables are read from.

    Attributes
    ----------
    seed : int
    facts : dict of str to DataFrame
        The built-in tables.
    grid : DayGrid
    pins : Pins
    path : PathNews
    fixings : Fixings
    latent : Latent
    """

    seed: int
    facts: dict[str, pd.DataFrame]
    grid: DayGrid
    pins: Pins
    path: PathNews
    fixings: Fixings
    latent: Latent


def simulate(seed: int) -> World:
    """Draw what happens; the tables hold what of it is seen.

    Parameters
    ----------
    seed : int

    Returns
    -------
    World
    """
    facts = {name: builtin_table(name) for name in BUILT_IN}
    streams = _streams(seed)
    fixing_days = DayGrid.between(FIXINGS_FROM, LAST_DAY)
    grid = fixing_days.since(FIRST_DAY)
    pins = read_pins(facts["quotes"], facts["events"], grid)
    path = simulate_path(grid, facts["fomc"], pins, streams["path"])
    return World(
        seed=seed,
        facts=facts,
        grid=grid,
        pins=pins,
        path=path,
        fixings=simulate_fixings(fixing_days, facts["fomc"], streams["fixings"]),
        latent=simulate_latent(grid, path, pins, streams),
    )


def _input_tables(world: World) -> dict[str, pd.DataFrame]:
    grid, path, fixings, pins = world.grid, world.path, world.fixings, world.pins
    streams = _streams(world.seed)
    dollar = index_values(world.latent)
    drawn = {
        "futures": futures_table(grid, path, fixings, streams["futures"]),
        "rates": rates_table(grid, path, fixings, pins, dollar, streams["yields"]),
        "prices": prices_table(world.latent, pins, streams),
    }
    typed = {name: _typed(frame, INPUT_TABLES[name]) for name, frame in drawn.items()}
    empty = {name: empty_table(INPUT_TABLES[name]) for name in OPTIONAL}
    held = {**typed, **world.facts, **empty}
    return {name: held[name] for name in INPUT_TABLES}


def _truth(world: World, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return truth_table(
        world.latent, world.path, tables["prices"], tables["forced_flows"], tables["events"]
    )


def _typed(frame: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """Give a generated table the columns, types and order in which the border hands it on."""
    columns: dict[str, pd.Series[Any]] = {}
    for column in spec.columns:
        cells = frame.get(column.name)
        if column.type == "date" and cells is not None:
            columns[column.name] = cells.astype("datetime64[us]")
        elif column.type in ("number", "month"):
            columns[column.name] = pd.Series(np.nan, frame.index) if cells is None else cells
        else:
            text = pd.Series("", frame.index) if cells is None else cells
            columns[column.name] = text.astype("str")
    return pd.DataFrame(columns).sort_values(list(spec.key), ignore_index=True)


def _streams(seed: int) -> dict[str, np.random.Generator]:
    """One generator a part, so that a draw more in one changes nothing in the others."""
    children = np.random.SeedSequence(seed).spawn(len(_STREAMS))
    return {
        name: np.random.default_rng(child) for name, child in zip(_STREAMS, children, strict=True)
    }
