"""The one door of all measures: what enters is checked and made a tensor here, and leaves in the kind it came in.

A measure works on dense, real tensors of a floating dtype. A caller may hold a numpy array of any byte order, a torch
tensor on any device, a nested list, a table, a list of equal tensors, or a text's trajectory, which stands for all its
states; the answer goes back in the same kind, on the same device. A message names the measure, the value and what is
allowed. Knows nothing about points, paths or models, and loads no torch of its own accord: tables are measured where
there is none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from llmgeo.errors import MeasureError
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.measure import Parameter, Value, spell
from llmgeo.messages import shown

if TYPE_CHECKING:
    import torch

Function = TypeVar("Function", bound=Callable[..., Any])

FORMATS = ("float64", "float32", "float16", "bfloat16")
"""The number formats that states are kept and computed in. Whole numbers and booleans are read as float64."""

CLOUDS = "..., N, D"
PATHS = "..., T, D"


def names_itself(function: Function) -> Function:
    """A public measure: what it says against its input begins with its name.

    >>> @names_itself
    ... def twice(values):
    ...     return 2 * as_array(values, "values", "..., K")
    >>> twice(3.0)
    Traceback (most recent call last):
      ...
    llmgeo.errors.MeasureError: twice: values must have shape [..., K]; got ().
    """

    name = function.__qualname__.removesuffix(".__init__")

    @wraps(function)
    def named(*inputs: Any, **options: Any) -> Any:
        try:
            return function(*inputs, **options)
        except MeasureError as error:
            error.said = getattr(error, "said", str(error))  # without the name of a measure inside this one
            error.args = (f"{name}: {error.said}",)
            raise

    return named


def setting(measure: str, name: str, value: object) -> Value:
    """A parameter's value, checked against the measure's entry in the catalogue, in the parameter's type.

    >>> setting("two_nn", "fraction", np.float32(0.5))
    0.5
    >>> setting("mle", "k", 2.5)
    Traceback (most recent call last):
      ...
    llmgeo.errors.MeasureError: k must be a whole number from 2; got 2.5. The usual one is 20.
    """
    return allowed(name, value, look_up(measure).parameters[name])


def allowed(name: str, value: object, parameter: Parameter) -> Value:
    """As `setting`, of a parameter that no recipe may set and the catalogue does not list."""
    try:
        return parameter.check(value)
    except ValueError:
        usual = spell(parameter.default)
        message = f"{name} must be {parameter.allowed}; got {shown(value)}. The usual one is {usual}."
        raise MeasureError(message) from None


def as_tensor(values: object, name: str = "points", shape: str = CLOUDS, may_be_short: bool = False) -> torch.Tensor:
    """The caller's array as a dense floating torch tensor, which shares its memory where it can; no gradient.

    Args:
        values: numpy array, torch tensor, nested list of numbers, list of equal tensors, what numpy takes for an
            array (a pandas table), or, where states or points are asked for, a text's trajectory.
        name: what to call it in an error message.
        shape: its axes; with "..." before them there may be more.
        may_be_short: any axis but the last may have no entry.

    Raises:
        MeasureError: not numbers, not dense, masked, another number of axes, or empty.

    >>> as_tensor(np.eye(3)).shape, as_tensor(np.ones((2, 3), dtype=">f4")).dtype
    (torch.Size([3, 3]), torch.float32)
    """
    import torch

    array = as_array(values, name, shape, may_be_short)
    if isinstance(array, torch.Tensor):
        return array
    array = np.ascontiguousarray(array)
    return torch.from_numpy(array if array.flags.writeable else array.copy())  # torch warns of what it may not write


def as_array(values: object, name: str, shape: str, may_be_short: bool = False) -> np.ndarray | torch.Tensor:
    """As `as_tensor`, but numpy stays numpy, and needs no torch.

    >>> as_array([1, 2], "weights", "..., K")
    array([1., 2.])
    """
    values = _joined(states_in(values) if shape in (CLOUDS, PATHS) else values, name)
    array = _checked_tensor(values, name) if _is_tensor(values) else _native(values, name)
    axes = [axis for axis in shape.split(", ") if axis != "..."]
    if array.ndim < len(axes) or (array.ndim > len(axes) and "..." not in shape):
        raise MeasureError(f"{name} must have shape [{shape}]; got {tuple(array.shape)}.")
    if 0 in array.shape[-1:] or (0 in array.shape and not may_be_short):
        raise MeasureError(
            f"{name} must not be empty: every axis of [{shape}] is at least 1; got shape {tuple(array.shape)}."
        )
    return array


def states_in(values: object) -> object:
    """The states of a text's trajectory, which stands for all of them wherever states or points are asked for."""
    return values.states if hasattr(values, "states") and hasattr(values, "token_ids") else values


def like(result: torch.Tensor | np.ndarray, source: object) -> torch.Tensor | np.ndarray:
    """`result` in the kind of `source`: a tensor on its device for a tensor, a numpy array (or scalar) for the rest.

    >>> like(as_tensor(np.ones((1, 2))), np.zeros(3))
    array([[1., 1.]])
    """
    source = states_in(source)
    if _is_list_of_tensors(source):
        source = source[0]
    if _is_tensor(source):
        import torch

        tensor = torch.as_tensor(result)
        if source.device.type == "mps" and tensor.dtype == torch.float64:  # that device has no float64
            tensor = tensor.to(torch.float32)
        return tensor.to(source.device)
    array = result.cpu().numpy() if _is_tensor(result) else np.asarray(result)
    return array[()]


