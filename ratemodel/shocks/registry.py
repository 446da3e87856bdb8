"""The published series: what each is made of, how it is scaled and signed, and who built it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd

from ratemodel.config import SurpriseOptions
from ratemodel.shocks import factors, information, orthogonal
from ratemodel.shocks.changes import UNNAMED
from ratemodel.types.components import Design, Rule
from ratemodel.types.surprises import PP_UNIT, SD_UNIT

EXPANDING = "_expanding"
"""Ends the name of a series estimated for each announcement on those up to it only."""

KUTTNER, GSS, NEWS, PURCHASES = "kuttner", "target_path", "news", "purchases"
INFORMATION, SPLIT = "information", "information_split"
MPS, ORTHOGONAL = "mps", "orthogonal"
STOCKS, YEAR, PREDICTORS = "SP500", "UST1Y", "predictors"


@dataclass(frozen=True, slots=True)
class SeriesSpec:
    """One series: the construction that makes it, and what a reader must know."""

    construction: str
    scaling: str
    sign: str
    source: str
    unit: str = PP_UNIT
    beside: str = ""
    """What it needs beyond the construction's inputs: stocks, a one-year yield, predictors."""


_RAISES = "positive = rates up"
_POLICY = "positive = rates up, stocks down"
_INFORMATION = "positive = rates up, stocks up"
_JK = "Jarocinski and Karadi 2020"
_BS = "Bauer and Swanson 2023"
_SWANSON = "Swanson 2021"
_GSS = "Gurkaynak, Sack and Swanson 2005"
_JK_SCALE = "standard deviation of ED4"
_UNIT = "unit variance on the sample"

SERIES: dict[str, SeriesSpec] = {
    "mp1": SeriesSpec(
        KUTTNER,
        "FF1 change x D/(D-d); FF2 change with 7 days of the month left or fewer",
        _RAISES,
        "Kuttner 2001",
    ),
    "mp2": SeriesSpec(
        KUTTNER,
        "revision of the rate expected after the next scheduled meeting",
        _RAISES,
        _GSS,
    ),
    "target": SeriesSpec(GSS, "one-for-one with MP1", _RAISES, _GSS),
    "path": SeriesSpec(GSS, "one-for-one with ED4; no slope of MP1 on it", _RAISES, _GSS),
    "news": SeriesSpec(
        NEWS,
        "one-for-one with the one-year yield",
        _RAISES,
        "Nakamura and Steinsson 2018",
        beside=YEAR,
    ),
    "jk_pc1": SeriesSpec(INFORMATION, _JK_SCALE, _RAISES, _JK),
    "mp_poor_man": SeriesSpec(SPLIT, _JK_SCALE, _POLICY, _JK, beside=STOCKS),
    "cbi_poor_man": SeriesSpec(SPLIT, _JK_SCALE, _INFORMATION, _JK, beside=STOCKS),
    "mp_median": SeriesSpec(SPLIT, _JK_SCALE, _POLICY, _JK, beside=STOCKS),
    "cbi_median": SeriesSpec(SPLIT, _JK_SCALE, _INFORMATION, _JK, beside=STOCKS),
    "bs_mps": SeriesSpec(MPS, "one-for-one with ED4", _RAISES, _BS),
    "bs_mps_orth": SeriesSpec(
        ORTHOGONAL,
        "residual of bs_mps on the predictors, same units",
        _RAISES,
        _BS,
        beside=PREDICTORS,
    ),
    "swanson_ffr": SeriesSpec(PURCHASES, _UNIT, "positive = MP1 up", _SWANSON, unit=SD_UNIT),
    "swanson_fg": SeriesSpec(PURCHASES, _UNIT, "positive = ED4 up", _SWANSON, unit=SD_UNIT),
    "swanson_lsap": SeriesSpec(
        PURCHASES,
        _UNIT,
        "positive = more purchases, 10-year yield down",
        _SWANSON,
        unit=SD_UNIT,
    ),
}
"""In reading order; with `EXPANDING` behind their names, all but the first two also exist as
estimated without looking ahead."""


ALWAYS = pd.Timestamp("1800-01-01")


@dataclass(frozen=True, slots=True)
class Construction:
    """How one group of series is estimated together.

    Attributes
    ----------
    name : str
    inputs : tuple of str
        Changes its components are taken from.
    estimate : callable
        From a design to a rule.
    estimate_expanding : callable
        The same where the last row is the announcement to be told.
    since : Timestamp
        First day of the published sample, where data before it are too thin.
    without : tuple of Timestamp
        Days the published series leaves out.
    may_be_incomplete : bool
        Missing changes count as zero; only a row without any input is left out.
    """

    name: str
    inputs: tuple[str, ...]
    estimate: Callable[[Design], Rule]
    estimate_expanding: Callable[[Design], Rule]
    since: pd.Timestamp = ALWAYS
    without: tuple[pd.Timestamp, ...] = ()
    may_be_incomplete: bool = False

    @property
    def series(self) -> tuple[str, ...]:
        """Series it makes, in the order of the rule's columns."""
        return tuple(name for name, spec in SERIES.items() if spec.construction == self.name)

    @property
    def beside(self) -> tuple[str, ...]:
        """What its series need beside the inputs."""
        return tuple(filter(None, (SERIES[name].beside for name in self.series)))


SPLIT_SINCE = pd.Timestamp("1990-01-01")
"""Before 1990 most fed funds futures are missing."""
ATTACKS = pd.Timestamp("2001-09-17")
"""Rates were cut before markets opened for the first time after the attacks."""
PURCHASES_SINCE = pd.Timestamp("2009-01-01")


def constructions(options: SurpriseOptions) -> dict[str, Construction]:
    """List the constructions, set up as the options say."""
    gss = partial(factors.target_and_path, path_scale=options.path_scale)
    news, purchases, mps = factors.policy_news, factors.purchase_factors, orthogonal.mps
    component = information.information_component
    split = partial(information.information_split, quantile=options.rotation_quantile)
    residual = orthogonal.orthogonal_surprise
    forecast_error = partial(residual, known_before=True)
    jk = partial(Construction, inputs=information.INPUTS, since=SPLIT_SINCE, may_be_incomplete=True)
    bs = partial(Construction, inputs=orthogonal.INPUTS, without=(ATTACKS,))
    listed = (
        Construction(GSS, factors.FIVE, gss, gss),
        Construction(NEWS, factors.FIVE, news, news),
        jk(INFORMATION, estimate=component, estimate_expanding=component),
        jk(SPLIT, estimate=split, estimate_expanding=split),
        bs(MPS, estimate=mps, estimate_expanding=mps),
        bs(ORTHOGONAL, estimate=residual, estimate_expanding=forecast_error),
        Construction(PURCHASES, factors.EIGHT, purchases, purchases),
    )
    return {made.name: made for made in listed}


def scaling_of(name: str, options: SurpriseOptions, year: str) -> str:
    """Say what a unit of a series means, as it was built.

    Parameters
    ----------
    name : str
    options : SurpriseOptions
    year : str
        Name of what news was scaled to; empty if that is nothing.
    """
    said = SERIES[name.removesuffix(EXPANDING)].scaling
    if name.startswith("path") and options.path_scale == "equal":
        return "moves ED4 as much as target does; no slope of MP1 on it"
    if name.startswith("news") and year not in ("", YEAR, UNNAMED):
        return f"one-for-one with {year}"
    if "_median" in name and options.rotation_quantile != SurpriseOptions().rotation_quantile:
        return f"{said}; at quantile {options.rotation_quantile:g} of the admissible angles"
    return said
