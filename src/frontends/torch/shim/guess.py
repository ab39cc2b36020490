"""Guesses of the arguments that a model of the file needs and that nothing in the file gives."""

import ast
import inspect
import re

from torch.nn.modules.module import Module

_CLASSES = re.compile(r"(n|num|nb)?_?(class(es)?|labels)|class_num", re.IGNORECASE)
_CHANNELS = re.compile(r"(in|input|out|output|img|image|n|num)_?(nc|ch|chans?|channels?)", re.IGNORECASE)
# Channels as parts of a model would not name them.
_PICTURE = re.compile(r"(in|out)(put)?_?nc|(img|image|n|num)_?(ch|channels)", re.IGNORECASE)

# What else a whole model asks for, and what it usually is. Widths are all the same, so that they fit each other and the heads.
_USUAL = [
    (re.compile(pattern, re.IGNORECASE), text)
    for pattern, text in (
        (r"pad(ding)?_?(idx|index|id|token)?|(src|trg|tgt)_pad(_idx)?", "0"),
        (r"((src|trg|tgt)_)?(sos|bos)(_?(idx|id|token))?", "1"),
        (r"((src|trg|tgt)_)?eos(_?(idx|id|token))?", "2"),
        (r"(n|num|max)?_?(user|item|entity|entities)s?(_?(num|count|size))?", "1000"),
        (r"(n|num)_?(types?|segments?)|type_vocab_size", "2"),
        (r"(n|num)_?experts?", "8"),
        (r"top_?k|k", "2"),
        (r"dim_?heads?|head_?(dim|size)|d_?head|d_[kv]", "64"),
        (r"(n|num|enc|dec|encoder|decoder)?_?(attn|attention)?_?(n_?)?heads?|h|(num_attention|attn|attention)_heads|heads?_num", "8"),
        (r"(n|num|enc|dec|encoder|decoder)?_?(hidden)?_?(n_)?(layers?|blocks?)(_num)?|depth|num_(encoder|decoder)_layers|N", "6"),
        (r"(mlp|ff|ffn|feed_?forward|filter|inner|intermediate)(_?(dim|size|hidden|hid|inner|width))?|dim_?feedforward|d_(ff|inner|hid)|hidden_ff|pf_dim|(enc|dec)_pf_dim", "2048"),
        (r".*dropout.*|drop(_?(prob|rate|p))?|.*_drop(_?(prob|rate|p))?|p", "0.1"),
        (r"(max|src|trg|tgt)_?(seq|sequence|src|trg|tgt)?_?(len|length|positions?)|max_seq(_len)?|block_size|context_?(len|length|size|window)|ctx_?len|n_ctx|max_position_embeddings|seq_?(len|length|size)|sequence_length|window_?size", "512"),
        (r"(label|pred|out|forecast)_?(len|length)|horizon|pred_?len", "96"),
        (r"(img|image|input_resolution|im)_?(size|height|width|h|w)|resolution", "224"),
        (r"patch_?(size|len)|stride_?len", "16"),
        (r"kernel_?size|ks", "3"),
        (r"stride|dilation|groups", "1"),
        (r"(n|num)_?mels|mel_?(dim|channels)|(n|num)_mel_channels", "80"),
        (r"enc_in|dec_in|c_in|c_out|(n|num)_?(vars|variates)", "7"),
        (r"(state|obs|observation)_?(dim|size|shape|space)|n_?(states?|observations|obs)", "8"),
        (r"((n|num)_?)?(action|act)s?_?(dim|size|space|num)?|action_n", "4"),
        (r"(z|latent|noise|code)_?(dim|size)|nz|n_?latent", "100"),
        (r"(n|num)_?feat(ure)?s?|in_?(dim|feats?|features|size)|(input|feature|feat)_?(dim|size|features|shape)|(n|num)_?(inputs?|in)", "64"),
        (r"out_?(dim|feats?|features|size)|(output|target)_?(dim|size|features)|(n|num)_?(outputs?|out)|tagset_size|tag_?size|num_tags", "10"),
        (r"ngf|ndf|nf|base_?(width|channels|filters)|(n|num)?_?(filters?|kernels?)(_?(num|size))?|kernel_num", "64"),
        (r"d_?model|(hidden|model|inner|input)?_?dims?|n_?emb(d|ed|edding)?|n_?inp|n_?hid(den)?|width|size|features", "512"),
        (r"(word_?|token_?|char_?|enc_?|dec_?|encoder_?|decoder_?|src_?|tgt_?|trg_?|rnn_?|lstm_?)*(emb|embed|embedding|embeddings|hid|hidden|model|attn|attention|key|value|query|latents?)s?_?(dim|dims|size|units|width|features|channels|d)?", "512"),
        (r"bidirectional|batch_first|bias", "True"),
        (r"device", "'cpu'"),
    )
]
_WORDS = re.compile(
    r"((src|tgt|trg|source|target|input|output|enc|dec|encoder|decoder|n|num|total|en|de)_?)*"
    r"(voc|vocab|vocabulary|tokens?|words?|embeddings|embed)_?(size|len|length|num|count|n)?|n?tokens?",
    re.IGNORECASE,
)
_LISTS = [
    (re.compile(r".*(kernel|filter)_?(sizes?|lengths?|hs)", re.IGNORECASE), "[3, 4, 5]"),
    (re.compile(r".*(layers|blocks|depths?|repeats)", re.IGNORECASE), "[2, 2, 2, 2]"),
    (re.compile(r".*heads", re.IGNORECASE), "[2, 4, 8, 16]"),
    (re.compile(r".*field.*|.*vocab.*|.*cardinalit.*", re.IGNORECASE), "[100, 100, 100, 100]"),
    (re.compile(r".*(channels|hidden|units|dims?|sizes?|widths?|features|filters|layers|chans)s?", re.IGNORECASE), "[64, 64, 64, 64]"),
]
# Names that only a whole model has.
_WHOLE = re.compile(
    r"(img|image|patch)_?size|(state|obs|observation|action|act)_?(dim|size|space)|(n|num)_?(users?|items?|actions?|words|tags|tokens?)"
    r"|(output|out)_?(dim|size)|n?tokens?|tagset_size|(pred|label|block)_?(len|size)|n_?(in|out)puts?|horizon|block_size",
    re.IGNORECASE,
)


