"""What the tables of causes, premia and abnormality of an event hold, column by column."""

from __future__ import annotations

from ratemodel.reporting.spec_columns import ASSET, BP, EVENT, LEVEL, PP, TRADE_DATE, column, number
from ratemodel.types.columns import TableSpec

_NOTE = column("note", "text", "What a reader must know about the row.", empty=True)
_CHANNEL = column("channel", "text", "Cause: rates, dollar, other, or a kind of forced trader.")
_DIRECT = number("direct_pp", "The cause alone, less nothing: v(i) - v(none).", PP)
_AMPLIFIED = number(
    "with_amplification_pp", "Everything, less everything without it: v(all) - v(all but i).", PP
)
_SHAPLEY = number("shapley_pp", "Average over all orders in which causes may come.", PP)
_ENDS = (
    number(
        "low_pp", "Lower end of with_amplification_pp (percentile; unamplified: the split's).", PP
    ),
    number("high_pp", "Upper end of with_amplification_pp.", PP),
)

EVENT_TABLES = (
    TableSpec(
        "counterfactuals",
        (
            EVENT,
            ASSET,
            _CHANNEL,
            _DIRECT,
            _AMPLIFIED,
            _SHAPLEY,
            number("first_in_pp", "The same as direct_pp.", PP),
            number("last_in_pp", "The same as with_amplification_pp.", PP),
            *_ENDS,
            number("shapley_low_pp", "Lower end of shapley_pp (percentile).", PP),
            number("shapley_high_pp", "Upper end of shapley_pp.", PP),
            number("owen_pp", "Average over orders that keep shocks and channels together.", PP),
            number("with_channels_pp", "With all forced traders and no other shock.", PP),
            number(
                "net_of_usual_gain_pp",
                "Rates with amplification, their loading cleared of the usual day's.",
                PP,
                empty=True,
            ),
            LEVEL,
            column(
                "draws",
                "integer",
                "Joint draws of loadings and of leverage.",
                "count",
            ),
            _NOTE,
        ),
        ("event", "asset", "channel"),
        "What would have happened with and without each cause; per asset, without spill-over. The "
        "interval holds sampling error of loadings and the range of what is not known of leverage.",
    ),
    TableSpec(
        "counterfactuals_daily",
        (EVENT, ASSET, TRADE_DATE, _CHANNEL, _DIRECT, _AMPLIFIED, _SHAPLEY, *_ENDS, LEVEL),
        ("event", "asset", "trade_date", "channel"),
        "The same for each return of the event; days sum to the event.",
    ),
    TableSpec(
        "rate_cut_premium",
        (
            EVENT,
            ASSET,
            column(
                "when",
                "text",
                "Peak: highest close in the 60 trade dates before; before: last date before.",
                choices=("peak", "before", "after"),
            ),
            column("date", "date", "Trade date."),
            column("horizon_date", "date", "By which cuts are counted, the same in all rows."),
            number("cuts_priced_bp", "Expected rate then less the rate before the event.", BP),
            number("premium_pp", "Loading times cuts_priced_bp.", PP),
            number("low_pp", "Lower end: of the loading alone (confidence).", PP),
            number("high_pp", "Upper end.", PP),
            LEVEL,
            _NOTE,
        ),
        ("event", "asset", "when"),
        "What priced cuts were worth, read with a daily loading: an extrapolation. After less "
        "before is the loading times the event's shocks, exactly.",
    ),
    TableSpec(
        "abnormality",
        (
            EVENT,
            ASSET,
            column(
                "measure",
                "text",
                "conformal: rank among cyclic shifts; fhs: simulated windows; evt: Pareto tail.",
                choices=("conformal", "fhs", "evt"),
            ),
            number(
                "p_value", "Probability of so large a move on quiet days.", "fraction", empty=True
            ),
            number("p_floor", "Smallest p the method can give.", "fraction"),
            number(
                "statistic",
                "Absolute sum of residuals; over their volatility, but for fhs.",
                "pp, for fhs; else ratio",
            ),
            _NOTE,
        ),
        ("event", "asset", "measure"),
        "How abnormal the event was, by parameters and volatility known before it; two-sided.",
    ),
    TableSpec(
        "common_factor",
        (
            EVENT,
            ASSET,
            column("others", "text", "Assets of other classes, one an underlying.", empty=True),
            number(
                "loading",
                "Before the event: residual over its volatility, on the mean of the others' same.",
                "ratio",
                empty=True,
            ),
            number("low", "Lower end (confidence).", "ratio", empty=True),
            number("high", "Upper end.", "ratio", empty=True),
            number("p_value", "Of a loading of zero, two-sided.", "fraction", empty=True),
            LEVEL,
            column("n", "integer", "Rows of the estimate.", "count"),
            column("used", "boolean", "Whether the factor may stand in for flows."),
            number("leverage_pp", "What goes with the factor in the event; zero unless used.", PP),
            number("low_pp", "Lower end (confidence).", PP),
            number("high_pp", "Upper end.", PP),
            column("reason", "text", "Why it may not be used; empty if it may.", empty=True),
        ),
        ("event", "asset"),
        "Leverage by the moves of other classes of assets, and whether quiet days allow it: what "
        "decompose(method='factor') uses.",
    ),
)
"""In reading order."""
