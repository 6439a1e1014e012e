"""A command that went elsewhere says where, and fails: nobody's script goes on as if it had logged something."""

import subprocess
import sys


def test_the_command_that_logged_kept_records_says_where_it_went() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "training.tracking", "--work", "work"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "python -m training.recommendations.log" in done.stderr
