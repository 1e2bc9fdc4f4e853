"""`nightjar`: everything in one process, and the commands around it.

A container has the same command, with what its image holds: `docker compose exec archiver nightjar --help`.
"""

import argparse
import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeAlias

from services.contract.settings import Settings
from services.contract.urls import missing_file
from services.runtime import VERSION, config
from services.runtime.errors import UserError
from services.runtime.run import ends, leave

DEMO = {
    "cameras": {"street": {"url": "demo:", "label": "Demo street"}},
    "log": {"level": "warning"},
}


def main() -> NoReturn:
    leave(ends(lambda: _main(sys.argv[1:])))


def _main(words: list[str]) -> int:
    arguments = _parser().parse_args(words)
    command: Callable[[argparse.Namespace], int] = arguments.command
    return command(arguments)


# -- the commands; each imports what it needs, so that `nightjar --help` is there at once ------------------


def _run(arguments: argparse.Namespace) -> int:
    if not _here("together"):
        raise UserError("this image holds one service alone; `nightjar --help` lists what can be done in it")
    from services.together.command import run_file  # noqa: PLC0415

    return run_file(arguments.config, os.environ, f"{_program()} secrets show")


def _demo(arguments: argparse.Namespace) -> int:
    from services.together.command import run_together  # noqa: PLC0415

    cameras = {"camera": {"url": arguments.camera}} if arguments.camera else DEMO["cameras"]
    listen = {
        part: {"listen": f"{arguments.listen}:{port}"} for part, port in (("mqtt", 1883), ("gateway", 8080))
    }
    settings = config.load(None, os.environ, {**DEMO, **listen, "cameras": cameras})
    return run_together(settings, f"{_program()} secrets show")


def _check(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config, os.environ)
    wrong = {f"cameras.{name}.url": missing_file(camera.url) for name, camera in settings.cameras.items()}
    if problems := [f"{place} {sentence}" for place, sentence in wrong.items() if sentence]:
        raise config.ConfigErrors(problems)
    print(config.dump(settings), end="")
    count = len(settings.cameras)
    print(f"{arguments.config} is right: {count} camera{'' if count == 1 else 's'}", file=sys.stderr)
    return 0


def _secrets(arguments: argparse.Namespace) -> int:
    from services.secrets.keyring import local_secrets  # noqa: PLC0415
    from services.secrets.logins import local_logins  # noqa: PLC0415

    settings = _settings_or_demo(arguments.config)
    secrets = local_secrets(settings.state_dir)
    secrets.must_exist("start Nightjar once, and it makes them")
    logins = local_logins(settings, secrets)
    print(logins.as_json() if arguments.json else logins.as_text())
    return 0


def _renew(arguments: argparse.Namespace) -> int:
    from services.secrets.keyring import check_renewable, local_secrets  # noqa: PLC0415

    settings = _settings_or_demo(arguments.config)
    check_renewable(arguments.names, settings)
    secrets = local_secrets(settings.state_dir)
    secrets.must_exist("start Nightjar once, and it makes them")
    for name in arguments.names:
        secrets.renew(name)
    print(f"renewed: {', '.join(arguments.names)}. A Nightjar that runs takes them up within seconds.")
    print(f"{_program()} secrets show tells you the new ones.")
    return 0


def _settings_or_demo(path: Path) -> Settings:
    """The configuration; without one, that of the demo."""
    there = path if path.exists() else None
    return config.load(there, os.environ, None if there else DEMO)


def _probe(arguments: argparse.Namespace) -> int:
    from services.capture import probe  # noqa: PLC0415

    return probe.main(arguments)


def _replay(arguments: argparse.Namespace) -> int:
    from services.replay import command  # noqa: PLC0415

    return command.main(arguments)


def _archive(arguments: argparse.Namespace) -> int:
    from services.archive import command  # noqa: PLC0415

    return command.main(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from services.doctor import command  # noqa: PLC0415

    return command.main(arguments)


def _backup(arguments: argparse.Namespace) -> int:
    from services.backup import command  # noqa: PLC0415

    return command.backup(arguments)


def _restore(arguments: argparse.Namespace) -> int:
    from services.backup import command  # noqa: PLC0415

    return command.restore(arguments)


def _token(arguments: argparse.Namespace) -> int:
    from services.gateway.access import command  # noqa: PLC0415

    return command.token(arguments)


def _user(arguments: argparse.Namespace) -> int:
    from services.gateway.access import command  # noqa: PLC0415

    return command.user(arguments)


# -- the command line --------------------------------------------------------------------------------------


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nightjar",
        description="Cameras become events, and no frame of an event is lost. Without a command: runs "
        "everything in this process, as the configuration says.",
    )
    parser.add_argument("--version", action="version", version=f"nightjar {VERSION}")
    _config_option(parser, Path(os.environ.get("NIGHTJAR_CONFIG", "nightjar.yaml")))
    parser.set_defaults(command=_run)
    commands = parser.add_subparsers(title="commands", metavar="")
    for package, add in _ADDED_WITH:
        if _here(package):
            add(commands)
    return parser


