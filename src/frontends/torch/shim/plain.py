"""What arguments of forward that are no tensors are given: numbers, where to start, no state."""

import ast
import inspect
import re

from torch._files import state
from torch._structure import forward_of
from torch.nn.modules._recurrent import RNNBase


def is_number(parameter):
    """Whether an argument is said to be a plain number, and so is no tensor though it comes first."""
    return parameter.annotation in (int, float, bool, "int", "float", "bool")


def _refused(root, name):
    """The number that forward refuses for an argument, if it is one: `if index == 0: raise`."""
    forward = forward_of(root)
    for node in ast.walk(forward) if forward else ():
        test = node.test if isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise) else None
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq) and getattr(test.left, "id", None) == name:
            return getattr(test.comparators[0], "value", None)
    return None


_STARTS = re.compile(r"(^|_)(start|pos|position|offset|index|idx|step|past)", re.IGNORECASE)
_STATES = re.compile(r"^(hidden|hiddens|hx|h|h_?0|state|states|prev_state|prev_hidden|hidden_state|init_state|hc)$")
_MAKERS = "init_hidden initHidden init_state init_states get_init_state initial_state begin_state zero_state".split()


def plain_argument(root, parameter, first):
    """
    What an argument that needs no tensor is given, as a list of one value: zero for where to start, no state, and None for what
    is optional. `first` is the model's first input.
    """
    if parameter.default is not parameter.empty or parameter.kind not in (0, 1, 3):
        return None
    name, said = parameter.name, parameter.annotation
    if name in state.given:
        return [state.given[name]]
    text = "" if said is parameter.empty else said if isinstance(said, str) else getattr(said, "__name__", "") or ""
    if text == "Optional" or re.search(r"Optional\[|\bNone\b", said if isinstance(said, str) else repr(said)):
        return [None]
    if text == "int" or name in ("start_pos", "past_length", "pos_offset"):
        return [0 if _STARTS.search(name) and _refused(root, name) != 0 else 1]
    if text in ("bool", "float"):
        return [text == "float" and 1.0]
    if not _STATES.match(name):
        return None
    layers = [one for one in root.modules() if isinstance(one, RNNBase)]
    maker = next((getattr(root, one) for one in _MAKERS if callable(getattr(root, one, None))), None)
    if maker is None:
        return [None] if layers else None
    if first is None:
        return [maker]
    count = len([one for one in inspect.signature(maker).parameters.values() if one.default is one.empty])
    along = 0 if first.ndim < 2 or not layers or layers[0].batch_first else 1
    return [maker(*[first._shape[along]][:count])]
