"""What a model's forward takes: hints of its shapes, examples that the file gives, and plain values between the tensors."""

import ast
import inspect
import re

from torch import _trace
from torch._candidates import evaluate
from torch._files import state
from torch._formats import is_static
from torch._plain import is_number, plain_argument
from torch._record import Record
from torch._structure import leaf_name, structure_of
from torch._tensor import Tensor
from torch._unknown import Unknown
from torch.nn.modules.module import Module


def example_inputs(model, root):
    """
    What the file feeds this model, its own constructor too, then others, as lists of rows [name, dtype, shape, bound, place]; and
    how many of them are what it feeds this one. Numbers that it feeds this one stand for themselves: see plain_argument.
    """
    own = state.examples.get(model, [])
    state.given = {}
    lists, fed = [], 0
    for parts in [*own, None, *[one for key, all in state.examples.items() if key != model for one in all]]:
        try:
            values = (_trace.probe or (), {}) if parts is None else _evaluated(parts)
            bound = _bind(root, *values)
            rows = bound and _rows(root, bound, parts in own)
            plain = bound and {name: value for name, value in bound.items() if _is_plain(value)}
        except Exception:
            continue
        if not rows:
            continue
        if parts in own:
            state.given = {**plain, **state.given}
            fed += 1
        lists.append(rows)
    return {"examples": lists, "own": fed}


def _evaluated(parts):
    given, named = parts
    # What decides how the file's own data come about decides nothing of the model.
    before, _trace.steered = _trace.steered, True
    try:
        return [evaluate(one) for one in given], {name: evaluate(one) for name, one in named.items()}
    finally:
        _trace.steered = before


def _bind(root, given, named):
    """What is given, by the names of forward's arguments; None where forward does not take so many, or needs more."""
    parameters, bound = _parameters(root), {}
    rest = list(given)
    for one in parameters:
        if one.kind is one.VAR_POSITIONAL:
            if rest:
                bound[one.name], rest = rest, []
        elif one.kind in (0, 1) and rest:
            bound[one.name] = rest.pop(0)
        elif one.name in named:
            bound[one.name] = named[one.name]
        elif one.default is one.empty and one.kind is not one.VAR_KEYWORD and plain_argument(root, one, None) is None:
            return None
    return None if rest or not bound else bound


def _is_plain(value):
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _rows(root, bound, own):
    """A row for each tensor; None where one of them is not fresh, or where another model takes apart what this one does not."""
    rows = []
    for argument, value in bound.items():
        structure = None if isinstance(value, Tensor) else structure_of(root, argument)
        if structure is None and not own and not isinstance(value, Tensor) and not _is_plain(value):
            return None
        for path, one in _leaves(value, ()):
            if _is_plain(one):
                if path:
                    return None
                continue
            if not (isinstance(one, Tensor) and is_static(one._shape) and not one._path and one._storage.init and one._storage.name is None):
                return None
            name = argument if not path else structure and structure.name_of(path) or leaf_name(argument, path)
            place = [argument, [list(step) for step in path]] if path else None
            rows.append([name, one.dtype.name, [int(size) for size in one._shape], _bound(one), place])
    return rows


def _leaves(value, path):
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, (*path, ("dict", str(key))))
    elif (fields := _fields(value)) is not None:
        for key, one in fields.items():
            yield from _leaves(one, (*path, ("attr", key)))
    elif isinstance(value, (list, tuple)) and not _is_plain(value):
        for index, one in enumerate(value):
            yield from _leaves(one, (*path, ("tuple" if isinstance(value, tuple) else "list", index)))
    else:
        yield path, value


def _fields(value):
    """What an object that stands for several tensors holds, by name; None for anything else."""
    if isinstance(value, (Tensor, Module, Unknown, type)) or callable(value):
        return None
    if hasattr(value, "_asdict"):
        return value._asdict()
    held = value.to_dict() if hasattr(value, "to_dict") else getattr(value, "__dict__", None)
    return {key: one for key, one in held.items() if one is not None} if isinstance(held, dict) and any(isinstance(one, Tensor) for one in held.values()) else None


def _bound(tensor):
    data = tensor._storage.known
    return None if tensor.dtype.is_floating_point or not data else int(max(data)) + 1


