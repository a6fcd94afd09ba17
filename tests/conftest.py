"""What holds for every test: arithmetic that goes wrong is an error, and
Hypothesis tries the same examples in every run."""

import os
from pathlib import Path

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


# ---- The site, for those who look at it. What they need is imported late:
# the tests of `nn` do without.


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """What `make test` has built for all, or a build of one's own."""
    import pages

    made = os.environ.get("BUILT")
    if made:
        return Path(__file__).parent.parent / made
    return pages.build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def address(site):
    import pages

    with pages.serve(site) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    import pages

    with pages.chromium() as browser:
        yield browser
