"""Neural Networks, Line by Line: the program that the book explains.

The modules in the order of the book; each imports only from the ones
above it, NumPy and the standard library."""

from nn.scalar import Value
from nn.layers import Dense, Layer, Parameter, Sequential
from nn.activations import (
    GELU,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    sigmoid,
    softmax,
)
from nn.losses import (
    binary_cross_entropy,
    huber,
    mean_squared_error,
    one_hot,
    softmax_cross_entropy,
)
from nn.initializers import (
    glorot_uniform,
    he_normal,
    lecun_normal,
    normal,
    orthogonal,
    zeros,
)
from nn.optimizers import SGD, AdaGrad, Adam, AdamW, RMSProp
from nn.schedules import (
    cosine,
    exponential_decay,
    one_cycle,
    step_decay,
)
from nn.clipping import clip_gradients
from nn.data import add_noise, batches, logic_gate, sample_function
from nn.models import load, save, summary
from nn.evaluation import accuracy, evaluate
from nn.history import History
from nn.training import Diverged, fit
from nn.gradients import (
    check_gradients,
    numerical_gradient,
    relative_error,
)
from nn.digits import fashion_mnist, mnist
from nn.dropout import Dropout
from nn.normalization import BatchNorm
from nn.distortions import distort, shift
from nn.residual import Residual

__all__ = [
    "GELU", "SGD", "AdaGrad", "Adam", "AdamW", "BatchNorm", "Dense",
    "Diverged", "Dropout", "History", "Layer", "LeakyReLU",
    "Parameter", "RMSProp", "ReLU", "Residual", "Sequential",
    "Sigmoid", "Softmax", "Tanh", "Value", "accuracy", "add_noise",
    "batches", "binary_cross_entropy", "check_gradients",
    "clip_gradients", "cosine", "distort", "evaluate",
    "exponential_decay", "fashion_mnist", "fit", "glorot_uniform",
    "he_normal", "huber", "lecun_normal", "load", "logic_gate",
    "mean_squared_error", "mnist", "normal", "numerical_gradient",
    "one_cycle", "one_hot", "orthogonal", "relative_error",
    "sample_function", "save", "shift", "sigmoid", "softmax",
    "softmax_cross_entropy", "step_decay", "summary", "zeros",
]  # fmt: skip