# Attributes that tell how large the pictures are that a model takes.
_SIZE = re.compile(r"_?((img|image|input|im)_?(size|dim|shape|resolution|res)|resolution|size)", re.IGNORECASE)
# Attributes that tell how many channels the input has.
_CHANNELS = re.compile(r"_?(audio|input|in|img|image)_?(channels?|chans?|ch|nc)|channels", re.IGNORECASE)
# Attributes that tell how many steps the input's series have, and how many of them there are.
_STEPS = re.compile(r"(seq|input|context|history)_?len(gth)?|look_?back", re.IGNORECASE)
_SERIES = re.compile(r"enc_in|c_in|c_out|dec_in|(n|num)_?(vars|variates|series)", re.IGNORECASE)
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
    said, told = _said(root, text), _configured(root)
    size = next((value for name, value in vars(root).items() if _SIZE.fullmatch(name) and value), None)
    size = size or next((value for source in (said, *told) for name, value in source.items() if re.fullmatch(r"(img|image)_?size", name)), None)
    frames = next((value for source in (said, *told) for name, value in source.items() if re.fullmatch(r"((n|num|max)_?)?frames", name) and type(value) is int), None)
    channels, given = (
        next((value for name, value in source.items() if _CHANNELS.fullmatch(name) and type(value) is int), None)
        for source in (vars(root), said)
    )
    sources = (vars(root), _written(text))
    series = [
        next((value for source in sources for name, value in source.items() if kind.fullmatch(name) and type(value) is int), None)
        for kind in (_STEPS, _SERIES)
    ]
    hints = [["Size", _plain(size)], ["Channels", channels, given], ["Frames", frames]]
    hints += [["Series", *series]] if None not in series else []
    hints += [["Shape", name, *shape] for name, shape in _documented(root, told)]
    known = len(hints)
    modules = [*root.modules()]
    for module in [*modules, *_hidden(modules)]:
        bases = [one.__name__ for one in type(module).__mro__ if one.__module__.partition(".")[0] == "torch"]
        for base in bases:
            if base in _HINTS:
                hints.append([base, *[_plain(getattr(module, name, None)) for name in _HINTS[base]]])
                break
    if len(hints) == known:
        hints += _by_hand(root)
    return hints


_WIDTHS = ("in_features", "in_channels", "in_dim")


def _by_hand(root):
    """What a layer made by hand takes: what it says, else its first matrix is taken for one that multiplies the input from the right."""
    for module in root.modules():
        shape = next((one._shape for one in module._parameters.values() if one is not None and one.ndim == 2), None)
        if shape is None:
            continue
        width = next((value for value in (getattr(module, name, None) for name in _WIDTHS) if type(value) is int and value in shape), None)
        first, second = map(_plain, shape)
        return [["Linear", second, first] if width == second else ["Linear", first, second]]
    return []


def _hidden(modules):
    """The modules that others keep in plain lists and mappings, where torch does not see them."""
    seen, queue = {id(one) for one in modules}, [value for one in modules for value in vars(one).values() if type(value) in (list, tuple, dict)]
    while queue:
        value = queue.pop(0)
        if isinstance(value, Module):
            yield from (one for one in value.modules() if id(one) not in seen)
            seen.update(map(id, value.modules()))
        elif type(value) in (list, tuple, dict):
            queue.extend(value.values() if type(value) is dict else value)


def _configured(root):
    """What a model's configuration says, and those of its parts in it, as mappings."""
    config = getattr(root, "config", None)
    own = _attributes(config)
    return [own, *(_attributes(one) for name, one in own.items() if name.endswith("_config"))]


def _attributes(config):
    return config if isinstance(config, dict) else vars(config) if hasattr(config, "__dict__") and not isinstance(config, type) else {}


_SHAPE = re.compile(r"^\s*(\w+)\s*\([^\n]*?\bof shape `?\(([\w., ]+)\)", re.MULTILINE)
_BATCH = re.compile(r"(b|bs|n|batch|batch_?size)$", re.IGNORECASE)
_LENGTH = re.compile(r"(seq(uence)?|num|max|time|text|source|target)?_?(len(gth)?|steps|frames)$", re.IGNORECASE)


def _documented(root, told):
    """
    Names of forward's arguments with the shapes that its documentation gives them: numbers are what the configuration calls so, a
    length that it does not know is None. Shapes of which nothing is known are left out.
    """
    for name, text in _SHAPE.findall(getattr(root.forward, "__doc__", None) or ""):
        lengths = [one.strip() for one in text.split(",") if one.strip()]
        known = [next((source[one] for source in told if type(source.get(one)) is int), None) for one in lengths]
        shape = [1 if _BATCH.fullmatch(one) else number for one, number in zip(lengths, known)]
        clear = all(number is not None or _BATCH.fullmatch(one) or _LENGTH.fullmatch(one) for one, number in zip(lengths, known))
        if clear and any(number is not None for number in known) and len(lengths) > 2:
            yield name, shape


