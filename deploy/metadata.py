"""Notes in an image which version of Nightjar it has, as an installer would, without an installer."""

import sys
import sysconfig
import tomllib
from pathlib import Path

project = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["project"]
folder = Path(sysconfig.get_path("purelib")) / f"{project['name']}-{project['version']}.dist-info"
folder.mkdir()
(folder / "METADATA").write_text(
    f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8"
)
