"""The output tables as they are written: stamped, in order, checked against their descriptions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ratemodel.reporting.event_specs import EVENT_TABLES
from ratemodel.reporting.specs import STAMP, TABLES
from ratemodel.reporting.surprise_specs import SURPRISE_TABLES
from ratemodel.reporting.validation_specs import PLACEBO_TABLE, VALIDATION_TABLE
from ratemodel.types.columns import TableSpec


def _stamped(specs: tuple[TableSpec, ...]) -> dict[str, TableSpec]:
    return {
        spec.name: TableSpec(
            spec.name, (*STAMP, *spec.columns), ("study", *spec.key), spec.description
        )
        for spec in specs
    }


OUTPUT_TABLES = _stamped((*TABLES, *EVENT_TABLES))
"""Every table a run writes, with the study and kind of data in each row."""

KNOWN_TABLES = {
    **OUTPUT_TABLES,
    **_stamped((*SURPRISE_TABLES, PLACEBO_TABLE, VALIDATION_TABLE)),
}
"""Those and the tables of `ratemodel surprises`, `placebo` and `validate`, which no run writes."""

STAGE_TABLES: dict[str, tuple[str, ...]] = {
    "path": (
        "rate_path",
        "path_horizons",
        "meeting_probabilities",
        "odds_scores",
        "odds_calibration",
    ),
    "shocks": ("shocks",),
    "volatility": (
        "returns",
        "volatility_models",
        "volatility",
        "correlation_models",
        "correlations",
    ),
    "loadings": ("loadings", "loadings_paths"),
    "leverage": ("measured_flows",),
    "decompose": (
        "decomposition",
        "decomposition_daily",
        "counterfactuals",
        "counterfactuals_daily",
        "rate_cut_premium",
        "abnormality",
        "common_factor",
        "checks",
    ),
    "placebo": ("placebo",),
}
"""What each stage command writes; `run` writes all but placebo, which takes longer than a run."""


DATE_FORMATS = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%dT%H:%M:%SZ"}


class TableError(Exception):
    """A table about to be written is not what its description promises: a defect, not input."""


def empty_table(name: str) -> pd.DataFrame:
    """Make a table without rows: what a study cannot say keeps its columns."""
    return pd.DataFrame(columns=[column.name for column in KNOWN_TABLES[name].columns])


def finish_table(name: str, frame: pd.DataFrame, study: str, data_kind: str) -> pd.DataFrame:
    """Bring a frame into the promised form: columns, order, study and kind of data in each row.

    Parameters
    ----------
    name : str
        One of `KNOWN_TABLES`.
    frame : DataFrame
        Holding the promised columns but the stamp.
    study, data_kind : str
        The stamp.

    Raises
    ------
    TableError
        If a promised column is missing, the key repeats, or a cell is empty that may not be.
    """
    spec = KNOWN_TABLES[name]
    stamped = frame.assign(study=study, data_kind=data_kind)
    missing = [column for column in spec.names if column not in stamped]
    if missing:
        raise TableError(f"table {name} lacks {', '.join(missing)}")
    table = stamped.loc[:, list(spec.names)].reset_index(drop=True)
    if table.duplicated(list(spec.key)).any():
        raise TableError(f"table {name}: the key {', '.join(spec.key)} repeats")
    for column in spec.columns:
        if not column.may_be_empty and table[column.name].isna().any():
            raise TableError(f"table {name}: {column.name} is empty in some row")
    return table


def csv_text(name: str, table: pd.DataFrame) -> str:
    """Write a finished table as CSV: ISO dates, shortest exact floats, true/false, empty cells."""
    spec = KNOWN_TABLES[name]
    cells = [_texts(table[column.name], column.type) for column in spec.columns]
    lines = map(",".join, zip(*cells, strict=True))
    return "\n".join([",".join(spec.names), *lines, ""])


def _texts(values: pd.Series[Any], kind: str) -> list[str]:
    """Say each cell of a column; what a column says many times over is put into words once."""
    if kind == "boolean":
        return values.map({True: "true", False: "false"}).fillna("").tolist()
    if kind in DATE_FORMATS:
        codes, distinct = pd.factorize(values)
        said = pd.to_datetime(pd.Series(distinct)).dt.strftime(DATE_FORMATS[kind])
    elif values.dtype == np.float64:
        # By their bits: minus zero and zero are equal, and written differently.
        codes, bits = pd.factorize(values.to_numpy().view(np.int64))
        floats = bits.view(np.float64)
        said = pd.Series(list(map(repr, floats.tolist())), dtype=object).where(
            ~np.isnan(floats), ""
        )
    elif isinstance(values.dtype, pd.StringDtype):
        codes, distinct = pd.factorize(values)
        said = pd.Series(list(map(_quoted, distinct)), dtype=object)
    else:
        empty = values.isna()
        return ["" if gone else _quoted(str(v)) for v, gone in zip(values, empty, strict=True)]
    texts: list[str] = np.append(said.to_numpy(object), "")[codes].tolist()
    return texts


def _quoted(text: str) -> str:
    """Quote a cell that holds what separates cells."""
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
