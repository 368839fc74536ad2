"""Pure aids for deciders: ids that follow from their causes, so that a replay repeats them."""

from hashlib import sha256


def derived_id(*parts: str) -> str:
    """Return a UUID-shaped id that the same parts always give; other parts give another one."""
    digest = sha256("\x1f".join(parts).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
