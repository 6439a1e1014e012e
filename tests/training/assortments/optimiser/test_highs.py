"""The solver says nothing on anybody's screen."""

import subprocess
import sys


def test_nothing_is_printed_by_the_solver():
    asked = (
        "from training.assortments.optimiser.highs import silent; silent(); silent(); print('only this', flush=True)"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert (said.stdout, said.stderr) == ("only this\n", "")


def test_without_standard_output_it_works_too():
    asked = "import os; os.close(1); from training.assortments.optimiser.highs import silent; silent()"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True).stderr == b""
