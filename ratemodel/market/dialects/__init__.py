"""Files as vendors send them, turned into rows of the input tables; pure, from bytes to text."""

from ratemodel.market.dialects.reader import read_vendor_file
from ratemodel.market.dialects.options import Imported, ImportOptions
from ratemodel.market.dialects.symbols import parse_contract

__all__ = ["read_vendor_file", "ImportOptions", "Imported", "parse_contract"]
