"""Logs: for people on a terminal, JSON lines elsewhere."""

import json
import logging
import sys
from datetime import UTC, datetime

from services.contract.message import iso
from services.contract.settings import LogSettings


class HumanFormatter(logging.Formatter):
    """`12:30:01 capture.service  door: the camera is back`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(mark)s%(where)s  %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        record.where = record.name.removeprefix("services.")
        record.mark = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()} "
        return super().format(record)


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "where": record.name.removeprefix("services."),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(settings: LogSettings) -> None:
    """Sends everything to standard error in the form that suits it."""
    human = settings.format == "human" or (settings.format == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(HumanFormatter() if human else JsonFormatter())
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)
    for chatty in ("urllib3", "aiohttp.access", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
