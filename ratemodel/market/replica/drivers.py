"""The replica's cast: what moves prices, which prices there are, and what happens at the events.

Orders of magnitude are those of the built-in `anchors` and of general knowledge. Nothing here was
fitted to, or copied from, anybody's market data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ratemodel.market.replica.settings import Kind, Slot


@dataclass(frozen=True, slots=True)
class Driver:
    r"""What moves a price, between strikes of its leading asset.

    .. math:: r = \alpha + \beta\, s + \gamma\, x + \varepsilon, \qquad
              \varepsilon_t = \sigma_t z_t, \qquad
              \sigma^2_t = \omega + (a + g 1[\varepsilon_{t-1} < 0])\,\varepsilon^2_{t-1}
                           + b\,\sigma^2_{t-1}

    with s the path revision (bp), x the dollar's own part (%), and z a unit-variance Student t,
    partly the leader's.

    Attributes
    ----------
    alpha : float
        Drift, pp per trade-date interval.
    beta : float
        pp per bp of the path revision.
    gamma : float
        pp per 1 % of the dollar's own part.
    sigma : float
        Unconditional daily standard deviation of ε, pp.
    garch : (float, float, float)
        a, g and b: ``alpha[1]``, ``gamma[1]`` and ``beta[1]``.
    nu : float
        Degrees of freedom of the driver's own part of z.
    kind : Kind
        Whose hours it keeps.
    slot : Slot
        Strike of the leading asset, at which its days end.
    leader : str
        Driver whose z it shares; empty for none.
    rho : float
        Correlation of z with the leader's.
    """

    alpha: float
    beta: float
    gamma: float
    sigma: float
    garch: tuple[float, float, float]
    nu: float
    kind: Kind
    slot: Slot
    leader: str = ""
    rho: float = 0.0

    @property
    def omega(self) -> float:
        """Constant of the variance recursion: what makes `sigma` its long-run level."""
        a, g, b = self.garch
        return self.sigma**2 * (1.0 - a - g / 2.0 - b)


DOLLAR = "dollar"

DRIVERS: dict[str, Driver] = {
    DOLLAR: Driver(
        alpha=0.0,
        beta=0.02,
        gamma=1.0,
        sigma=0.28,
        garch=(0.0, 0.0, 0.0),
        nu=6.0,
        kind="dollar",
        slot=Slot.NOON,
    ),
    "gold": Driver(
        alpha=0.14,
        beta=-0.03,
        gamma=-1.5,
        sigma=0.95,
        garch=(0.05, 0.0, 0.92),
        nu=5.0,
        kind="metal",
        slot=Slot.GOLD,
    ),
    "silver": Driver(
        alpha=0.2,
        beta=-0.02,
        gamma=-2.2,
        sigma=1.9,
        garch=(0.05, 0.0, 0.92),
        nu=4.5,
        kind="metal",
        slot=Slot.SILVER,
        leader="gold",
        rho=0.75,
    ),
    "bitcoin": Driver(
        alpha=0.21,
        beta=-0.05,
        gamma=-1.0,
        sigma=2.4,
        garch=(0.07, 0.02, 0.89),
        nu=4.5,
        kind="crypto",
        slot=Slot.MIDNIGHT,
    ),
    "ether": Driver(
        alpha=0.11,
        beta=-0.06,
        gamma=-1.2,
        sigma=3.4,
        garch=(0.06, 0.02, 0.9),
        nu=4.5,
        kind="crypto",
        slot=Slot.MIDNIGHT,
        leader="bitcoin",
        rho=0.8,
    ),
    "solana": Driver(
        alpha=0.27,
        beta=-0.07,
        gamma=-1.5,
        sigma=4.4,
        garch=(0.06, 0.0, 0.9),
        nu=4.5,
        kind="crypto",
        slot=Slot.MIDNIGHT,
        leader="bitcoin",
        rho=0.7,
    ),
    "stocks": Driver(
        alpha=0.078,
        beta=-0.03,
        gamma=-0.8,
        sigma=0.9,
        garch=(0.04, 0.08, 0.88),
        nu=6.0,
        kind="stock",
        slot=Slot.CLOSE,
    ),
}
"""Loadings on the path: gold's is of the order of the own estimates in `anchors` (−.02 to −.08 pp
a bp) and silver's below it, bitcoin's lies between the two published there (0 and −.25), smaller
coins take a little more of it, and stocks stay near Bernanke and Kuttner's −.04. Gold's dollar
loading is close to the −1.6 noted in `anchors`; silver moves more. Drifts carry prices from round
numbers of early 2023 to the graded quotes. Volatilities are the usual 1, 2, 2.5, 3.5 and 4.5 % a
day, variances persist at .97 and less, and tails are those of daily returns. The dollar moves by
0.02 % a bp and 0.28 % a day of its own."""

EXTREME = 3.0
"""A forced move enters the variance recursion as at most this many standard deviations: one
headline is not a new regime of volatility."""

Days = Literal["trade", "london", "every"]


@dataclass(frozen=True, slots=True)
class Asset:
    """A price: its driver, when and on which days it is struck, and how it is written.

    Attributes
    ----------
    driver : str
    slot : Slot
    days : {"trade", "london", "every"}
    per_unit : float
        Price over the driver's level (an ounce, a coin, an index point).
    tracking_pp : float
        Sd of the price's own error around it, pp.
    decimals : int
    """

    driver: str
    slot: Slot
    days: Days = "trade"
    per_unit: float = 1.0
    tracking_pp: float = 0.0
    decimals: int = 2


ASSETS: dict[str, Asset] = {
    "GC": Asset("gold", Slot.GOLD, decimals=1),
    "SI": Asset("silver", Slot.SILVER, decimals=3),
    "XAU_LBMA_PM": Asset("gold", Slot.LONDON, "london"),
    "GLD": Asset("gold", Slot.CLOSE, per_unit=0.0915, tracking_pp=0.05),
    "SLV": Asset("silver", Slot.CLOSE, per_unit=0.905, tracking_pp=0.08),
    "UUP": Asset(DOLLAR, Slot.CLOSE, per_unit=0.235, tracking_pp=0.03),
    "SPX": Asset("stocks", Slot.CLOSE),
    "BTC": Asset("bitcoin", Slot.MIDNIGHT, "every"),
    "ETH": Asset("ether", Slot.MIDNIGHT, "every"),
    "SOL": Asset("solana", Slot.MIDNIGHT, "every"),
    "PAXG": Asset("gold", Slot.MIDNIGHT, "every", tracking_pp=0.10),
}
"""Funds hold a little less than a tenth of an ounce of gold, and of an ounce of silver."""

BROAD_DOLLAR = ("DTWEXBGS", 4)
"""The dollar index among the rates, and its decimals."""

LEVELS_BEFORE: Mapping[str, float] = {DOLLAR: 119.0, "stocks": 6900.0, "ether": 2800.0}
"""Levels at the last strike before the event, where no quote is graded: round numbers."""
INTRADAY_RANGE = 0.35
"""Typical reach of a day's high and low beyond open and close, in daily standard deviations."""

