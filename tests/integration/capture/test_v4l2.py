"""USB cameras through OpenCV's own V4L2: no kernel here has a device, so a library answers in its place."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.capture.programs import need
from tests.unit.capture.cameras.pictures import decode, jpeg

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "tests" / "servers" / "v4l2.c"

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What answers V4L2's questions in a program that is started with it."""
    compiler = shutil.which("cc") or need("cc")
    library = tmp_path_factory.mktemp("v4l2") / "v4l2.so"
    command = [
        compiler,
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
        "-o",
        str(library),
        str(SOURCE),
        "-ldl",
    ]
    subprocess.run(command, check=True)
    return library


class Device:
    """A device, and what `nightjar probe` finds there."""

    def __init__(self, answers: Path, folder: Path) -> None:
        self.path, self.snapshot = folder / "video0", folder / "snapshot.jpg"
        self.path.touch()
        self._environment = {"LD_PRELOAD": str(answers), "FAKE_V4L2": str(self.path)}

    def gives(self, jpegs: list[bytes]) -> None:
        file = self.path.with_name("jpegs")
        file.write_bytes(b"".join(len(each).to_bytes(4, "big") + each for each in jpegs))
        self._environment["FAKE_V4L2_JPEGS"] = str(file)

    def is_unplugged_after(self, pictures: int) -> None:
        self._environment["FAKE_V4L2_UNPLUG"] = str(pictures)

    def probed(self, options: str = "", seconds: float = 1.0) -> tuple[dict[str, str], str]:
        """What is said of the pictures, and what went wrong."""
        arguments = [
            f"v4l2:{self.path}{options}",
            "--seconds",
            str(seconds),
            "--snapshot",
            str(self.snapshot),
        ]
        done = subprocess.run(
            [sys.executable, "-m", "services", "probe", *arguments],
            cwd=ROOT, env=os.environ | self._environment,
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert (done.returncode == 0) == (not done.stderr), done.stderr
        return {line[2:14].strip(): line[15:] for line in done.stdout.splitlines()[1:]}, done.stderr


@pytest.fixture
def device(answers: Path, tmp_path: Path) -> Device:
    return Device(answers, tmp_path)


def test_the_drivers_jpegs_pass_through_byte_for_byte_at_the_rate_that_was_asked_for(device: Device) -> None:
    frames = [jpeg(seed, 640, 480) for seed in range(5)]
    device.gives(frames)
    words, _ = device.probed("?width=640&height=480&fps=10", seconds=2)
    assert words["comes as"] == "JPEG; it passes through as it is, neither decoded nor encoded"
    assert words["size"] == "640x480"
    assert float(words["rate"].split()[0]) == pytest.approx(10, abs=1.5)
    assert device.snapshot.read_bytes() in frames


def test_pixels_are_encoded(device: Device) -> None:
    words, _ = device.probed("?width=320&height=240")
    assert words["comes as"].startswith("YUYV; it is encoded here")
    assert decode(device.snapshot.read_bytes()).shape == (240, 320, 3)


@pytest.mark.parametrize("options", ["?width=320", "?height=240"])
def test_one_side_is_enough(device: Device, options: str) -> None:
    words, _ = device.probed(options)
    assert words["size"] == "320x240"


def test_a_device_that_is_pulled_out_is_lost(device: Device) -> None:
    device.is_unplugged_after(10)
    words, problem = device.probed(seconds=20)
    assert problem == f"nightjar: {device.path} gives no more pictures\n"
    assert int(words["pictures"].split()[0]) >= 8
