"""Everything `ratemodel validate` writes, computed in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ratemodel.config import Bands
from ratemodel.reporting.figures.style import png_and_svg
from ratemodel.reporting.figures.validation_coverage import validation_figure
from ratemodel.reporting.tables import finish_table
from ratemodel.types.market import DataKind
from ratemodel.types.validation import Validation
from ratemodel.validation.coverage import DRAWS, REPLICATIONS, validate

STUDY = "validation"
DATA_KIND: DataKind = "replica"


@dataclass(frozen=True, eq=False)
class ValidationTables:
    """The finished table and its figure, ready to be written.

    Attributes
    ----------
    validation : Validation
    tables : mapping of str to DataFrame
    figures : mapping of str to bytes
        By path relative to the folder.
    """

    validation: Validation
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, bytes]


def compute_validation(
    replications: int | None = None,
    *,
    level: float | None = None,
    draws: int | None = None,
    seed: int | None = None,
    jobs: int = 1,
) -> ValidationTables:
    """Run the study, what is left out at its default, and lay out table and figure.

    Parameters
    ----------
    replications : int, optional
    level : float, optional
    draws, seed : int, optional
    jobs : int
        Processes; results do not depend on it.
    """
    bands = Bands()
    found = validate(
        REPLICATIONS if replications is None else replications,
        level=bands.level if level is None else level,
        draws=DRAWS if draws is None else draws,
        seed=bands.seed if seed is None else seed,
        n_jobs=jobs,
    )
    tables = {"validation": finish_table("validation", found.table, STUDY, DATA_KIND)}
    png, svg = png_and_svg(validation_figure(tables))
    return ValidationTables(
        found, tables, {"figures/validation.png": png, "figures/validation.svg": svg}
    )
