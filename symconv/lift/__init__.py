"""From one concrete network to the family that it belongs to, in symbols for depth and width.

The way of the data: `wiring` runs the layers' rules with an atom for every number (`recipes` and `shapes` say what
stated shapes mean, `weights` what layers keep, `equations` solves what is asked), `order` brings rounds together,
`folding` finds the repeats (`rounds`, `entries`, `nests`), `hypotheses` says what is supposed of the rest, `plan` has a
size in symbols for each class by what somebody says of them, `family` builds the family as a Network; `grammar` reads
another network by it, and `members` says what that is in the family.
"""

from symconv.lift.lifting import Family, Tally, lift
from symconv.lift.members import Found

__all__ = ["Family", "Found", "Tally", "lift"]
