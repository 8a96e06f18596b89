"""Analysis: an expression in, an answer out."""
