"""Layers work on rows: x (n, d_in) -> y (n, d_out), and back, dL/dy ->
dL/dx. A gradient has the shape of what it is the gradient of."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


def expect(fine: Any, where: str, wanted: Any, *got: Any) -> None:
    """Raise a ValueError made of all the others, unless `fine`."""
    if not fine:
        words = " ".join(map(str, got))
        text = f"{where}: expected {wanted}, received {words}"
        raise ValueError(text)


def number(x: Any, whole: bool = False) -> Any:
    """x if it is a finite number, else nan, which is in no range."""
    kind = Integral if whole else Real
    fine = isinstance(x, kind) and not isinstance(x, bool)
    return x if fine and abs(x) < np.inf else np.nan


def as_float(values: ArrayLike, where: str) -> Array:
    """Return an array: of float64 if `values` are that, or of float32.

    >>> as_float([1, 2], "x").dtype, as_float(np.ones(2), "x").dtype
    (dtype('float32'), dtype('float64'))
    """
    array = np.asarray(values)
    real = array.dtype.kind in "fiub"
    expect(real, where, "real numbers", array.dtype)
    given = getattr(values, "dtype", np.dtype("f4"))  # a list has none
    double = given.kind == "f" and given.itemsize == 8
    return array.astype("f8" if double else "f4", copy=False)


class Parameter:
    """What is learned: `value`, and `grad` = dL/dvalue of equal shape.

    Both arrays are made here, once. Layers write into `grad`,
    optimizers into `value`; nobody puts another array in their place.

    >>> p = Parameter([[1, 2]])
    >>> p.value, p.grad
    (array([[1., 2.]], dtype=float32), array([[0., 0.]], dtype=float32))
    """

    def __init__(self, value: ArrayLike) -> None:
        self.value = as_float(value, "Parameter").copy()
        finite = np.isfinite(self.value).all()
        expect(finite, "Parameter", "finite numbers", "nan or inf")
        self.grad = np.zeros_like(self.value)


@runtime_checkable
class Layer(Protocol):
    """What every layer offers; nothing inherits from it.

    `forward` never writes to x, and keeps what `backward` will need
    only when `train` is true. `backward` overwrites the gradients (so
    one layer cannot stand in two places) and returns dL/dx.
    """

    @property
    def params(self) -> tuple[Parameter, ...]: ...

    def forward(self, x: Array, train: bool = False) -> Array: ...

    def backward(self, dy: Array) -> Array: ...


def kept(state: Any, layer: Layer) -> Any:
    """Return what `forward(x, train=True)` kept, or ask to call it."""
    if state is None:
        name = type(layer).__name__
        raise RuntimeError(
            f"{name}.backward: call {name}.forward(x, train=True) first"
        )
    return state


def gradient_for(y: Array, dy: ArrayLike, layer: Layer) -> Array:
    """Return dy as an array, or say that its shape is not that of y."""
    where = f"{type(layer).__name__}.backward: dy"
    dy = as_float(dy, where)
    expect(dy.shape == y.shape, where, f"shape {y.shape}", dy.shape)
    return dy


class Dense:
    """y = xW + b, (n, d_in) @ (d_in, d_out) + (d_out,) -> (n, d_out).

    Without a bias given, b starts at zero.

    >>> layer = Dense([[1, 2], [3, 4]], bias=[10, 20])
    >>> layer.forward([[1, 1]], train=True)
    array([[14., 26.]], dtype=float32)
    >>> layer.backward([[1, 0]])  # dx = dy W.T
    array([[1., 3.]], dtype=float32)
    >>> layer.weight.grad  # dW = x.T dy
    array([[1., 0.],
           [1., 0.]], dtype=float32)
    """

    def __init__(
        self, weight: ArrayLike, bias: ArrayLike | None = None
    ) -> None:
        self.weight = Parameter(weight)
        W = self.weight.value
        fine = W.ndim == 2 and W.size > 0
        expect(fine, "Dense", "a weight (d_in, d_out)", W.shape)
        zeros = np.zeros(W.shape[1], W.dtype)
        self.bias = Parameter(zeros if bias is None else bias)
        b = self.bias.value
        fine = b.shape == zeros.shape
        expect(fine, "Dense: bias", zeros.shape, b.shape)
        self.params = (self.weight, self.bias)
        self._xy: tuple[Array, Array] | None = None

    def forward(self, x: ArrayLike, train: bool = False) -> Array:
        W, b = self.weight.value, self.bias.value
        x = as_float(x, "Dense.forward: x")
        fine = x.ndim == 2 and x.shape[1] == len(W)
        wanted = f"shape (n, {len(W)})"
        expect(fine, "Dense.forward: x", wanted, x.shape)
        y = x @ W  # (n, d_in) @ (d_in, d_out) -> (n, d_out)
        y += b  # (d_out,), the same for every row
        if train:
            self._xy = x, y
        return y

    def set_gradients(self, dy: ArrayLike) -> Array:
        """dW = x.T dy, db = the column sums of dy; dy comes back."""
        x, y = kept(self._xy, self)
        dy = gradient_for(y, dy, self)
        np.matmul(x.T, dy, out=self.weight.grad)
        dy.sum(axis=0, out=self.bias.grad)
        return dy

    def backward(self, dy: ArrayLike) -> Array:
        dy = self.set_gradients(dy)
        return dy @ self.weight.value.T  # (n, d_out) @ (d_out, d_in)


class Sequential:
    """y = f_k(... f_2(f_1(x))): layers one after the other.

    It is a layer too; inside another Sequential its layers take their
    places in the row. `backward` returns None unless asked for dx:
    nobody learns from the gradient of the data, and it is costly.

    >>> model = Sequential(Dense([[2]]), Sequential(Dense([[3]])))
    >>> model.forward([[1]], train=True)
    array([[6.]], dtype=float32)
    >>> model.backward([[1]], need_dx=True)
    array([[6.]], dtype=float32)
    """

    def __init__(self, *layers: Layer) -> None:
        row: list[Layer] = []
        for layer in layers:
            a_class = isinstance(layer, type)  # ReLU for ReLU()
            fine = isinstance(layer, Layer) and not a_class
            expect(fine, "Sequential", "layers", repr(layer))
            if isinstance(layer, Sequential):
                row += layer.layers
            else:
                row.append(layer)
        once = row and len({id(layer) for layer in row}) == len(row)
        names = [type(layer).__name__ for layer in row]
        expect(once, "Sequential", "layers, each only once", names)
        self.layers: tuple[Layer, ...] = tuple(row)
        self.params = tuple(p for layer in row for p in layer.params)
        # Before the first layer that learns, no gradient is needed.
        learns = [i for i, layer in enumerate(row) if layer.params]
        self._first = learns[0] if learns else 0

    def forward(self, x: ArrayLike, train: bool = False) -> Array:
        y = as_float(x, "Sequential.forward: x")
        for layer in self.layers:
            y = layer.forward(y, train)
        return y

    def backward(self, dy: ArrayLike, need_dx: bool = False) -> Any:
        dy = as_float(dy, "Sequential.backward: dy")
        first = 0 if need_dx else self._first + 1
        for layer in reversed(self.layers[first:]):
            dy = layer.backward(dy)
        if need_dx:
            return dy
        last = self.layers[self._first]
        getattr(last, "set_gradients", last.backward)(dy)
        return None
