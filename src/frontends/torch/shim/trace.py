"""The recorder: sends torch calls to the host and remembers where in the user's files they stand."""

import json
import sys
import weakref

# One host function, str -> str; set by the runner.
bridge = None
# File names (co_filename) that belong to the user; everything else is the shim or the standard library.
files = set()
# The one that is traced.
traced = ""
# 'idle' outside a trace, 'build' while the model is constructed, 'forward' while it runs.
phase = "idle"
# Index of the innermost module whose forward runs, in the order of named_modules; -1 before there is one.
module = -1
# Indices of the modules that were called while the model ran.
called = set()
# What the constructor fed one of its layers first, to learn sizes; None where it fed nothing.
probe = None
# Where the call that is being recorded stands, if it was put off: frames and module; None for where the program is.
placed = None
# True while one bad shape is enough to give this attempt up.
strict = False
training = False
# Whether what is not known has decided something of this attempt: a branch, how often a loop runs, a size.
steered = False
# Below torch.autocast for the CPU: the format that products are converted to; None elsewhere.
autocast = None
# How many calls the file itself may still have recorded, outside its models, before the statement is given up; None for any number.
patience = None
# Places of statements of files themselves, as file and line, in which something that is not known decided how they go on.
doubted = set()
# Below torch.no_grad() and the like: references to the storages that are made or written there.
watched = None

# How often a model has been built; what was made at its start is there each time anew.
builds = 0
_lent = []

_frame_ids = {}
frame_table = []
_positions = {}
_json_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=lambda value: None).encode
_json_decode = json.JSONDecoder().decode


class Abort(BaseException):
    """A strict attempt met a problem."""


class DataDependent(Exception):
    """The program asked for the contents of a tensor that only a real run has."""


class Lengthy(DataDependent):
    """A statement of the file itself runs a model again and again, as one that generates does."""


def reset(user_files):
    global phase, module, strict, traced
    files.clear()
    files.update(user_files)
    traced = user_files[0]
    _frame_ids.clear()
    _positions.clear()
    frame_table.clear()
    doubted.clear()
    phase, module, strict = "idle", -1, False


def watch(storage):
    if watched is not None:
        watched.append(weakref.ref(storage))


def lend(storage):
    """Before a storage gets another value: what the file made outside its models is the same again for the next one."""
    if storage.made < builds:
        _lent.append((storage, storage.value, storage.known))


def begin_build():
    global builds, steered
    builds += 1
    steered = False
    for storage, value, known in reversed(_lent):
        storage.value, storage.known = value, known
        storage.version += 1
    _lent.clear()


def frame_id(code, lasti):
    """Number of a place in the source; the host asks for the table of places once, at the end."""
    key = (id(code) << 20) | lasti
    known = _frame_ids.get(key)
    if known is None:
        positions = _positions.get(id(code))
        if positions is None:
            positions = (code, list(code.co_positions()))
            _positions[id(code)] = positions
        line, end_line, column, end_column = positions[1][lasti >> 1]
        if line is None:
            line = end_line = code.co_firstlineno
        known = len(frame_table)
        frame_table.append([code.co_filename, line, column or 0, end_line or line, end_column or 0])
        _frame_ids[key] = known
    return known


def capture(depth=1, limit=64):
    """Numbers of the user's frames, innermost first."""
    found = []
    frame = sys._getframe(depth)
    while frame is not None:
        code = frame.f_code
        if code.co_filename in files:
            found.append(frame_id(code, frame.f_lasti))
            if len(found) == limit:
                break
        frame = frame.f_back
    return found


def in_library():
    """Whether the innermost of the user's frames is an installed package's, and the traced file is none."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename not in files:
        frame = frame.f_back
    return frame is not None and is_installed(frame.f_code.co_filename) and not is_installed(traced)


def is_installed(file):
    """Whether the file is an installed package's: its faults are not the user's."""
    return "site-packages" in file or "dist-packages" in file


def capture_frame(frame):
    """As `capture`, for this one frame."""
    return [frame_id(frame.f_code, frame.f_lasti)]


def send(kind, payload):
    """One message to the host; gives the decoded answer."""
    return _json_decode(bridge(_json_encode([kind, payload])))


def record(op, args, origin, in_place):
    """Records one call with encoded arguments; gives the host's description of its results."""
    if phase == "idle" and patience is not None:
        spend()
    at, frames = placed or (module, capture(3))
    answer = send("call", [op, origin, in_place, at, frames, args])
    if answer == "abort":
        raise Abort()
    return answer


def spend():
    global patience
    patience -= 1
    if patience < 0:
        raise Lengthy("runs too long")


def steer():
    """
    Something that is not known decides how the program goes on. What looks wrong from here on may be right in a real run, so the
    host says nothing of it.
    """
    global steered
    if phase == "idle":
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_name == "<module>" and frame.f_code.co_filename in files:
                doubted.add((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        send("doubted", None)
    elif not steered:
        steered = True
        send("steered", None)


def report(code, message, severity="warning", frames=None, cause=None):
    """A diagnostic at the innermost place in the user's files; of one cause, the value that nobody knows, only the first is told."""
    send("report", [code, message, severity, capture(2) if frames is None else frames, cause])
