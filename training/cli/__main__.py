"""`python -m training.cli`: the command line, as `omnishelf` runs it."""

from training.cli.main import main

main()
