"""A key as its holder has it: `wt_PREFIX_SECRET`.

The prefix is public: it finds the key, and names it in lists and logs. The secret has 256 bits of chance, so a plain
SHA-256 of the whole cannot be searched, and the slow hashes made for passwords would gain nothing.
"""

import re
import secrets
import string
from hashlib import sha256
from hmac import compare_digest

PREFIX_LENGTH = 8
SECRET_LENGTH = 43
"""Characters out of 62: 256 bits."""

_LETTERS = string.ascii_letters + string.digits
_TOKEN = re.compile(rf"wt_([a-z0-9]{{{PREFIX_LENGTH}}})_[A-Za-z0-9]{{{SECRET_LENGTH}}}")


def new_token() -> str:
    """A key that nobody has."""
    prefix = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(PREFIX_LENGTH))
    return f"wt_{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(SECRET_LENGTH))}"


def prefix_of(token: str) -> str | None:
    """The prefix of a key, None for what cannot be one."""
    found = _TOKEN.fullmatch(token)
    return found and found[1]


def hash_of(token: str) -> str:
    """What is kept of a key: its SHA-256, in hexadecimal."""
    return sha256(token.encode()).hexdigest()


def is_of(token: str, hashed: str) -> bool:
    """Whether `hashed` is that of `token`; takes the same time wherever they differ."""
    return compare_digest(hash_of(token), hashed)
