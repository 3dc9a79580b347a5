"""Keep this package's local variables out of tracebacks.

Reports of errors (Django's mail, the page of DEBUG, collectors) read the local variables of each
frame, and those of this package hold tokens, codes, secrets and session keys. Masks by name would
have to know each variable, and collectors do not know of Django's. So the variables are cleared
where an error leaves this package: in its own frames and in those below them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeVar, cast

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Class = TypeVar("Class")

_PACKAGE: Final = __name__.partition(".")[0]


def without_variables(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Decorate a function through which errors leave this package: clear what their frames hold."""

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def aguarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Any:
            try:
                return await function(*args, **kwargs)
            except BaseException as error:
                del args, kwargs
                clear_variables(error)
                raise

        return cast(Callable[Parameters, Result], aguarded)

    @wraps(function)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            # This frame is still running, and cannot be cleared from outside.
            del args, kwargs
            clear_variables(error)
            raise

    return guarded


def methods_without_variables(cls: type[Class]) -> type[Class]:
    """Decorate the public methods that a class adds to its bases with `without_variables`."""
    for name, method in list(vars(cls).items()):
        if inspect.isfunction(method) and (not name.startswith("_") or name == "__init__"):
            setattr(cls, name, without_variables(method))
    return cls


def clear_variables(error: BaseException) -> None:
    """Clear the local variables of this package's frames in an error, and of all frames below.

    Also in the errors that it came from. Frames that are still running are left as they are.
    """
    for each in _with_causes(error):
        is_below = False
        for traceback in _entries(each.__traceback__):
            frame = traceback.tb_frame
            name = str(frame.f_globals.get("__name__", ""))
            is_below = is_below or name.partition(".")[0] == _PACKAGE
            if is_below:
                with suppress(RuntimeError):
                    frame.clear()


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__]


def _entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next
