"""Starting: what a start makes stays, so nobody looks through it for garbage, neither meanwhile nor afterwards.

A look through everything stops the process for 0.2 s, and there would be five while the modules are loaded.
"""

import gc


def begin() -> None:
    """No garbage is collected from now on until `settled`. Only for a process that is all ours."""
    gc.disable()


def settled() -> None:
    """All is loaded. Where nothing was begun, as in the process of a test, nothing is changed."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
