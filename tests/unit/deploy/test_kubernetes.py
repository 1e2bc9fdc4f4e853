"""The Kubernetes manifests are what a cluster takes, and say the same as the code and as one another."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # it brings no types
import pytest
import yaml

from benchmarks.capacity import measured_costs
from benchmarks.needs import Assumptions
from services.contract.settings import CameraSettings
from services.runtime import config
from services.runtime.access import SERVICES

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "kubernetes"
#: The oldest release that counts a StatefulSet's pods from 1, and a new one.
RELEASES = ("1.31", "1.34")
NOT_FOR_THE_CLUSTER = {"kustomization.yaml", "nightjar.yaml"}


def manifests() -> list[tuple[str, dict[str, Any]]]:
    files = sorted(path for path in FOLDER.glob("*.yaml") if path.name not in NOT_FOR_THE_CLUSTER)
    return [
        (f"{path.name}: {each['kind']} {each['metadata']['name']}", each)
        for path in files
        for each in yaml.safe_load_all(path.read_text())
    ]


def workload(service: str) -> dict[str, Any]:
    return next(each for _, each in manifests() if each["kind"] == "StatefulSet" and _name(each) == service)


def container(service: str) -> dict[str, Any]:
    found: dict[str, Any] = workload(service)["spec"]["template"]["spec"]["containers"][0]
    return found


def environment(service: str) -> dict[str, str]:
    own = {each["name"]: each["value"] for each in container(service)["env"] if "value" in each}
    lines = (FOLDER / "settings.env").read_text().split()
    return dict(line.split("=", 1) for line in lines) | own


def _name(manifest: dict[str, Any]) -> str:
    name: str = manifest["metadata"]["name"]
    return name


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("name", "manifest"), manifests(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_manifest_is_what_kubernetes_takes(name: str, manifest: dict[str, Any], release: str) -> None:
    kubernetes_validate.validate(manifest, release, strict=True)


def test_every_manifest_is_part_of_the_whole() -> None:
    named = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    there = {path.name for path in FOLDER.glob("*.yaml")} - NOT_FOR_THE_CLUSTER
    assert set(named) == there


@pytest.mark.parametrize("service", SERVICES)
def test_a_replica_can_be_started_with_its_environment(service: str, tmp_path: Path) -> None:
    environ = environment(service)
    for name, path in environ.items():
        if name.endswith("_FILE"):
            secret = tmp_path / Path(path).name
            secret.write_text("secret")
            environ[name] = str(secret)
    environ["NIGHTJAR_PARTITION"] = environ["NIGHTJAR_PARTITION"].replace("$(SLOT)", "1")
    settings = config.load(FOLDER / "nightjar.yaml", environ)
    assert settings.replica.count == workload(service)["spec"]["replicas"]
    assert (settings.mqtt.user, settings.mqtt.password.get_secret_value()) == (service, "secret")


@pytest.mark.parametrize("service", SERVICES)
def test_pods_are_numbered_from_1_as_slots_are(service: str) -> None:
    assert workload(service)["spec"]["ordinals"] == {"start": 1}
    fields = [
        each["valueFrom"]["fieldRef"]["fieldPath"]
        for each in container(service)["env"]
        if "valueFrom" in each
    ]
    assert fields == ["metadata.labels['apps.kubernetes.io/pod-index']"]


@pytest.mark.parametrize("service", SERVICES)
def test_the_image_is_one_that_the_dockerfile_makes(service: str) -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
    assert container(service)["image"] == f"nightjar-{service}"
    assert service in stages


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_has_no_rights(service: str) -> None:
    pod = workload(service)["spec"]["template"]["spec"]
    rights = container(service)["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["automountServiceAccountToken"] is False
    assert rights["readOnlyRootFilesystem"]
    assert rights["allowPrivilegeEscalation"] is False
    assert rights["capabilities"] == {"drop": ["ALL"]}


#: So many cameras of the capacity page's house are a replica's.
CAMERAS = 16


def resources(service: str) -> tuple[float, float, float]:
    """Cores and MB that it asks for, and the MB that are its limit."""
    found = container(service)["resources"]
    cpu, memory, limit = found["requests"]["cpu"], found["requests"]["memory"], found["limits"]["memory"]
    return int(cpu.removesuffix("m")) / 1000, _mb(memory), _mb(limit)


def _mb(text: str) -> float:
    return float(text[:-2]) * {"Mi": 2**20, "Gi": 2**30}[text[-2:]] / 1e6


@pytest.mark.parametrize("service", ["capture", "motion"])
def test_a_replica_asks_for_twice_the_processor_that_its_cameras_were_measured_to_use(service: str) -> None:
    costs, fps = measured_costs(), Assumptions().fps
    ms = {"capture": costs.capture_ms, "motion": costs.motion_ms + costs.motion_event_ms}[service]
    assert 2 * CAMERAS * fps * ms / 1000 <= resources(service)[0] <= 5 * CAMERAS * fps * ms / 1000


@pytest.mark.parametrize("service", ["capture", "motion"])
def test_and_for_the_memory_that_they_use_while_all_is_well(service: str) -> None:
    costs, house = measured_costs(), Assumptions()
    kept_s = {"capture": house.ring_s, "motion": house.pre_roll_s}[service]
    own_mb = {"capture": costs.capture_mb, "motion": costs.motion_mb}[service]
    used_mb = costs.service_mb + CAMERAS * (own_mb + kept_s * house.fps * house.kilobytes / 1000)
    assert used_mb <= resources(service)[1] <= 2 * used_mb


def test_its_limit_has_room_for_all_that_it_may_keep_while_the_broker_or_the_store_is_away() -> None:
    costs, camera = measured_costs(), CameraSettings(url="push:")
    most_mb = {
        "capture": camera.capture.ring_mb + camera.capture.outbox_mb + costs.capture_mb,
        "motion": camera.motion.ring_mb + camera.motion.keep_mb + costs.motion_mb,
    }
    for service, each_mb in most_mb.items():
        assert costs.service_mb + CAMERAS * each_mb <= resources(service)[2]
