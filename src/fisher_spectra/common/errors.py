"""Errors that are meant for the person at the keyboard, and whether that person is behind one."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can put right: one line that says what is wrong, where, and what is allowed.

    Messages quote what people wrote. A line break or a control character in that stands as Python would write it, so
    that the message stays one line and leaves the terminal alone.

    Examples
    --------
    >>> try:
    ...     fs.get_activation("tanhh")
    ... except fs.UserError as error:
    ...     print(str(error)[:28])
    activation 'tanhh': unknown;
    """

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(str(message)))


def interrupted(error: BaseException) -> bool:
    """Whether Ctrl-C is behind an error: a module in C that it meets while it is loaded ends in an ImportError."""
    link: BaseException | None = error
    while link is not None and not isinstance(link, KeyboardInterrupt):
        link = link.__cause__ or link.__context__
    return link is not None


def printable(text: str) -> str:
    """The text with escapes, such as ``\\n``, in place of characters that cannot be printed on a line."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def shown(value: object, longest: int = 120) -> str:
    """A value as Python writes it, cut in the middle where it would fill the screen."""
    return cut(repr(value), longest)


def cut(text: str, longest: int = 120) -> str:
    """The text, cut in the middle where it would fill the screen."""
    if len(text) <= longest:
        return text
    half = (longest - len(" ... ")) // 2
    return f"{text[:half]} ... {text[-half:]}"
