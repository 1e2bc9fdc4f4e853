"""Events as they are in the store, newest first."""
