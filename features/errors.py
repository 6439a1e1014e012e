"""Errors that the user can mend: shown without a traceback, with an exit code."""


class UserError(Exception):
    """Something in the user's data, settings or command is off.

    The message names what (table, column, count, one example) and the next step. The command line
    prints it and leaves with `exit_code`; the service answers it as a problem document.
    """

    exit_code = 2


class DataError(UserError):
    """The data that was brought cannot be used as it is."""

    exit_code = 3


class StateError(UserError):
    """The work folder, tracking server or registry is not in the state that the command needs."""

    exit_code = 4