def _add_check(commands: Commands) -> None:
    check = commands.add_parser("check", help="check the configuration and print what is in force")
    _config_option(check, argparse.SUPPRESS)
    check.set_defaults(command=_check)


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="run everything with a demo camera, without a configuration")
    demo.add_argument("--camera", metavar="URL", help="use this camera (a URL or a video file) instead")
    demo.add_argument(
        "--listen",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="0.0.0.0 lets other machines in (default: %(default)s)",
    )
    demo.set_defaults(command=_demo)


def _add_probe(commands: Commands) -> None:
    from services.capture.probe_arguments import add_arguments  # noqa: PLC0415

    probe = commands.add_parser("probe", help="connect to a camera and say what it delivers")
    add_arguments(probe)
    probe.set_defaults(command=_probe)


def _add_archive(commands: Commands) -> None:
    from services.archive.arguments import add_arguments  # noqa: PLC0415

    archive = commands.add_parser("archive", help="list, verify, export and remove archived events")
    _config_option(archive, argparse.SUPPRESS)
    add_arguments(archive)
    archive.set_defaults(command=_archive)


def _add_secrets(commands: Commands) -> None:
    secrets = commands.add_parser("secrets", help="where everything is, and how to get in")
    verbs = secrets.add_subparsers(required=True, metavar="COMMAND")
    show = verbs.add_parser("show", help="show the addresses and logins")
    show.add_argument("--json", action="store_true", help="for scripts")
    _config_option(show, argparse.SUPPRESS)
    show.set_defaults(command=_secrets)
    renew = verbs.add_parser("renew", help="make these anew, while Nightjar runs")
    renew.add_argument(
        "names", nargs="+", metavar="NAME", help="such as mqtt-nightjar or admin-password; `?` lists them all"
    )
    _config_option(renew, argparse.SUPPRESS)
    renew.set_defaults(command=_renew)


def _add_access(commands: Commands) -> None:
    from services.gateway.access.arguments import (  # noqa: PLC0415
        add_token_arguments,
        add_user_arguments,
    )

    token = commands.add_parser("token", help="make, list and revoke tokens for the HTTP API")
    add_token_arguments(token)
    token.set_defaults(command=_token)

    user = commands.add_parser("user", help="let somebody else log in")
    add_user_arguments(user)
    user.set_defaults(command=_user)


def _add_doctor(commands: Commands) -> None:
    from services.doctor.arguments import add_arguments  # noqa: PLC0415

    doctor = commands.add_parser("doctor", help="look at the running system, and say what is wrong with it")
    _config_option(doctor, argparse.SUPPRESS)
    add_arguments(doctor)
    doctor.set_defaults(command=_doctor)


def _add_backup(commands: Commands) -> None:
    from services.backup.arguments import add_backup_arguments, add_restore_arguments  # noqa: PLC0415

    backup = commands.add_parser("backup", help="write configuration, settings and secrets into one file")
    _config_option(backup, argparse.SUPPRESS)
    add_backup_arguments(backup)
    backup.set_defaults(command=_backup)

    restore = commands.add_parser("restore", help="bring back what `backup` wrote, while nothing runs")
    _config_option(restore, argparse.SUPPRESS)
    add_restore_arguments(restore)
    restore.set_defaults(command=_restore)


def _add_replay(commands: Commands) -> None:
    from services.replay.arguments import add_arguments  # noqa: PLC0415

    replay = commands.add_parser(
        "replay", help="run the motion detector over a video, a folder or the archive, and list its events"
    )
    add_arguments(replay)
    replay.set_defaults(command=_replay)


#: An image holds some of the packages, and offers what can be done with those.
_ADDED_WITH = (
    ("contract", _add_check),
    ("together", _add_demo),
    ("doctor", _add_doctor),
    ("capture", _add_probe),
    ("archive", _add_archive),
    ("together", _add_secrets),
    ("gateway", _add_access),
    ("replay", _add_replay),
    ("backup", _add_backup),
)


def _here(package: str) -> bool:
    return importlib.util.find_spec(f"services.{package}") is not None


def _config_option(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="FILE", default=default, help="default: nightjar.yaml here"
    )


def _program() -> str:
    """How the user called us, to be copied into his next command."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return f"{sys.executable} -m services"
    with contextlib.suppress(ValueError):
        return str(program.absolute().relative_to(Path.cwd()))
    return str(program)


if __name__ == "__main__":
    main()
