"""Reverse mode on single numbers: dL/da = sum over b of dL/db * db/da,
b being everything computed from a. Linnainmaa (1970)."""

from __future__ import annotations

import math


class Value:
    """A number that remembers how it was computed.

    After `L.backward()`, every Value a behind L has dL/da in `a.grad`.
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
        self.came_from = came_from  # pairs (input a, slope d self / da)

    def __add__(self, other: Value | float) -> Value:
        a, b = self, _value(other)
        return Value(a.value + b.value, (a, 1.0), (b, 1.0))

    def __mul__(self, other: Value | float) -> Value:
        a, b = self, _value(other)
        return Value(a.value * b.value, (a, b.value), (b, a.value))

    def __pow__(self, n: float) -> Value:
        a = self.value
        return Value(a**n, (self, n * a ** (n - 1)))

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
        """Put d self / da into `a.grad` for every a behind this one."""
        order: list[Value] = []  # inputs before results, each once
        seen: set[Value] = set()
        stack = [(self, False)]  # no recursion: graphs may be deep
        while stack:
            a, inputs_done = stack.pop()
            if inputs_done:
                order.append(a)
            elif a not in seen:
                seen.add(a)
                stack.append((a, True))
                stack.extend((b, False) for b, _ in a.came_from)
        for a in order:
            a.grad = 0.0
        self.grad = 1.0
        for b in reversed(order):
            for a, slope in b.came_from:
                a.grad += b.grad * slope


def _value(number: Value | float) -> Value:
    return number if isinstance(number, Value) else Value(number)
