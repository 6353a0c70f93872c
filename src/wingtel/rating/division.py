"""Exact division of whole numbers in Polars, rounded once."""

import polars as pl


def rounded_quotient(amount: pl.Expr, over: int, rounding: str) -> pl.Expr:
    """Return amount / over as a 128-bit integer, rounded `up`, `down` or `half_even`. Amounts are not negative."""
    if rounding == "up":
        return (amount + (over - 1)) // over
    whole = amount // over
    if rounding == "down":
        return whole
    twice = (amount - whole * over) * 2
    is_up = (twice > over) | ((twice == over) & (whole % 2 == 1))
    return whole + is_up.cast(pl.Int128)
