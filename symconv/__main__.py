"""`python -m symconv`."""

from symconv.cli import main

main()
