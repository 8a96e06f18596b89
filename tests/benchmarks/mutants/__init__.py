"""Mutation tests: wrong versions of the modules on which every figure rests, and whether the tests tell them apart."""
