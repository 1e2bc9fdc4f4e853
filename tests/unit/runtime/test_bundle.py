"""A back-up has settings and secrets, brings them back as they were, and writes nowhere else."""

import io
import stat
import tarfile
from pathlib import Path

import pytest

from services.runtime.bundle import PARTS, Bundle, gather, pack, put_back, unpack
from services.runtime.bundle_files import read_bundle, write_bundle
from services.runtime.errors import UserError

LABEL = b'{"nightjar": "0.1.0", "made": "2026-11-26T00:00:00.000000Z"}'


def installed(root: Path) -> dict[str, Path]:
    """The folders of an installation, as they are in one process."""
    state = root / "state"
    folders = dict.fromkeys(PARTS, state) | {"vault": state / "secrets", "config": root}
    for folder in (state / "secrets", state / "gateway" / "clips", state / "spool"):
        folder.mkdir(parents=True)
    return folders


def tar(*members: tuple[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return io.BytesIO(out.getvalue())


def test_settings_and_secrets_come_back_as_they_were(tmp_path: Path) -> None:
    folders = installed(tmp_path / "here")
    written = {
        "state/secrets/mqtt_nightjar": b"a password\n",
        "state/motion.json": b'{"settings": {}}',
        "state/gateway/tokens.json": b"{}",
        "nightjar.yaml": b"cameras: {}\n",
    }
    for name, content in written.items():
        (tmp_path / "here" / name).write_bytes(content)
    bundle = unpack(io.BytesIO(pack(gather(folders))))
    put_back(
        bundle,
        {
            part: tmp_path / "there" / folder.relative_to(tmp_path / "here")
            for part, folder in folders.items()
        },
    )
    assert {name: (tmp_path / "there" / name).read_bytes() for name in written} == written
    assert bundle.count == 4
    for name in written:
        assert stat.S_IMODE((tmp_path / "there" / name).stat().st_mode) == 0o600


def test_what_is_open_and_what_is_large_stays_where_it_is(tmp_path: Path) -> None:
    folders = installed(tmp_path)
    for name in (
        "motion-events.json",
        "broker.state",
        "spool/1.jpg",
        "gateway/clips/1.mp4",
        "secrets/.draft-1",
    ):
        (tmp_path / "state" / name).write_bytes(b"x")
    assert gather(folders).files == {}


def test_nothing_is_written_outside_of_its_folder() -> None:
    bad = (
        "vault/../../etc/passwd",
        "vault//etc/passwd",
        "vault/a/b",
        "gateway/../capture.json",
        "other/x",
        "motion/motion-events.json",
    )
    bundle = unpack(
        tar(("nightjar-backup.json", LABEL), *((name, b"x") for name in bad), ("vault/good", b"y"))
    )
    assert bundle.files == {"vault": {"good": b"y"}}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "this is no back-up of Nightjar, or not the whole of it"),
        (b"cameras: {}\n", "this is no back-up of Nightjar, or not the whole of it"),
        (
            tar(("vault/mqtt", b"x")).getvalue(),
            "this is no back-up of Nightjar: nightjar-backup.json is not in it",
        ),
        (pack(Bundle({"vault": {"a": bytes(range(256)) * 9}}))[:-20], "or not the whole of it"),
    ],
)
def test_what_is_no_whole_back_up_is_said(content: bytes, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        unpack(io.BytesIO(content))


def test_the_file_is_its_owners_alone_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "nightjar.backup"
    write_bundle(Bundle({"vault": {"a": b"x"}}), str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert capsys.readouterr().err == (
        f"1 file in {file}, which its owner alone can read. Keep it from others: it holds every "
        "password and key. Pictures are not in it.\n"
    )
    assert read_bundle(str(file)).files == {"vault": {"a": b"x"}}


def test_nothing_is_no_back_up(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is nothing to back up yet"):
        write_bundle(Bundle(), str(tmp_path / "file"))
