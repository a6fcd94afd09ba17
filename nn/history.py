"""History: what training saw on the way, printed, kept and drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class History:
    """What `fit` saw, a number an epoch: the mean loss of its batches
    while it learned; the validation's loss and metric, nan if there is
    none; and the mean size of a gradient's numbers at its last step.

    `stopped` tells why training ended, `best` the epoch, from 0, whose
    validation loss was least.
    """

    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    mean_gradient: list[float] = field(default_factory=list)
    stopped: str = "all epochs done"

    def append(
        self,
        train_loss: float,
        mean_gradient: float,
        validation_loss: float,
        accuracy: float,
    ) -> None:
        self.train_loss.append(train_loss)
        self.validation_loss.append(validation_loss)
        self.accuracy.append(accuracy)
        self.mean_gradient.append(mean_gradient)

    @property
    def best(self) -> int:
        return int(np.argmin(self.validation_loss))

    def __str__(self) -> str:
        """The last epoch in one line, short enough for a terminal."""
        if not self.train_loss:
            return "no epoch done"
        return (
            f"epoch {len(self.train_loss)}"
            f"  loss {self.train_loss[-1]:.4f}"
            f"  validation {self.validation_loss[-1]:.4f}"
            f"  accuracy {self.accuracy[-1]:.4f}"
            f"  gradient {self.mean_gradient[-1]:.1e}"
        )

    def plot(self, axes: Any = None) -> Any:
        """Draw the losses over the epochs, on a logarithmic axis; the
        axes, Matplotlib's, come back."""
        if axes is None:
            import matplotlib.pyplot as plt

            axes = plt.figure().add_subplot()
        epochs = range(1, len(self.train_loss) + 1)
        axes.semilogy(epochs, self.train_loss, label="training")
        if not np.isnan(self.validation_loss).all():
            axes.semilogy(
                epochs, self.validation_loss, label="validation"
            )
        axes.set(xlabel="epoch", ylabel="loss")
        axes.legend()
        return axes


@contextmanager
def progress_bar(
    epochs: int, show: bool
) -> Iterator[Callable[[History], None]]:
    """Give a function that shows how far training is: in tqdm's bar
    where tqdm is installed, else in a printed line an epoch.

    >>> with progress_bar(2, show=False) as show:
    ...     show(History())
    """
    if not show:
        yield lambda history: None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield print
        return
    with tqdm(total=epochs, unit="epoch") as bar:

        def report(history: History) -> None:
            bar.set_postfix_str(str(history), refresh=False)
            bar.update()

        yield report
