"""What holds for every test: arithmetic that goes wrong is an error, and
Hypothesis tries the same examples in every run."""

import numpy as np
import pytest
from hypothesis import settings

# `make mutants` brings what this one imports.
collect_ignore = ["mutants.py"]

settings.register_profile(
    "same", derandomize=True, deadline=None, max_examples=50, database=None
)
settings.load_profile("same")


@pytest.fixture(autouse=True)
def _no_bad_arithmetic():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield
