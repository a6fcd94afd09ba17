"""How the tests read what an error says."""

import re

import pytest


def says(text, kind=ValueError):
    """The block raises an error of this kind with exactly this text."""
    return pytest.raises(kind, match=rf"^{re.escape(text)}\Z")
