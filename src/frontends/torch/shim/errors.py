"""Errors of a model file as the host reports them: kind, message and place."""

import re

from torch import _trace
from torch._files import state
from torch._unknown import Unknown, UnknownInt, UnknownShape


def _error_place(error):
    """Frame numbers of the user's frames in a traceback, innermost first."""
    places = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_filename in _trace.files:
            places.append(_trace.frame_id(code, step.tb_lasti))
        step = step.tb_next
    return places[::-1]


def _lacks_data(error):
    """Whether data could not be read, or a library says so of what it could neither find nor fetch."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if isinstance(error, OSError):
        # No program is started here to fetch it either.
        return bool(error.filename) or step is not None and step.tb_frame.f_globals.get("__name__") == "subprocess"
    if step is None or step.tb_frame.f_code.co_filename == state.file:
        return False
    return isinstance(error.__context__, OSError) or isinstance(error, RuntimeError) and "download" in str(error).lower()


def describe(error):
    """An exception as the host reports it: kind, message and place."""
    if isinstance(error, SyntaxError) and error.filename in _trace.files and error.lineno:
        message = f"{type(error).__name__}: {error.msg}"
        end_line = error.end_lineno or error.lineno
        place = [error.filename, error.lineno, (error.offset or 1) - 1, end_line, (error.end_offset or error.offset or 1) - 1]
        return {"code": "python-error", "message": message, "characters": place, "frames": []}
    if isinstance(error, _trace.DataDependent):
        return {"code": "data-dependent-value", "message": str(error), "frames": _error_place(error)}
    text = str(error)
    if _lacks_data(error):
        name = getattr(error, "filename", None) or getattr(error.__context__, "filename", None)
        source = f"'{name}'" if name else "elsewhere"
        message = f"Skipscope reads no data: what comes from {source} is treated as unknown."
        return {"code": "unread-file", "message": message, "frames": _error_place(error)}
    if isinstance(error, KeyError) and error.args:
        text = repr(error.args[0])
    if isinstance(error, RecursionError):
        text = "maximum recursion depth exceeded"
    kind = type(error).__name__
    answer = {"code": "python-error", "message": f"{kind}: {text}" if text else kind, "frames": _error_place(error)}
    return {**answer, "unknown": True} if _speaks_of_unknown(error, text) else answer


def _speaks_of_unknown(error, text):
    """Whether Python refused to take what stands for something that is not known."""
    if any(isinstance(one, (Unknown, UnknownInt, UnknownShape)) for one in error.args):
        return True
    return isinstance(error, TypeError) and re.search(r"\bUnknown(Int|Shape)?\b", text) is not None


def guarded(run):
    """Runs a step; the answer says what it gave, or what went wrong and where."""
    try:
        return {"ok": run()}
    except _trace.Abort:
        return {"abort": True}
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return {"error": describe(error)}
