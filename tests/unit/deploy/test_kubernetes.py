"""The Kubernetes manifests are what a cluster takes, and say the same as the code and as one another."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # it brings no types
import pytest
import yaml

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
