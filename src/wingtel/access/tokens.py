"""API keys as their holders have them: `wt_PREFIX_SECRET`.

The prefix is public: it finds the key, and identifies it in lists and logs. The secret has 256 random bits, so a
plain SHA-256 of the key cannot be searched. The slow hashes made for passwords would gain nothing.
"""

import re
import secrets
import string
from hashlib import sha256
from hmac import compare_digest

PREFIX_LENGTH = 8
SECRET_LENGTH = 43
"""Characters out of 62, which have 256 bits together."""

_LETTERS = string.ascii_letters + string.digits
_TOKEN = re.compile(rf"wt_([a-z0-9]{{{PREFIX_LENGTH}}})_[A-Za-z0-9]{{{SECRET_LENGTH}}}")


def new_token() -> str:
    """Return a new random key."""
    prefix = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(PREFIX_LENGTH))
    return f"wt_{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(SECRET_LENGTH))}"


def prefix_of(token: str) -> str | None:
    """Return the prefix of a key, None if the text is not a key."""
    match = _TOKEN.fullmatch(token)
    return match and match[1]


def hash_of(token: str) -> str:
    """Return the hash of a key that is stored: its SHA-256, in hexadecimal."""
    return sha256(token.encode()).hexdigest()


def matches(token: str, hashed: str) -> bool:
    """Return True if `hashed` is the hash of `token`, in constant time."""
    return compare_digest(hash_of(token), hashed)
