"""The API as it describes itself: requests made from its description, and the page to read it."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error, positive_data_acceptance

from services.gateway.access import throttle
from services.gateway.access.caller import Scope
from services.runtime.mqtt import BrokerAddress
from tests.integration.gateway.conftest import Scene, make_settings, running, staged
from tests.integration.gateway.http import HTML
from tests.unit.archives import keep_event

ENDLESS = ("text/event-stream", "multipart/x-mixed-replace")
EXAMPLES = 4
#: An archive or a broker that is away is 503, and what a schema cannot say is refused with 422 in words.
NOT_ASKED = [not_a_server_error, positive_data_acceptance]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("openapi")


@pytest.fixture
def scene(place: Path, address: BrokerAddress) -> Iterator[Scene]:
    experiments = {"experiments": [{"name": "leaves", "interval_s": 10}]}
    cameras = {"door": {"url": "push:", "capture": experiments}, "yard": {"url": "demo:"}}
    with staged(make_settings(place, cameras=cameras), address) as scene:
        yield scene


def described(scene: Scene) -> dict[str, Any]:
    document = scene.logged_in().get("/api/openapi.json").json()
    assert isinstance(document, dict)
    return document


def known(document: dict[str, Any], event: str) -> dict[str, Any]:
    """The description with names that there are, so that requests get beyond a 404."""
    names = {"camera": ["door"], "event": [event], "index": ["0", "3"], "name": ["porch"]}
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path" and parameter["name"] in names:
                    parameter["schema"] = {"type": "string", "enum": names[parameter["name"]]}
    return document


def ends(operation: dict[str, Any]) -> bool:
    media = operation["responses"].get("200", {}).get("content", {})
    return not set(media) & set(ENDLESS)


@pytest.mark.parametrize("names", ["any", "known"])
def test_every_answer_is_as_it_is_described(
    scene: Scene, names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "LOCK_AFTER", 1_000_000)  # wrong logins are among what is tried
    monkeypatch.setattr(throttle, "FREE_FAILURES", 1_000_000)
    scene.hold("status", "online")
    event = keep_event(scene.store, datetime.now(UTC))
    document = described(scene)
    if names == "known":
        document = known(document, event)
    tokens = scene.service._entrance.tokens
    tokens.revoke("all")
    token = tokens.add("all", Scope.ADMIN)
    schema = schemathesis.openapi.from_dict(document)
    tried: list[str] = []
    with running(lambda stop: keep_showing(scene, stop)):
        try_all(schema, scene, token, tried)
    assert len(tried) > 18
    assert scene.service.problems() == []


def keep_showing(scene: Scene, stop: threading.Event) -> None:
    """The camera takes pictures, so that nobody waits for one."""
    sequence = 0
    while not stop.wait(0.05):
        scene.show(sequence := sequence + 1)


def try_all(schema: Any, scene: Scene, token: str, tried: list[str]) -> None:
    for found in schema.get_all_operations():
        operation = found.ok()
        if ends(operation.definition.raw):
            try_out(operation, f"http://127.0.0.1:{scene.port}", token)
            tried.append(f"{operation.method.upper()} {operation.path}")


def try_out(operation: Any, url: str, token: str) -> None:
    """Requests as the description allows them, and as it does not: each answer is one that it names."""

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def ask(case: Case[Any]) -> None:
        response = case.call(base_url=url, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code != 500
        case.validate_response(response, excluded_checks=NOT_ASKED)

    ask()


def test_all_of_the_api_is_in_the_reference(scene: Scene) -> None:
    reference = (Path(__file__).parents[3] / "docs" / "reference" / "http.md").read_text()
    paths = [re.sub(r"\{(\w+)\}", r"<\1>", path) for path in described(scene)["paths"]]
    assert len(paths) > 18
    assert [path for path in paths if path not in reference] == []


def test_the_page_of_the_api_needs_nothing_from_elsewhere(scene: Scene) -> None:
    page = scene.logged_in().get("/api/docs", HTML)
    assert page.status == 200
    assert "/api/events/{event}/clip.mp4" in page.text
    assert "TokenAsked" not in page.text  # models are told field by field
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)
