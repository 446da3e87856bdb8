"""What the tables of known truth and of windows without an event hold, column by column."""

from __future__ import annotations

from ratemodel.reporting.spec_columns import ASSET, LEVEL, PP, column, number
from ratemodel.types.columns import TableSpec

VALIDATION_TABLE = TableSpec(
    "validation",
    (
        column("design", "text", "What the simulated crash was made of."),
        column(
            "component",
            "text",
            "Part of the split; leverage_ceiling is held against true leverage.",
            choices=("rate_premium", "dollar", "leverage_ceiling"),
        ),
        column(
            "replications", "integer", "Simulated markets, independent of one another.", "count"
        ),
        number("truth_pp", "Mean of the true part.", PP),
        number("bias_pp", "Mean of estimate less truth.", PP),
        number("rmse_pp", "Root mean square of estimate less truth.", PP),
        number("coverage", "Share of markets whose band holds the truth.", "fraction"),
        number("coverage_se", "Binomial standard error of that share.", "fraction"),
        number("required_low", "Least coverage that is good enough.", "fraction"),
        number("required_high", "Most.", "fraction"),
        number("mean_width_pp", "Mean width of the band.", PP),
        number(
            "ideal_width_pp",
            "Width that holds a normal error of the size of rmse_pp; for leverage_ceiling the "
            "distance between the true quantiles of the noise, known only to the simulation.",
            PP,
        ),
        number("width_ratio", "Mean width over ideal width.", "ratio"),
        number("width_limit", "Largest ratio that is good enough.", "ratio"),
        LEVEL,
        column("holds", "boolean", "Coverage and width are as required."),
    ),
    ("design", "component"),
    "How often bands held a truth that was known: simulated crashes, forced flows hidden.",
)

PLACEBO_TABLE = TableSpec(
    "placebo",
    (
        ASSET,
        column("window_start", "date", "Date of the window's first return."),
        column("window_end", "date", "Date of its last."),
        number("residual_pp", "What drift, rates and dollar leave.", PP, empty=True),
        number("low_pp", "Lower end of the null band, made before the window.", PP, empty=True),
        number("high_pp", "Upper end.", PP, empty=True),
        column("covered", "boolean", "The band holds the residual.", empty=True),
        number("sigma_pre_pp", "Volatility known before the window, of a day.", PP, empty=True),
        column(
            "state",
            "text",
            "Fifth of sigma_pre_pp among the asset's windows: 5 is turbulent.",
            empty=True,
        ),
        column("era", "text", "By date of the window."),
        number("iid_low_pp", "Lower end, were returns independent.", PP, empty=True),
        number("iid_high_pp", "Upper end, were returns independent.", PP, empty=True),
        column("iid_covered", "boolean", "That band holds the residual.", empty=True),
        column("dollar", "boolean", "The dollar was taken out; false where its data are missing."),
        LEVEL,
        column("reason", "text", "Why the window does not count and has no numbers.", empty=True),
    ),
    ("asset", "window_start", "window_end"),
    "Windows without an event, as long as the event and none overlapping another, each split by "
    "the days before it.",
)
