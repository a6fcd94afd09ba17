"""Build one page alone: `python -m weave docs/layers.py`.

The page is in .cache/page/layers/; links to other pages do not work there.
"""

import sys
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config


def main(path: Path) -> None:
    """Build the page of the chapter `path`."""
    home = path.resolve().parent.parent
    site = home / ".cache" / "page" / path.stem
    config = load_config(
        str(home / "mkdocs.yml"),
        nav=[{path.stem: path.name}],
        site_dir=str(site),
        exclude_docs=f"*.py\n*.md\n!/{path.name}",
        use_directory_urls=False,
        strict=False,
    )
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    config.plugins.on_shutdown()
    print(site / f"{path.stem}.html")


main(Path(sys.argv[1]))