# --- The event ----------------------------------------------------------------------------------

EVENT = "metals-2026"
EVENT_DOLLAR_SD = (1.2, 1.0)
"""The dollar's own move on the two days, in its standard deviations: it rose."""
CRYPTO_EVENT_PP: Mapping[str, float] = {"bitcoin": -8.5, "ether": -18.0, "solana": -13.0}
"""Log points × 100 from the strike before the event to its end: round numbers of the size
reported; ether, where most liquidations were, fell most."""
CRYPTO_CLOSES = (0.05, 0.85, 1.2, 1.0)
"""Share of that fall reached at the close of each day: it came on the weekend."""
CLOSE_ABOVE_LOW_PP: Mapping[str, float] = {"bitcoin": 5.0, "solana": 8.0}
"""How far the close of the event's last day stands above that day's quoted low."""
SECOND_LEG_ABOVE_LOW_PP = (5.0, 13.0)
"""Closes of the day before, and of the day of, bitcoin's second quoted low, above it."""
SECOND_LEG_LAST_DAY = 0.75
"""Share of the fall to that level on its last day; the days before it share the rest."""

OTHER_MOVES_PP: Mapping[str, Mapping[str, float]] = {
    "gold": {"silver-2025-12-29": -4.5, "gold-2025-10-21": -5.5},
    "silver": {"silver-2025-12-29": -9.5, "gold-2025-10-21": -7.5},
    "bitcoin": {"crypto-2025-10-10": -7.5},
    "ether": {"crypto-2025-10-10": -12.0},
    "solana": {"crypto-2025-10-10": -15.0},
}
"""Moves on the first day of other events: of 2025-12-29 the middle of the ranges in the events
table, of the other two round numbers of the order such days have."""
