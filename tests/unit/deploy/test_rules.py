"""What holds for everything that is deployed, as far as its files tell."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.contract.settings import Settings
from services.runtime import config
from services.runtime.access import SERVICES

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))


def variables(text: str) -> str:
    """Compose's `${NAME:-default}` as its default."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def ports() -> Iterator[tuple[str, str]]:
    for name, container in CONTAINERS.items():
        for port in container.get("ports", []):
            yield name, port


def pins(file: Path) -> dict[str, set[str]]:
    """Name to versions; a package may have one per range of Pythons."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9][\w.-]*)==([^\s;\\]+)", file.read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def test_compose_has_the_services_that_people_know() -> None:
    assert set(CONTAINERS) == {"mqtt", "s3", "secrets", *SERVICES}


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_every_container_is_hardened(name: str) -> None:
    container = CONTAINERS[name]
    assert container["user"] == "1883:1883"
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["pids_limit"]
    assert container["mem_limit"]
    assert container["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(container)


@pytest.mark.parametrize("name", ["mqtt", "s3", *SERVICES])
def test_what_runs_for_ever_is_restarted(name: str) -> None:
    assert CONTAINERS[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["mqtt", "s3", "secrets"])
def test_what_others_wait_for_says_when_it_is_ready(name: str) -> None:
    assert CONTAINERS[name]["healthcheck"]["test"][0] == "CMD"


def test_nothing_needs_a_newer_engine() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert "start_interval" not in text
    assert not {"configs", "secrets"} & set(COMPOSE)


def test_s3_is_published_on_loopback_only() -> None:
    published = [port for name, port in ports() if name == "s3"]
    assert len(published) == 2
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_each_published_port_is_where_people_look_for_it_and_can_be_changed() -> None:
    assert {variables(port) for _, port in ports()} == {
        "1883:1883", "8080:8080", "127.0.0.1:9000:9000", "127.0.0.1:9001:9001",
    }  # fmt: skip
    assert all("${" in port for _, port in ports())


def test_health_and_metrics_are_not_published() -> None:
    assert not [port for _, port in ports() if "8090" in port]


def test_only_who_needs_s3_can_reach_it() -> None:
    assert CONTAINERS["s3"]["networks"] == ["archive"]
    assert {name for name, container in CONTAINERS.items() if "archive" in container.get("networks", [])} == {
        "s3", "secrets", "archiver", "gateway",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["mqtt", "s3", *SERVICES])
def test_a_container_sees_its_own_secrets_only_and_cannot_change_them(name: str) -> None:
    mounted = [volume for volume in CONTAINERS[name]["volumes"] if isinstance(volume, str)]
    secret = [volume for volume in mounted if volume.startswith(("secrets-", "vault"))]
    assert len(secret) == 1
    assert secret[0].startswith(f"secrets-{name}:")
    assert secret[0].endswith(":ro")


def test_no_secret_stands_in_compose() -> None:
    named = [
        (key, value)
        for container in CONTAINERS.values()
        for key, value in container.get("environment", {}).items()
        if re.search(r"PASSWORD|SECRET|KEY", key)
    ]
    assert named
    assert all(key.endswith("_FILE") and value.startswith("/run/secrets/") for key, value in named)


@pytest.mark.parametrize("name", SERVICES)
def test_what_compose_tells_a_service_are_settings(name: str, tmp_path: Path) -> None:
    environ = {}
    for key, value in CONTAINERS[name]["environment"].items():
        environ[key] = variables(str(value))
        if key.endswith("_FILE"):
            (tmp_path / key).write_text("secret")
            environ[key] = str(tmp_path / key)
    settings = config.load(ROOT / "nightjar.yaml", environ)
    assert settings.mqtt.user == name
    assert settings.mqtt.password.get_secret_value() == "secret"


def test_the_example_configuration_has_one_demo_camera() -> None:
    settings: Settings = config.load(ROOT / "nightjar.yaml", {})
    assert {name: camera.url for name, camera in settings.cameras.items()} == {"street": "demo:"}


def test_the_queues_of_mosquitto_fit_into_its_container() -> None:
    lines = (ROOT / "deploy" / "mosquitto" / "mosquitto.conf").read_text().splitlines()
    conf = dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    assert int(conf["max_queued_messages"]) >= 1_000_000
    assert 16 * int(conf["max_queued_bytes"]) <= 0.75 * 2**30
    assert "memory_limit" not in conf
    assert CONTAINERS["mqtt"]["mem_limit"] == "1g"
    assert conf["allow_anonymous"] == "false"
    assert int(conf["max_packet_size"]) == Settings(cameras={}).mqtt.max_packet_mb * 2**20


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_requirements_are_locked_and_name_no_index(file: Path) -> None:
    text = file.read_text()
    assert pins(file)
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", text)
    for entry in re.split(r"\n(?=[a-z0-9])", text):
        assert "--hash=sha256:" in entry


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_every_lock_has_the_versions_that_the_tests_ran_with(file: Path) -> None:
    tested = pins(ROOT / "requirements" / "dev.txt")
    assert {name: versions for name, versions in pins(file).items() if tested.get(name) != versions} == {}


@pytest.mark.parametrize("name", [*SERVICES, "secrets"])
def test_every_service_has_a_lock_and_a_stage(name: str) -> None:
    assert (ROOT / "requirements" / f"{name}.txt").exists()
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    assert f"\nCOPY services/{name} services/{name}\n" in dockerfile
    assert f'ENTRYPOINT ["python", "-m", "services.{name}"]' in dockerfile


def test_the_guide_tells_every_variable() -> None:
    guide = (ROOT / "docs" / "guide" / "docker.md").read_text()
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    assert used == set(re.findall(r"^\| `([A-Z0-9_]+)` \|", guide, re.MULTILINE))
