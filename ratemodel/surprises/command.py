"""Everything `ratemodel surprises` writes, computed in memory from files already read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ratemodel.config import Bands
from ratemodel.market import load_market
from ratemodel.market.store import read_one, read_outside
from ratemodel.reporting.figures.style import png_and_svg
from ratemodel.reporting.figures.surprise_series import surprises_figure
from ratemodel.reporting.tables import empty_table, finish_table
from ratemodel.shocks.changes import Origin
from ratemodel.shocks.kuttner import Cancelled
from ratemodel.shocks.resampling import surprise_errors, surprise_influence
from ratemodel.shocks.surprises import Origins
from ratemodel.surprises.assets import asset_loadings
from ratemodel.surprises.build import policy_surprises
from ratemodel.surprises.comparison import compare_surprises, daily_ceiling
from ratemodel.types.market import DataKind
from ratemodel.types.surprises import PolicySurprises


@dataclass(frozen=True, eq=False)
class SurpriseTables:
    """Finished tables and figures, ready to be written.

    Attributes
    ----------
    surprises : PolicySurprises
    tables : mapping of str to DataFrame
    figures : mapping of str to bytes
        By path relative to the folder.
    study : str
        Name of the table they were made from.
    data_kind : {"market", "replica"}
        That of the prices, where there are any.
    notes : tuple of str
        What was measured beside.
    """

    surprises: PolicySurprises
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, bytes]
    study: str
    data_kind: DataKind
    notes: tuple[str, ...]


def compute_surprises(
    table: str,
    series: str | list[str],
    *,
    fomc: str | None = None,
    predictors: str | None = None,
    scale_to: str | None = None,
    cancelled: Cancelled,
    data: str | None = None,
    bands: Bands,
) -> SurpriseTables:
    """Read the files, build the series, and make every table.

    Parameters
    ----------
    table : str
        File of changes.
    series : str or list of str
    fomc, predictors, scale_to : str, optional
        Files.
    cancelled : {"skip", "keep"}
    data : str, optional
        A folder of input tables, or ``replica``: prices for loadings, futures for closes.
    bands : Bands
    """
    # Loaded first: a limit does not reach a BLAS that is loaded after it is set.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    changes, origin = _outside(table)
    known, predictors_origin = _outside(predictors)
    yields, yields_origin = _outside(scale_to)
    with threadpool_limits(limits=1):
        built = policy_surprises(
            changes,
            series,
            fomc=None if fomc is None else read_one("fomc", fomc),
            predictors=None if predictors is None else known,
            scale_to=None if scale_to is None else yields,
            cancelled=cancelled,
            origins=Origins(origin, predictors_origin, yields_origin),
        )
        errors = surprise_errors(built, bands.level, bands.draws, bands.seed)
        compared = compare_surprises(built)
        market = None if data is None else load_market(data)
        frame = built.to_frame()
        spread = errors.std_errors.reset_index(names="announced").melt(
            "announced", var_name="series", value_name="std_err"
        )
        frame = frame.merge(spread, how="left", on=["announced", "series"])
        frames = {
            "surprises": frame.assign(
                date=pd.DatetimeIndex(frame["announced"]).tz_localize(None).normalize()
            ),
            "surprise_components": errors.to_frame(),
            "surprise_influence": surprise_influence(built),
            "surprise_comparison": compared.to_frame(),
            "surprise_calls": compared.calls.assign(called=compared.date),
        }
        notes: list[str] = []
        if market is not None:
            assets = asset_loadings(market, built, level=bands.level)
            frames["surprise_assets"] = assets
            if not market.futures.empty and "mp1" in built.names:
                notes = _ceiling_notes(daily_ceiling(market, built))
    study = Path(table).name.partition(".")[0]
    kind: DataKind = "market" if market is None else market.data_kind
    tables = {name: finish_table(name, _in_utc(part), study, kind) for name, part in frames.items()}
    tables.setdefault("surprise_assets", empty_table("surprise_assets"))
    figures = {}
    if len(tables["surprise_comparison"]):
        png, svg = png_and_svg(surprises_figure(tables))
        figures = {"figures/surprises.png": png, "figures/surprises.svg": svg}
    return SurpriseTables(built, tables, figures, study, kind, tuple(notes))


def _outside(path: str | None) -> tuple[pd.DataFrame, Origin]:
    if path is None:
        return pd.DataFrame(), Origin()
    raw = read_outside(path)
    return raw.frame, Origin(str(path), raw.rows.tolist())


def _in_utc(frame: pd.DataFrame) -> pd.DataFrame:
    zoned = frame.select_dtypes("datetimetz")
    return frame.assign(**{str(name): zoned[name].dt.tz_convert("UTC") for name in zoned})


def _ceiling_notes(ceiling: pd.DataFrame) -> list[str]:
    """Say how well closes tell what short windows do, where they overlap at all."""
    return [
        f"MP1 from daily closes (matched by {row['match']}) and from this table correlate "
        f"{row['correlation']:.3f} over {row['start'][:4]}-{row['end'][:4]}"
        f"{', scheduled meetings alone' if row['scheduled_only'] else ''} (n {row['n']})"
        for row in ceiling.to_dict("records")
        if row["correlation"] == row["correlation"]
    ]
