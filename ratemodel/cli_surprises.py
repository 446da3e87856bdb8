"""`ratemodel surprises`: published surprise series from a table of changes around announcements."""

from __future__ import annotations

from pathlib import Path

import click

from ratemodel.cli_data import named_folder


@click.command(name="surprises")
@click.argument("table")
@click.option("--out", required=True, metavar="DIR", callback=named_folder, help="Output folder.")
@click.option(
    "--series", default="all", show_default=True, metavar="LIST|all", help="Names, by commas."
)
@click.option("--fomc", metavar="FILE", help="Calendar of meetings [built-in facts].")
@click.option("--predictors", metavar="FILE", help="Known before announcements: for bs_mps_orth.")
@click.option("--scale-to", metavar="FILE", help="Changes of the one-year yield: for news.")
@click.option(
    "--cancelled",
    type=click.Choice(["skip", "keep"]),
    help="Meetings later called off, in MP2 [skip].",
)
@click.option("--data", metavar="DIR|replica", help="Prices, to see how assets load on the series.")
@click.option("--draws", type=click.IntRange(2), help="Bootstrap draws [2000].")
@click.option("--seed", type=click.IntRange(0), help="Of the bootstrap.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("--force", is_flag=True, help="Write into another table's folder.")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of a defect.")
def surprises(
    table: str,
    out: str,
    series: str,
    fomc: str | None,
    predictors: str | None,
    scale_to: str | None,
    cancelled: str | None,
    data: str | None,
    draws: int | None,
    seed: int | None,
    quiet: bool,
    force: bool,
) -> None:
    """Build policy surprises from TABLE: changes around announcements, one row each."""
    from dataclasses import replace
    from typing import cast

    from ratemodel.config import Bands, SurpriseOptions
    from ratemodel.reporting.write import check_owner, write_tables
    from ratemodel.shocks.kuttner import Cancelled
    from ratemodel.surprises.command import compute_surprises

    bands = Bands()
    bands = replace(
        bands,
        draws=bands.draws if draws is None else draws,
        seed=bands.seed if seed is None else seed,
    )
    names = [name.strip() for name in series.split(",") if name.strip()]
    made = compute_surprises(
        table,
        "all" if names == ["all"] else names,
        fomc=fomc,
        predictors=predictors,
        scale_to=scale_to,
        cancelled=cast(Cancelled, cancelled or SurpriseOptions().cancelled),
        data=data,
        bands=bands,
    )
    check_owner(Path(out), made.study, made.data_kind, force=force)
    write_tables(Path(out), made.tables, made.figures, study=made.study, data_kind=made.data_kind)
    if not quiet:
        click.echo("\n".join([made.surprises.summary(), *made.notes]))
        click.echo(f"{out}: {', '.join(made.tables)}", err=True)