def calls(finding, used):
    """Names of functions and of classes that no other uses, each with a call that may build it; best last."""
    for name, node in finding.classes.items():
        value = finding.namespace.get(name)
        if isinstance(value, type) and issubclass(value, Module) and name not in used:
            init = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
            if init is not None:
                yield from _call(name, init, finding, 1, _is_whole(value, finding, name))
    for name, node in finding.functions.items():
        if not name.startswith("_") and finding.returns_model(name):
            yield from _call(name, node, finding, 0, True)


def keywords(function):
    """Names that a function takes out of its `**kwargs` without asking whether they are there."""
    rest = function.args.kwarg
    return rest and [
        node.slice.value
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Name)
        and node.value.id == rest.arg
        and isinstance(node.slice, ast.Constant)
    ]


def _is_whole(cls, finding, name):
    """Whether a class looks like a model rather than like a part of one: it has parts itself, or speaks of data."""
    models = (finding.namespace.get(one) for one in finding.used_by(name))
    parts = [one for one in models if isinstance(one, type) and issubclass(one, Module) and one.__module__ == cls.__module__]
    parameters = inspect.signature(cls.__init__).parameters
    if len(parts) > 1 or any(_CLASSES.fullmatch(one) or _PICTURE.fullmatch(one) or _WHOLE.fullmatch(one) for one in parameters):
        return True
    if any("voc" in one.lower() for one in parameters):
        return True
    # The one class that has a part and is itself no part.
    models = {key for key in finding.classes if isinstance(finding.namespace.get(key), type) and issubclass(finding.namespace[key], Module)}
    return len(parts) == 1 and models - finding.used_names() == {name}


