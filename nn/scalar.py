"""Reverse mode on single numbers: dL/dx is the sum, over each use of x
in a result y, of dL/dy * dy/dx. Linnainmaa (1970)."""

from __future__ import annotations

import math


class Value:
    """A number that remembers how it was computed.

    After `L.backward()`, every Value x behind L has dL/dx in `x.grad`.
    Calling it again gives the same gradients: they are overwritten.

    >>> x, w, b = Value(3), Value(2), Value(-1)
    >>> L = (x * w + b) ** 2
    >>> L.backward()
    >>> L.value, x.grad, w.grad, b.grad
    (25.0, 20.0, 30.0, 10.0)
    """

    def __init__(
        self, value: float, *came_from: tuple[Value, float]
    ) -> None:
        self.value = float(value)
        self.grad = 0.0
        self.came_from = came_from  # pairs (input, slope toward it)

    def __add__(self, other: Value | float) -> Value:
        u, v = self, _value(other)
        return Value(u.value + v.value, (u, 1.0), (v, 1.0))

    def __mul__(self, other: Value | float) -> Value:
        u, v = self, _value(other)
        return Value(u.value * v.value, (u, v.value), (v, u.value))

    def __pow__(self, c: float) -> Value:
        u = self.value
        return Value(u**c, (self, c * u ** (c - 1)))

    def exp(self) -> Value:
        y = math.exp(self.value)
        return Value(y, (self, y))

    def log(self) -> Value:
        return Value(math.log(self.value), (self, 1 / self.value))

    def tanh(self) -> Value:
        y = math.tanh(self.value)
        return Value(y, (self, 1 - y * y))

    def __neg__(self) -> Value:
        return self * -1

    def __sub__(self, other: Value | float) -> Value:
        return self + -_value(other)

    def __truediv__(self, other: Value | float) -> Value:
        return self * _value(other) ** -1

    def __rsub__(self, other: float) -> Value:
        return -self + other

    def __rtruediv__(self, other: float) -> Value:
        return self**-1 * other

    __radd__, __rmul__ = __add__, __mul__

    def __repr__(self) -> str:
        return f"Value({self.value:g}, grad={self.grad:g})"

    def backward(self) -> None:
        """Put dL/dx into `x.grad` for every x behind this L."""
        order: list[Value] = []  # inputs before results, each once
        seen: set[Value] = set()
        stack = [(self, False)]  # no recursion: graphs may be deep
        while stack:
            y, inputs_done = stack.pop()
            if inputs_done:
                order.append(y)
            elif y not in seen:
                seen.add(y)
                stack.append((y, True))
                stack.extend((x, False) for x, _ in y.came_from)
        for y in order:
            y.grad = 0.0
        self.grad = 1.0
        for y in reversed(order):
            for x, slope in y.came_from:
                x.grad += y.grad * slope


def _value(number: Value | float) -> Value:
    return number if isinstance(number, Value) else Value(number)
