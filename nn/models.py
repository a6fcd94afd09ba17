"""Models as a whole: what they are made of, in a table, in a file."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nn.layers import Array, Layer, Parameter, as_float, expect


def parts(
    model: Layer, prefix: str = ""
) -> Iterator[tuple[str, Layer]]:
    """The layers of a model in order, with names like "2 Dense"; those
    inside a layer follow it, as "2 Residual/0 Dense".

    >>> from nn import Dense, Sequential, Tanh
    >>> [name for name, _ in parts(Sequential(Dense([[1]]), Tanh()))]
    ['0 Dense', '1 Tanh']
    """
    for i, layer in enumerate(getattr(model, "layers", (model,))):
        name = f"{prefix}{i} {type(layer).__name__}"
        yield name, layer
        if hasattr(layer, "layers"):
            yield from parts(layer, name + "/")


def parameters(model: Layer) -> dict[str, Parameter]:
    """The parameters of a model by name, in the order of model.params.

    >>> from nn import Dense
    >>> list(parameters(Dense([[1, 2]])))
    ['0 Dense/weight', '0 Dense/bias']
    """
    return {
        f"{part}/{name}": what
        for part, layer in parts(model)
        for name, what in vars(layer).items()
        if isinstance(what, Parameter)
    }


def arrays(model: Layer) -> dict[str, Array]:
    """Every array that makes the model what it is, not copied: values
    of parameters, and what a layer lists in `statistics`."""
    named = {name: p.value for name, p in parameters(model).items()}
    for part, layer in parts(model):
        for name in getattr(layer, "statistics", ()):
            named[f"{part}/{name}"] = getattr(layer, name)
    return named


def summary(model: Layer) -> str:
    """A table of the layers, the shapes they give, and how many numbers
    they learn.

    >>> from nn import Dense, Sequential, Tanh
    >>> print(summary(Sequential(Dense([[1, 2]]), Tanh())))
    layer    output  parameters
    0 Dense  (n, 2)           4
    1 Tanh   (n, 2)           0
    total                     4
    """
    rows, width = [("layer", "output", "parameters")], "?"
    for name, layer in parts(model):
        ends = [p.value.shape[-1] for p in layer.params]
        width = str(ends[-1]) if ends else width
        count = sum(p.value.size for p in layer.params)
        rows.append((name, f"(n, {width})", f"{count:,}"))
    total = sum(p.value.size for p in model.params)
    rows.append(("total", "", f"{total:,}"))
    a, b, c = (
        max(map(len, column)) for column in zip(*rows, strict=True)
    )
    return "\n".join(f"{x:{a}}  {y:{b}}  {z:>{c}}" for x, y, z in rows)


@contextmanager
def written_whole(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file that appears at `path` only once it is complete."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        with open(part, "xb") as file:
            yield file
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def save(model: Layer, path: str | Path) -> None:
    """Write a model's arrays to `path`, an .npz file. A file that was
    there stays until all is written; nan and inf are refused."""
    named = arrays(model)
    for name, array in named.items():
        finite = np.isfinite(array).all()
        expect(finite, f"save: {name}", "finite numbers", "nan or inf")
    with written_whole(path) as file:
        np.savez(file, **dict[str, Any](named))


def _read(archive: Any, name: str, shape: tuple[int, ...]) -> Array:
    """An array of an .npz file. If it has another shape, no number of
    it is read: a small file can unpack to a huge one."""
    with archive.zip.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        claim, _, dtype = np.lib.format.read_array_header_1_0(file)
    fits = version == (1, 0) and dtype.itemsize <= 16
    expect(fits, name, "numbers as `save` writes them", dtype)
    if claim == shape:
        return archive[name]
    return np.broadcast_to(np.empty((), dtype), claim)


def load(model: Layer, path: str | Path) -> None:
    """Read what `save` wrote into a model with the same layers. If one
    name or shape differs, or a number is not finite, ValueError, and
    the model stays as it was.

    >>> from tempfile import TemporaryDirectory
    >>> from nn import Dense
    >>> a, b = Dense([[1]]), Dense([[2]])
    >>> with TemporaryDirectory() as folder:
    ...     save(a, f"{folder}/a.npz"); load(b, f"{folder}/a.npz")
    >>> b.weight.value
    array([[1.]], dtype=float32)
    """
    content = io.BytesIO(Path(path).read_bytes())
    wanted = arrays(model)
    try:
        with np.load(content, allow_pickle=False) as archive:
            names = archive.files
            found = {
                name: _read(archive, name, array.shape)
                for name, array in wanted.items()
                if name in names
            }
    except Exception as error:  # damage makes NumPy raise many kinds
        raise ValueError(
            f"load: {path}: not a whole .npz file"
        ) from error
    same = wanted.keys() == set(names)
    expect(same, f"load: {path}", list(wanted), names)
    for name, a in wanted.items():
        where, b = f"load: {path}: {name}", found[name]
        expect(a.shape == b.shape, where, f"shape {a.shape}", b.shape)
        b = as_float(b, where)
        fine = (abs(b) <= np.finfo(a.dtype).max).all()  # nan is not
        expect(fine, where, f"finite {a.dtype}", "nan, inf or larger")
    for name, array in wanted.items():
        array[...] = found[name]
