"""Files that installed packages bring beside their modules: configurations, lists, vocabularies."""

import base64
import json
import os
import re

from torch import _trace
from torch._files import slashed

# By package: its folder and its files, as the host gave them; None where it has none.
held = {}
# Packages whose files lie where Python looks for them.
_laid = set()

_LOOKS = re.compile(r"\b(__file__|get_data|resources)\b")


def take(rows):
    """Begins with what the host gives in advance; gives the other rows, which are modules."""
    held.clear()
    _laid.clear()
    held.update({name[:-1]: (folder, text) for name, folder, text in rows if name.endswith("/")})
    return [row for row in rows if not row[0].endswith("/")]


def bring(package, source):
    """Before a module of a package runs: lays the package's files out, if the module looks at any."""
    if not package or package in _laid or not _LOOKS.search(source):
        return
    if package not in held:
        found = _trace.send("find", f"{package}/")
        held[package] = found and found[1:]
    _laid.add(package)
    _lay(package)


def lay_again():
    """Files are not part of the memory that a trace begins with."""
    for package in _laid:
        _lay(package)


def _lay(package):
    if not held[package]:
        return
    folder, text = held[package]
    for path, contents in json.loads(text):
        file = f"{slashed(folder)}/{path}"
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as out:
            out.write(base64.b64decode(contents))
