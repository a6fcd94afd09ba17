"""What training saw: numbers, a line, a picture, and progress."""

import builtins
import math
import sys

import matplotlib as mpl
import pytest

from nn import History
from nn.history import progress_bar

mpl.use("Agg")

NAN = math.nan


def history(*validation):
    seen = History()
    for epoch, loss in enumerate(validation):
        seen.append(1 / (epoch + 1), 0.25, loss, 0.5)
    return seen


@pytest.fixture
def without(monkeypatch):
    """Make a package seem not to be installed."""

    def hide(package):
        real = builtins.__import__

        def absent(name, *args, **kwargs):
            if name.partition(".")[0] == package:
                raise ImportError(name)
            return real(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", absent)

    return hide


@pytest.fixture
def plt():
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_each_number_goes_to_its_list():
    seen = History()
    seen.append(1.0, 2.0, 3.0, 4.0)
    seen.append(5.0, 6.0, 7.0, 8.0)
    assert seen.train_loss == [1, 5]
    assert seen.mean_gradient == [2, 6]
    assert seen.validation_loss == [3, 7]
    assert seen.accuracy == [4, 8]
    assert seen.stopped == "all epochs done"


def test_two_histories_share_nothing():
    history(1.0)
    assert History().train_loss == []


def test_the_best_epoch_has_the_least_validation_loss_and_the_first_wins():
    assert history(3, 1, 2).best == 1
    assert history(2, 1, 1).best == 1


def test_a_history_reads_as_its_last_epoch():
    seen = history(0.5)
    seen.append(0.123456, 0.00071, 0.25, 0.975)
    assert str(seen) == (
        "epoch 2  loss 0.1235  validation 0.2500"
        "  accuracy 0.9750  gradient 7.1e-04"
    )


def test_an_empty_history_can_be_printed_and_drawn(plt):
    assert str(History()) == "no epoch done"
    assert len(History().plot().lines) == 1


def lines(axes):
    return {
        line.get_label(): (list(line.get_xdata()), list(line.get_ydata()))
        for line in axes.lines
    }


def test_both_losses_are_drawn_from_epoch_1_with_a_legend(plt):
    axes = history(3, 1, 2).plot()
    assert lines(axes) == {
        "training": ([1, 2, 3], [1, 1 / 2, 1 / 3]),
        "validation": ([1, 2, 3], [3, 1, 2]),
    }
    assert axes.get_yscale() == "log"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "loss")
    assert len(axes.get_legend().get_texts()) == 2


def test_only_the_training_loss_is_drawn_without_validation(plt):
    assert list(lines(history(NAN, NAN).plot())) == ["training"]


def test_it_draws_on_the_axes_given(plt):
    _, (left, right) = plt.subplots(1, 2)
    assert history(1, 2).plot(right) is right
    assert (len(left.lines), len(right.lines)) == (0, 2)
    assert len(plt.get_fignums()) == 1


def test_without_matplotlib_all_but_the_plot_works(without, monkeypatch):
    for name in [m for m in sys.modules if m.startswith("matplotlib")]:
        monkeypatch.delitem(sys.modules, name)
    without("matplotlib")
    seen = history(2, 1)
    assert (seen.best, str(seen)[:7]) == (1, "epoch 2")
    with pytest.raises(ImportError, match="matplotlib"):
        seen.plot()


def run(epochs, show):
    with progress_bar(epochs, show) as report:
        seen = History()
        for epoch in range(epochs):
            seen.append(1 / (epoch + 1), 0.25, 0.5, 0.75)
            report(seen)


def test_a_bar_counts_epochs_and_shows_the_last_one(capsys):
    run(3, show=True)
    out, err = capsys.readouterr()
    assert out == ""
    last = err.replace("\n", "").split("\r")[-1]
    assert "3/3" in last
    assert last.endswith(
        "epoch 3  loss 0.3333  validation 0.5000"
        "  accuracy 0.7500  gradient 2.5e-01]"
    )


def test_without_tqdm_each_epoch_is_a_line(without, capsys):
    without("tqdm")
    run(2, show=True)
    out, err = capsys.readouterr()
    rest = "  validation 0.5000  accuracy 0.7500  gradient 2.5e-01\n"
    assert out == f"epoch 1  loss 1.0000{rest}epoch 2  loss 0.5000{rest}"
    assert err == ""


def test_nothing_is_printed_unless_asked_for(capsys):
    run(2, show=False)
    assert capsys.readouterr() == ("", "")
