"""The witness: naive code that really runs the loops, to test symconv against.

It knows no closed formula for an extent: output positions are found by stepping (`symconv.verifying.loops.axis`, all
that it imports of symconv), operations are counted one by one. It is slow, and plain enough to be believed.

loops   one layer on numbers: its output shape and a count of its primitive operations
rounds  random costs of a round, added up one by one
unrolled  blocks inside blocks on numbers, every round run by itself
chains  random chains of layer maps on one extent, walked by brute force
"""
