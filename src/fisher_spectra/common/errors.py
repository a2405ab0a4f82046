"""The one exception whose message is meant for the person at the keyboard."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can put right: one line that says what is wrong, where, and what is allowed.

    Examples
    --------
    >>> try:
    ...     fs.get_activation("tanhh")
    ... except fs.UserError as error:
    ...     print(str(error)[:28])
    activation 'tanhh': unknown;
    """
