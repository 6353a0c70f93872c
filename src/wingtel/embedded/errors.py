"""The error of the embedded servers."""


class EmbeddedServerError(RuntimeError):
    """The failure of an embedded server.

    The message says what happened, then the last lines of the server's log if there are any, then what to do.
    """

    def __init__(self, problem: str, *, hint: str, log: str = "") -> None:
        log_part = f"\n{log.rstrip()}\n" if log.strip() else " "
        super().__init__(f"{problem}{log_part}{hint}")
