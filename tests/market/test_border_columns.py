"""One column table for checks and for the description: an outside validator agrees with it."""

from __future__ import annotations

import pytest
from border_tables import LEGAL, spoil
from frictionless import Resource, Schema, system

from ratemodel.market.schema import INPUT_TABLES
from ratemodel.types.columns import Column, TableSpec


def valid_for_frictionless(table: str, text: str, folder) -> bool:
    (folder / "table.csv").write_text(text, encoding="utf-8")
    schema = Schema.from_descriptor(INPUT_TABLES[table].schema())
    with system.use_context(trusted=True):
        return Resource(str(folder / "table.csv"), schema=schema).validate().valid


@pytest.mark.parametrize("table", LEGAL)
def test_the_description_fits_legal_tables(tmp_path, table):
    assert valid_for_frictionless(table, LEGAL[table], tmp_path)


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("futures", {"settle": "120"}),
        ("futures", {"contract": "front"}),
        ("prices", {"date": "soon"}),
        ("prices", {"close": ""}),
        ("forced_flows", {"unit": "eur"}),
        ("odds", {"probability": "1.5"}),
        ("releases", {"release": "gdp"}),
        ("events", {"event": "metals"}),
    ],
)
def test_the_description_refuses_what_the_border_refuses(tmp_path, table, changes):
    assert not valid_for_frictionless(table, spoil(table, 2, changes), tmp_path)


def test_every_input_column_says_what_it_means():
    for spec in INPUT_TABLES.values():
        assert spec.description.endswith(".")
        for column in spec.columns:
            assert column.description.endswith("."), f"{spec.name}.{column.name}"
            assert bool(column.unit) == (column.type in ("number", "datetime")), column.name


def test_a_key_is_made_of_columns():
    with pytest.raises(KeyError, match="table t has no column b; it has a"):
        TableSpec("t", (Column("a", "text"),), ("b",))


def test_a_key_that_may_be_empty_is_no_primary_key():
    assert "primaryKey" in INPUT_TABLES["prices"].schema()
    assert "primaryKey" not in INPUT_TABLES["leverage"].schema()
