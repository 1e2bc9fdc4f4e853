"""Where events are kept: one `Store` behind a URL, written by the archiver and read by the gateway."""

from services.store.base import (
    NotStored,
    Store,
    Stored,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreRejected,
    StoreUnavailable,
)
from services.store.keys import Key
from services.store.opening import open_store

__all__ = [
    "Key",
    "NotStored",
    "Store",
    "StoreError",
    "StoreFull",
    "StoreRefused",
    "StoreRejected",
    "StoreUnavailable",
    "Stored",
    "open_store",
]
