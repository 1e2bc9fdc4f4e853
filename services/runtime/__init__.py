"""How a service lives: configuration, MQTT, life cycle, health, metrics, logs and state."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("nightjar")
except PackageNotFoundError:  # run from a folder that was never installed
    VERSION = "0+unknown"
