import re
from pathlib import Path

from aiohttp import web

from services.contract.settings import Settings
from services.gateway.archive.library import open_library
from services.gateway.service import GatewayService
from services.runtime.mqtt import BrokerAddress

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "http.md"


def test_every_route_stands_in_the_reference(tmp_path: Path) -> None:
    archive = {"url": tmp_path.as_uri()}
    settings = Settings.model_validate({"cameras": {"door": {"url": "demo:"}}, "archive": archive})
    library = open_library(settings.archive)
    app = GatewayService(settings, BrokerAddress("127.0.0.1", 1))._app(library)
    library.close()
    paths = {
        route.resource.canonical
        for route in app.router.routes()
        if route.resource is not None and not isinstance(route.resource, web.StaticResource)
    }
    assert len(paths) > 15
    text = REFERENCE.read_text()
    missing = [path for path in paths if re.sub(r"\{(\w+)\}", r"<\1>", path) not in text]
    assert missing == []
