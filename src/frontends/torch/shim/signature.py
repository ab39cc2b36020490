"""What a model's forward takes: hints of its shapes, examples that the file gives, and plain values between the tensors."""

import ast
import inspect
import re

from torch import _trace
from torch._candidates import evaluate
from torch._files import node_of, state
from torch._tensor import Tensor, is_static


def example_inputs(model):
    """
    Types of what the file feeds this model, its own constructor too, then others, as lists of [dtype, shape, bound]; and how many
    of them are what it feeds this one.
    """
    own = state.examples.get(model, [])
    lists, fed = [], 0
    for parts in [*own, None, *[one for key, all in state.examples.items() if key != model for one in all]]:
        try:
            values = _trace.probe if parts is None else [evaluate(one) for one in parts]
        except Exception:
            continue
        # What is no tensor stands for itself: see plain_argument.
        values = [one for one in values or [] if not (one is None or isinstance(one, (bool, int, float)))]
        if values and all(isinstance(one, Tensor) and is_static(one._shape) and not one._path and one._storage.init and one._storage.name is None for one in values):
            lists.append([[one.dtype.name, [int(size) for size in one._shape], _bound(one)] for one in values])
            fed += parts in own
    return {"examples": lists, "own": fed}


def _bound(tensor):
    data = tensor._storage.known
    return None if tensor.dtype.is_floating_point or not data else int(max(data)) + 1


# Attributes that tell how large the pictures are that a model takes.
_SIZE = re.compile(r"_?((img|image|input|im)_?(size|dim|shape|resolution|res)|resolution|size)", re.IGNORECASE)
# Attributes that tell how many channels the input has.
_CHANNELS = re.compile(r"_?(audio|input|in|img|image)_?(channels?|chans?|ch|nc)|channels", re.IGNORECASE)
_HINTS = {
    "Conv1d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "Conv2d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "Conv3d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "ConvTranspose2d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "ConvTranspose1d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "ConvTranspose3d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "Linear": ("in_features", "out_features"),
    "Embedding": ("num_embeddings", "embedding_dim"),
    "LSTM": ("input_size", "batch_first"),
    "GRU": ("input_size", "batch_first"),
    "RNN": ("input_size", "batch_first"),
    "TransformerEncoderLayer": ("norm_first",),
    "MaxPool2d": ("stride",),
}


def hints_of(root, text):
    """What the layers tell of the input, as lists: class name, then attributes."""
    size = next((value for name, value in vars(root).items() if _SIZE.fullmatch(name) and value), None) or _said_size(text)
    channels = next((value for name, value in vars(root).items() if _CHANNELS.fullmatch(name) and type(value) is int), None)
    hints = [["Size", _plain(size)], ["Channels", channels]]
    for path, module in root.named_modules():
        kind = type(module).__name__
        bases = [one.__name__ for one in type(module).__mro__]
        for base in bases:
            if base in _HINTS:
                hints.append([base, *[_plain(getattr(module, name, None)) for name in _HINTS[base]]])
                break
    if len(hints) == 2:
        # A layer made by hand: its first matrix is taken for one that multiplies the input from the right.
        shapes = [one._shape for one in root.parameters() if one.ndim == 2]
        hints += [["Linear", *map(_plain, shape)] for shape in shapes[:1]]
    return hints


def _said_size(text):
    """How large a model's pictures are, where its expression names that."""
    try:
        call = ast.parse(text, mode="eval").body
        return next(
            (ast.literal_eval(one.value) for one in call.keywords if re.fullmatch(r"(img|image)_?size", one.arg or "")), None
        )
    except (SyntaxError, ValueError, AttributeError):
        return None


def _plain(value):
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if isinstance(value, (int, float, str, bool)) or value is None else None


def _parameters(root):
    try:
        return list(inspect.signature(root.forward).parameters.values())
    except (TypeError, ValueError):
        return [inspect.Parameter("input", inspect.Parameter.POSITIONAL_OR_KEYWORD)]


