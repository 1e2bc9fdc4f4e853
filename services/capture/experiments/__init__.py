"""Pictures on a schedule: on absolute deadlines, the nothing-lost way, slice by slice."""

from services.capture.experiments.memory import Memory
from services.capture.experiments.punctual import Steps, wait_until
from services.capture.experiments.runner import Runner

__all__ = ["Memory", "Runner", "Steps", "wait_until"]