def number_format(dtype: object) -> str:
    """The name of a floating number format, given by name or as a dtype of torch or numpy.

    Raises:
        MeasureError: none that states are computed in.

    >>> number_format("torch.bfloat16"), number_format(np.float32)
    ('bfloat16', 'float32')
    """
    name = dtype if isinstance(dtype, str) else str(dtype) if str(dtype).startswith("torch.") else _numpy_name(dtype)
    name = name.removeprefix("torch.")
    if name not in FORMATS:
        raise MeasureError(f'state_dtype must be "float32", "bfloat16", "float16" or "float64"; got {shown(dtype)}.')
    return name


def check_generator(generator: object) -> None:
    """Raises MeasureError unless it is a torch.Generator."""
    import torch

    if not isinstance(generator, torch.Generator):
        raise MeasureError(
            f"generator must be a torch.Generator; got {shown(generator)}. Pass torch.Generator().manual_seed(0)."
        )


# --- kinds of array ---------------------------------------------------------------------------------------------------


def _is_tensor(values: object) -> bool:
    torch = sys.modules.get("torch")  # whoever holds a tensor has imported it
    return torch is not None and isinstance(values, torch.Tensor)


def _is_list_of_tensors(values: object) -> bool:
    return isinstance(values, list | tuple) and bool(values) and all(map(_is_tensor, values))


def _joined(values: object, name: str) -> object:
    """Tensors of one shape in a list (the hidden states that transformers gives) as one tensor."""
    if not _is_list_of_tensors(values):
        return values
    if len({(tensor.shape, tensor.device, tensor.dtype) for tensor in values}) > 1:
        shapes = ", ".join(dict.fromkeys(str(tuple(tensor.shape)) for tensor in values))
        raise MeasureError(
            f"{name} must be one array; got a list of tensors unlike in shape, dtype or device: {shapes}. Measure them "
            "one by one."
        )
    import torch

    return torch.stack([tensor.detach() for tensor in values])


def _checked_tensor(tensor: torch.Tensor, name: str) -> torch.Tensor:
    """Detached, floating; whole numbers and booleans as float64."""
    import torch

    tensor = tensor.detach()
    instead = None
    if tensor.is_nested:
        instead = "a nested tensor. Measure its parts one by one."
    elif torch.masked.is_masked_tensor(tensor):
        instead = "a masked tensor. Measure the points that are not masked."
    elif tensor.is_quantized:
        instead = f"a quantised tensor. Pass {name}.dequantize()."
    elif tensor.layout != torch.strided:
        instead = f"a sparse tensor ({str(tensor.layout).removeprefix('torch.')}). Pass {name}.to_dense()."
    elif tensor.is_meta:
        instead = "a tensor without values (device meta). Load it first."
    if instead:
        raise MeasureError(f"{name} must be a dense tensor of numbers; got {instead}")
    if not tensor.is_complex() and not tensor.is_floating_point():
        return tensor.to(torch.float64)
    if str(tensor.dtype).removeprefix("torch.") not in FORMATS:
        raise MeasureError(
            f"{name} must be real numbers, in one of {', '.join(FORMATS)}; got dtype {tensor.dtype}. "
            f"Convert it first: {name}.{'real' if tensor.is_complex() else 'float()'}."
        )
    return tensor


def _native(values: object, name: str) -> np.ndarray | torch.Tensor:
    """A numpy array of a floating dtype in this machine's byte order, or a tensor for jax's bfloat16."""
    try:
        array = np.asanyarray(values)
    except (TypeError, ValueError) as error:
        what = "rows of unequal length" if "inhomogeneous" in str(error) else f"a {type(values).__name__}"
        raise MeasureError(f"{name} must be a full array of numbers; got {what}. Pass a float array.") from error
    if isinstance(array, np.ma.MaskedArray):
        if np.ma.is_masked(array):
            raise MeasureError(
                f"{name} must be a full array of numbers; {int(np.ma.getmaskarray(array).sum()):,} of its values are "
                "masked. Drop those points, or fill them in."
            )
        array = array.data
    array = np.asarray(array)
    if array.dtype.name == "bfloat16":
        import torch

        return torch.from_numpy(np.ascontiguousarray(array).view(np.int16).copy()).view(torch.bfloat16)
    if array.dtype.kind not in "fiub":
        is_array = hasattr(values, "dtype") or isinstance(values, list | tuple)
        what = f"an array of dtype {array.dtype}" if is_array else f"a {type(values).__name__}"
        raise MeasureError(f"{name} must be real numbers; got {what}. Pass a float array.")
    if array.dtype.kind != "f" or array.dtype.itemsize > 8:
        return _as_float64(array, name)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _as_float64(array: np.ndarray, name: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        converted = array.astype(np.float64)
    if array.dtype.kind == "f" and bool((np.isinf(converted) & np.isfinite(array)).any()):
        raise MeasureError(f"{name} must fit float64; some are beyond {np.finfo(np.float64).max:.3g}. Rescale them.")
    return converted


def _numpy_name(dtype: object) -> str:
    try:
        return np.dtype(dtype).name
    except TypeError:
        return ""
