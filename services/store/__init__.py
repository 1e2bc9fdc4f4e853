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
from services.store.keys import Key, KeyRing
from services.store.opening import open_store, open_store_with

__all__ = [
    "Key",
    "KeyRing",
    "NotStored",
    "Store",
    "StoreError",
    "StoreFull",
    "StoreRefused",
    "StoreRejected",
    "StoreUnavailable",
    "Stored",
    "open_store",
    "open_store_with",
]
