"""Equal lines: numbers for the lines of a file that are the same, where each is a record of its own."""

import polars as pl

from .errors import FeedError

MOST_LINES = 1 << 24
"""Most lines of a file that can be numbered: each takes eight bytes of memory, twice while they are sorted."""


class LineNumbering:
    """Hashes of the lines of a file so far, in sorted runs, each over twice as long as the next."""

    def __init__(self, most_lines: int = MOST_LINES) -> None:
        self._runs: list[pl.Series] = []
        self._most_lines = most_lines

    def numbered(self, fingerprints: pl.Series) -> pl.Series:
        """Return the fingerprints of the next lines, with "-2" added to the second equal one, and so on.

        Raises FeedError when there are more lines than can be numbered.
        """
        hashes = fingerprints.hash().alias("hash")
        earlier = self._earlier(hashes)
        self._add(hashes)
        within = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("hash")
        numbers = pl.select(hashes).select(within + earlier).to_series()
        if numbers.max() == 1:
            return fingerprints
        numbered = fingerprints + "-" + numbers.cast(pl.String)
        return fingerprints.zip_with(numbers == 1, numbered)

    def _earlier(self, hashes: pl.Series) -> pl.Series:
        """Return the number of earlier lines that have each hash."""
        order = hashes.arg_sort()
        keys = hashes.gather(order)  # values in order are found faster
        counts = pl.zeros(len(hashes), dtype=pl.Int64, eager=True)
        for run in self._runs:
            counts += run.search_sorted(keys, "right").cast(pl.Int64) - run.search_sorted(keys, "left").cast(pl.Int64)
        return counts.gather(order.arg_sort())

    def _add(self, hashes: pl.Series) -> None:
        if sum(map(len, self._runs)) + len(hashes) > self._most_lines:
            raise FeedError(
                f"the file has more than {self._most_lines} lines, which is the most that reference.equal_lines ="
                ' "numbered" can distinguish; split the file'
            )
        run = hashes.sort()
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = pl.concat([self._runs.pop(), run]).sort()
        self._runs.append(run)