def _said(root, text):
    """What a model's expression gives its constructor, by name."""
    try:
        call = ast.parse(text, mode="eval").body
        names = list(inspect.signature(type(root)).parameters) if call.func.id == type(root).__name__ else []
        given = [*zip(names, call.args), *((one.arg, one.value) for one in call.keywords if one.arg)]
    except (SyntaxError, ValueError, TypeError, AttributeError):
        return {}
    found = {}
    for name, one in given:
        try:
            found[name] = ast.literal_eval(one)
        except (ValueError, TypeError, SyntaxError):
            pass
    return found


def _written(text):
    """All that a model's expression gives by name, to a configuration too, and writes out."""
    try:
        nodes = [*ast.walk(ast.parse(text, mode="eval"))]
    except SyntaxError:
        return {}
    return {one.arg: one.value.value for one in nodes if isinstance(one, ast.keyword) and one.arg and isinstance(one.value, ast.Constant)}


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
    """
    Names of the tensors that forward needs, each with its place in an argument that is a list, a tuple or a mapping, and of the
    arguments that it can do without. `plain` are the names where such an argument may be a tensor as well.
    """
    whole = _parameters(root)
    parameters = [one for at, one in enumerate(whole) if at == 0 and not (is_number(one) and whole[1:]) or plain_argument(root, one, None) is None]
    needed = [one for one in parameters if one.default is one.empty and one.kind in (0, 1, 3)]
    optional = [one.name for one in parameters if one.default is not one.empty]
    star = [one for one in parameters if one.kind is one.VAR_POSITIONAL]
    if not needed and star:
        needed = star[:1]
    elif not needed and optional:
        needed, optional = [one for one in parameters if one.name == optional[0]], optional[1:]
    names, places, sure, levels = [], [], True, False
    for one in needed:
        structure = structure_of(root, one.name)
        if structure is None:
            names.append(one.name)
            places.append([one.name, [["list", 0]]] if one in star else None)
            continue
        sure, levels = sure and (structure.sure or one in star), levels or structure.levels
        for name, path in structure.leaves:
            names.append(name if name not in names else f"{one.name}.{name}")
            places.append([one.name, [list(step) for step in path]])
    plain = None if sure else [one.name for one in needed]
    tensors = [one.name for one in parameters if one.name in optional and _is_tensor(one)]
    return {"needed": names, "places": places, "optional": optional, "tensors": tensors, "levels": levels, "plain": plain}


def _is_tensor(parameter):
    """Whether an argument is said to be a tensor if it is given, and nothing else stands for it where it is not."""
    if parameter.default is not None:
        return False
    said = parameter.annotation
    text = said if isinstance(said, str) else getattr(said, "__name__", "") + repr(said)
    return "Tensor" in text and not re.search(r"tuple|list|dict", text, re.IGNORECASE)


def assemble(rows):
    """
    Arguments of forward by name, from rows of name, tensor and place: those of one list, tuple, mapping or object together. The places
    come in the order of their steps.
    """
    arguments = {}
    for name, value, place in rows:
        argument, path = place or (name, ())
        arguments[argument] = _put(arguments.get(argument), path, value)
    return arguments


def _put(whole, path, value):
    if not path:
        return value
    (kind, key), *rest = path
    if kind == "dict":
        return {**(whole or {}), key: _put((whole or {}).get(key), rest, value)}
    if kind == "attr":
        known = vars(whole) if whole else {}
        return Record(**{**known, key: _put(known.get(key), rest, value)})
    items = list(whole or ())
    items[key : key + 1] = [_put(items[key] if key < len(items) else None, rest, value)]
    return tuple(items) if kind == "tuple" else items


def order_arguments(root, arguments):
    """
    What forward is given in its order, with what else it needs between them, and by name what comes by name only. Arguments of
    unknown names stand for those that are missing.
    """
    parameters = _parameters(root)
    known = {one.name for one in parameters}
    rest = [value for name, value in arguments.items() if name not in known]
    first = next((one for value in arguments.values() for _, one in _leaves(value, ()) if isinstance(one, Tensor)), None)
    given, named, skipped = [], {}, False
    for at, one in enumerate(parameters):
        plain = plain_argument(root, one, first) if arguments and (at > 0 or one.name not in arguments and is_number(one)) else None
        if one.kind is one.VAR_KEYWORD:
            break
        if one.name in arguments:
            value = arguments[one.name]
        elif plain is not None:
            value = plain[0]
        elif rest:
            value = rest.pop(0)
        else:
            skipped = True
            continue
        if one.kind is one.VAR_POSITIONAL:
            given += value if isinstance(value, (list, tuple)) else [value, *rest]
            rest = []
        elif one.kind is one.KEYWORD_ONLY or skipped:
            named[one.name] = value
        else:
            given.append(value)
    return [*given, *rest], named
