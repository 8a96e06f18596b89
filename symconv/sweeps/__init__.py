"""Sweeps: costs at all points of a grid, in integers, as arrays, tables on disk or designs under a budget."""
