"""The one error of the embedded server."""


class EmbeddedServerError(RuntimeError):
    """The embedded PostgreSQL cannot be had.

    The message says what happened, then the server's own last words if it had any, then what to do.
    """

    def __init__(self, happened: str, *, mend: str, log: str = "") -> None:
        said = f"\n{log.rstrip()}\n" if log.strip() else " "
        super().__init__(f"{happened}{said}{mend}")
