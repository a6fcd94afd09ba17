"""Residual connections: a path that hands the gradient on whole."""

from __future__ import annotations

from numpy.typing import ArrayLike

from nn.layers import Array, Layer, Sequential, as_float, expect


class Residual:
    """y = x + f(x), f the given layers one after the other; for each
    row dx = dy + dy J, with J the slopes of f. He and others (2016).

    >>> from nn import Dense
    >>> layer = Residual(Dense([[2]]))
    >>> layer.forward([[1]], train=True), layer.backward([[1]])
    (array([[3.]], dtype=float32), array([[3.]], dtype=float32))
    """

    def __init__(self, *layers: Layer) -> None:
        self.body = Sequential(*layers)
        self.layers, self.params = self.body.layers, self.body.params

    def forward(self, x: ArrayLike, train: bool = False) -> Array:
        x = as_float(x, "Residual.forward: x")
        y = self.body.forward(x, train)
        expect(y.shape == x.shape, "Residual: f(x)", x.shape, y.shape)
        return x + y

    def backward(self, dy: ArrayLike) -> Array:
        dy = as_float(dy, "Residual.backward: dy")
        dx: Array = self.body.backward(dy, need_dx=True)
        return dy + dx
