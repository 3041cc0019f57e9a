"""A number that says how sure it is of itself."""

from __future__ import annotations

import msgspec


class Interval(msgspec.Struct, frozen=True, gc=False):
    """A likely value between a low and a high one; an 80 % interval unless the field says else.

    Units are those of the field that holds it. ``low <= likely <= high`` always.
    """

    low: float
    likely: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.likely <= self.high:
            raise ValueError(f"not in order: {self.low} <= {self.likely} <= {self.high}")

    @classmethod
    def exactly(cls, value: float) -> Interval:
        return cls(value, value, value)

    def __mul__(self, factor: float | Interval) -> Interval:
        """Product of non-negative quantities; two intervals multiply end by end (worst case)."""
        if isinstance(factor, Interval):
            return Interval(
                self.low * factor.low, self.likely * factor.likely, self.high * factor.high
            )
        return Interval(self.low * factor, self.likely * factor, self.high * factor)

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def __truediv__(self, divisor: float) -> Interval:
        return Interval(self.low / divisor, self.likely / divisor, self.high / divisor)