def signature(root):
    """Names of the tensors that forward needs, and of what it can do without."""
    parameters = [one for at, one in enumerate(_parameters(root)) if at == 0 or plain_argument(root, one, None) is None]
    needed = [one.name for one in parameters if one.default is one.empty and one.kind in (0, 1, 3)]
    optional = [one.name for one in parameters if one.default is not one.empty]
    star = [one.name for one in parameters if one.kind is one.VAR_POSITIONAL]
    if not needed and star:
        needed = star[:1]
    elif not needed and optional:
        needed, optional = optional[:1], optional[1:]
    tensors = [one.name for one in parameters if one.name in optional and _is_tensor(one)]
    return {"needed": needed, "optional": optional, "tensors": tensors, "listed": bool(needed) and _takes_list(root, needed[0])}


def _is_tensor(parameter):
    """Whether an argument is said to be a tensor, if it is given."""
    said = parameter.annotation
    text = said if isinstance(said, str) else getattr(said, "__name__", "") + repr(said)
    return "Tensor" in text and not re.search(r"tuple|list|dict", text, re.IGNORECASE)


# What is asked of a tensor, and of no list.
_OF_TENSORS = frozenset("shape size dim ndim view reshape flatten to float permute transpose device dtype mean unsqueeze chunk".split())


def _takes_list(root, name):
    """Whether forward goes through an argument, or takes items out of it, and asks nothing of it that only a tensor has."""
    owner = next((one for one in type(root).__mro__ if "forward" in vars(one)), None)
    parts = getattr(node_of(owner), "body", ()) if owner else ()
    body = next((one for one in parts if isinstance(one, ast.FunctionDef) and one.name == "forward"), None)
    if body is None:
        return False
    named = lambda node: isinstance(node, ast.Name) and node.id == name
    found = False
    for node in ast.walk(body):
        if isinstance(node, ast.Attribute) and named(node.value) and node.attr in _OF_TENSORS:
            return False
        if isinstance(node, (ast.For, ast.comprehension)):
            found = found or any(map(named, [node.iter, *getattr(node.iter, "args", ())]))
        elif isinstance(node, ast.Subscript) and named(node.value):
            found = found or isinstance(node.slice, ast.Constant)
        elif isinstance(node, ast.Assign) and named(node.value):
            found = found or isinstance(node.targets[0], ast.Tuple)
    return found


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
    text = "" if said is parameter.empty else said if isinstance(said, str) else getattr(said, "__name__", "") or ""
    if text == "Optional" or re.search(r"Optional\[|\bNone\b", said if isinstance(said, str) else repr(said)):
        return [None]
    if text == "int" or name in ("start_pos", "past_length", "pos_offset"):
        return [0 if _STARTS.search(name) else 1]
    if text in ("bool", "float"):
        return [text == "float" and 1.0]
    if not _STATES.match(name):
        return None
    layers = [one for one in root.modules() if type(one).__name__ in ("LSTM", "GRU", "RNN")]
    maker = next((getattr(root, one) for one in _MAKERS if callable(getattr(root, one, None))), None)
    if maker is None:
        return [None] if layers else None
    if first is None:
        return [maker]
    count = len([one for one in inspect.signature(maker).parameters.values() if one.default is one.empty])
    along = 0 if first.ndim < 2 or not layers or layers[0].batch_first else 1
    return [maker(*[first._shape[along]][:count])]


def order_arguments(root, tensors, names):
    """
    The tensors, with what else forward needs between them, and by name what comes by name only: also what stands behind an
    optional argument that is not given. `names` are the tensors' own.
    """
    rest, given, named = list(zip(names, tensors)), [], {}
    parameters = _parameters(root)
    skipped = False
    for at, one in enumerate(parameters):
        plain = plain_argument(root, one, tensors[0]) if tensors and at > 0 else None
        if plain is None and not rest:
            break
        later = {other.name for other in parameters[at + 1 :]}
        if plain is None and one.default is not one.empty and rest[0][0] != one.name and rest[0][0] in later:
            skipped = True
            continue
        value = plain[0] if plain is not None else rest.pop(0)[1]
        if one.kind is one.KEYWORD_ONLY or skipped:
            named[one.name] = value
        elif one.kind is one.VAR_POSITIONAL:
            given += [value, *(tensor for _, tensor in rest)]
            rest = []
        elif one.kind is one.VAR_KEYWORD:
            break
        else:
            given.append(value)
    return [*given, *(tensor for _, tensor in rest)], named
