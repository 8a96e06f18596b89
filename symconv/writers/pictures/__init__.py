"""Diagrams: a network folded into boxes, laid out by Graphviz, with words placed where they are read best."""
