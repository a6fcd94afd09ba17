"""A figure of a little of everything, and Matplotlib as it was before."""

from collections.abc import Iterator

import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

import weave


@pytest.fixture(autouse=True)
def plain_matplotlib() -> Iterator[None]:
    with pyplot.rc_context():
        yield
    pyplot.close("all")


def draw() -> Figure:
    fig, ax = weave.subplots()
    ax.plot([0, 1], [0, 1], color=weave.VALUE, label="value")
    ax.plot([0, 1], [1, 0], color=weave.GRADIENT)
    ax.plot([0, 1], [1, 1], color="black")
    ax.imshow([[0, 1]], extent=(0, 1, 0, 1))
    ax.set_title("Bold", fontweight="bold")
    ax.set_xlabel("slanted", fontstyle="italic")
    return fig