def _call(name, function, finding, skip, whole):
    text = _text(name, function, finding, skip, whole, 0)
    if text:
        yield name, text


def _text(name, function, finding, skip, whole, depth):
    """The call, if anything is asked for, everything can be told, and it is a whole model or a choice that it knows itself."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    needed = positional[skip : len(positional) - len(given.defaults)]
    needed += [one for one, default in zip(given.kwonlyargs, given.kw_defaults) if default is None]
    names = [*(one.arg for one in needed), *(keywords(function) or ())]
    texts = {one: _value(one, function, finding, skip == 1, whole, depth) for one in names}
    chosen = any(_choice(one, function, finding) for one in names)
    if (texts or depth) and None not in texts.values() and (whole or chosen):
        return f"{name}({', '.join(f'{key}={text}' for key, text in texts.items())})"
    return None


def _choice(name, function, finding):
    """The first constant that the function compares an argument with, or the first key of the table that it looks it up in."""
    for node in ast.walk(function):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == name:
            (operator, *_), (right, *_) = node.ops, node.comparators
            if isinstance(operator, ast.In) and isinstance(right, (ast.List, ast.Tuple, ast.Set)) and right.elts:
                right = right.elts[0]
            elif not isinstance(operator, ast.Eq):
                continue
            if isinstance(right, ast.Constant):
                return repr(right.value)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Name):
            table = finding.namespace.get(node.value.id)
            if node.slice.id == name and isinstance(table, dict) and table:
                return repr(next(iter(table)))
    return None


def _is_list(name, function):
    """Whether the function takes an argument for several values: asks how many, takes one out, or goes through them."""

    def named(node):
        return isinstance(node, ast.Name) and node.id == name

    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("len", "enumerate", "zip", "sum", "list", "reversed", "max") and any(map(named, node.args)):
                return node.func.id != "max" or len(node.args) == 1
        if isinstance(node, (ast.For, ast.comprehension)) and named(node.iter):
            return True
        if isinstance(node, (ast.Subscript, ast.Starred)) and named(node.value):
            return True
    return False


def _counts_words(name, function):
    """Whether the function makes a table of embeddings with as many rows."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", None)) in ("Embedding", "EmbeddingBag"):
            rows = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "num_embeddings")]
            if any(isinstance(one, ast.Name) and one.id == name for one in rows):
                return True
    return False


def _part(name, finding, depth):
    """A part of the model that the model is handed: of the class whose name is the argument's, or begins with it."""
    lower = name.lower().replace("_", "")
    models = {key: finding.namespace.get(key) for key in finding.classes}
    models = {key: value for key, value in models.items() if isinstance(value, type) and issubclass(value, Module)}
    same = [key for key in models if key.lower() == lower] or [key for key in models if len(lower) > 2 and key.lower().startswith(lower)]
    if len(same) != 1 or depth > 3:
        return None
    init = next((one for one in finding.classes[same[0]].body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    return f"{same[0]}()" if init is None else _text(same[0], init, finding, 1, True, depth + 1)


def _value(name, function, finding, is_class, whole, depth):
    """An argument's text: a choice that the function itself knows, else what the name usually means."""
    several = is_class and _is_list(name, function)
    if _CLASSES.fullmatch(name) and not several:
        return "10"
    if is_class and _CHANNELS.fullmatch(name) and not several:
        return "3"
    if is_class and name == "block":
        return next((one for one in finding.classes if hasattr(finding.namespace.get(one), "expansion")), None)
    choice = _choice(name, function, finding)
    if choice is not None or not (is_class and whole):
        return choice
    if several:
        return next((text for pattern, text in _LISTS if pattern.fullmatch(name)), None)
    part = _part(name, finding, depth)
    if part is not None:
        return part
    if _WORDS.fullmatch(name) or _counts_words(name, function):
        return "10000"
    return next((text for pattern, text in _USUAL if pattern.fullmatch(name)), None)
