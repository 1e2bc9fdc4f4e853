"""Which keys every store can keep, and none leads out of."""

from services.store.base import StoreRejected

MAX_KEY_BYTES = 900  # S3 allows 1024, its prefix included
MAX_NAME_BYTES = 255  # of one component, on every common file system
UNFINISHED = ".~"  # begins the name of a file that is still being written


def check_key(key: str) -> None:
    """Raises `StoreRejected` unless `key` names an object, the same one in a folder as on S3."""
    reason = _wrong(key.split("/"), key)
    if reason:
        raise StoreRejected(f"{key!r:.200} is no key for an object: {reason}")


def check_prefix(prefix: str) -> None:
    """Raises `StoreRejected` unless `prefix` can begin a key; it may be empty or end anywhere."""
    folders, _, rest = prefix.rpartition("/")
    names = [*(folders.split("/") if folders or prefix.startswith("/") else []), *([rest] if rest else [])]
    reason = _wrong(names, prefix)
    if reason:
        raise StoreRejected(f"{prefix!r:.200} begins no object's key: {reason}")


def _wrong(names: list[str], key: str) -> str | None:
    if any(not name for name in names):
        return "it has an empty part"
    if any(name in (".", "..") for name in names):
        return "it leads out of its folder"
    if any(name.startswith(UNFINISHED) for name in names):
        return f"a part begins with {UNFINISHED}"
    if not key.isprintable() or "\\" in key:
        return "it has characters that are no text"
    if len(key.encode()) > MAX_KEY_BYTES or any(len(name.encode()) > MAX_NAME_BYTES for name in names):
        return "it is too long"
    return None
