"""Errors of a feed as a whole. A fault of one line is a rejection, not an error."""


class FeedError(Exception):
    """An error because of which a feed cannot be imported. The message says what was wrong and what to do."""


class ProfileError(FeedError):
    """A profile with a missing, unknown or contradictory key. The message names the file and the key."""


class HeaderError(FeedError):
    """A file whose header lacks columns that the profile reads. The message names the columns found."""


class SourceError(FeedError):
    """A file that cannot be read to its end: it is truncated, damaged or missing."""


class TooManyRejectsError(FeedError):
    """An import that stopped because more lines were rejected than allowed. It can be resumed."""
