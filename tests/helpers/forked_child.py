"""What a process does that was forked for one call: the call, and its end as that of a Python of its own."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn


def end_after(call: Callable[[], object], cleanup: Callable[[], object] | None = None) -> NoReturn:
    """Make a call and end this process, with the exit status that Python would have; nothing of the parent follows."""
    status = 1
    try:
        call()
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            if cleanup is not None:
                cleanup()
        with contextlib.suppress(ValueError, OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)
