"""Who reads which snapshot: one reader a provider."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ratemodel.market import importing
from ratemodel.market.manifest import IMPORT
from ratemodel.market.snapshots import Parse
from ratemodel.market.sources import PROVIDERS, provider


def _reader(name: str) -> Parse:
    def read(body: bytes, query: Mapping[str, str]) -> pd.DataFrame:
        return provider(name).parse(body, query)

    return read


READERS: dict[str, Parse] = {
    **{name: _reader(name) for name in PROVIDERS},
    IMPORT: importing.parse,
}
"""Readers of every provider, loaded when their first snapshot is read, and of imported files."""
