"""From one concrete network to the family that it belongs to, in symbols for depth and width.

`wiring` runs the layers' rules with an atom for every number, `equations` solves what they ask for, `rounds` finds the
repeats, `hypotheses` says what is supposed of the rest, `family` builds the family as a Network, `members` reads other
networks by it.
"""

from symconv.lift.lifting import Family, Tally, lift
from symconv.lift.members import Found

__all__ = ["Family", "Found", "Tally", "lift"]
