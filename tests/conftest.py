"""Settings of the whole suite."""

import os

import hypothesis

# no deadlines: a busy machine is no defect. In CI the same examples every time: a change is judged by itself.
hypothesis.settings.register_profile("default", deadline=None, max_examples=60)
hypothesis.settings.register_profile("ci", parent=hypothesis.settings.get_profile("default"), derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")
