"""`ratemodel validate`: simulated crashes of known parts, split, and how often bands held them."""

from __future__ import annotations

from pathlib import Path

import click

from ratemodel.cli_data import named_folder

DEFAULT_OUT = str(Path("output") / "validation")


@click.command(name="validate")
@click.option("--replications", type=click.IntRange(2), help="Of each design [500].")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--out",
    default=DEFAULT_OUT,
    show_default=True,
    metavar="DIR",
    callback=named_folder,
    help="Output folder.",
)
@click.option(
    "--level",
    type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    help="Coverage the bands are made for [0.90].",
)
@click.option("--draws", type=click.IntRange(100), help="Bootstrap draws of a split [1000].")
@click.option("--seed", type=click.IntRange(0), help="Of the simulation.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("--force", is_flag=True, help="Write into another study's folder.")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of a defect.")
def validate(
    replications: int | None,
    jobs: int,
    out: str,
    level: float | None,
    draws: int | None,
    seed: int | None,
    quiet: bool,
    force: bool,
) -> None:
    """Say how often the bands hold a truth that is known: simulated crashes."""
    from ratemodel.reporting.write import check_owner, write_tables
    from ratemodel.validation.command import DATA_KIND, STUDY, compute_validation

    check_owner(Path(out), STUDY, DATA_KIND, force=force)
    if not quiet:
        click.echo("splitting simulated crashes", err=True)
    made = compute_validation(replications, level=level, draws=draws, seed=seed, jobs=jobs)
    write_tables(Path(out), made.tables, made.figures, study=STUDY, data_kind=DATA_KIND)
    if not quiet:
        click.echo(made.validation.summary())
        click.echo(f"{out}: {', '.join(made.tables)}", err=True)
