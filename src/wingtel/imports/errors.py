"""Errors of a feed as a whole. A fault of one line is a rejection, not an error."""


class FeedError(Exception):
    """A feed that cannot be imported at all; the message says what was wrong and what to do."""


class ProfileError(FeedError):
    """A profile that does not say what it has to; the message names file and key."""


class HeaderError(FeedError):
    """A file whose header lacks columns that the profile reads; the message names the columns found."""


class SourceError(FeedError):
    """A file that cannot be read to its end: truncated, damaged, or not there."""


class TooManyRejectsError(FeedError):
    """More lines were rejected than allowed; the import stopped and can be resumed."""
