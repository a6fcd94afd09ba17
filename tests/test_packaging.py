"""What is shipped, what is committed, and what the set-up promises."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
MAKE = shutil.which("make") or "make"


# ---- the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the checkout, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    run = subprocess.run(
        [*build, "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_wheel_holds_nn_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {name for name in names if ".dist-info/" not in name}
    source = {
        path.relative_to(ROOT).as_posix() for path in ROOT.glob("nn/*.py")
    }
    assert shipped == source | {"nn/py.typed"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_wheel_needs_numpy_and_nothing_else(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (n for n in archive.namelist() if n.endswith("/METADATA"))
    metadata = email.message_from_string(archive.read(name).decode())
    needed = [
        requirement
        for requirement in metadata.get_all("Requires-Dist", [])
        if "extra ==" not in requirement
    ]
    assert needed == ["numpy>=1.26"]
    assert metadata["Requires-Python"] == ">=3.11"
    extras = {"docs", "frameworks", "test"}
    assert extras <= set(metadata.get_all("Provides-Extra", []))


def test_import_loads_numpy_and_the_standard_library(
    wheel: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = (
        "import json, sys; before = set(sys.modules);"
        "sys.path.insert(0, sys.argv[1]); import nn;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before"
        "  if getattr(sys.modules[name], '__file__', None)};"
        "print(json.dumps([nn.__file__, sorted(new)]))"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-c", program, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    place, loaded = json.loads(run.stdout)
    assert Path(place).is_relative_to(tmp_path)
    assert set(loaded) - sys.stdlib_module_names == {"nn", "numpy"}


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    version = project["project"]["version"]
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {version}\n" in citation


# ---- the repository


def committed() -> list[Path]:
    """Every file that is in the repository, or would be if added now."""
    git = ["git", "ls-files", "-z", "--cached", "--others"]
    run = subprocess.run(
        [*git, "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    paths = [ROOT / name for name in run.stdout.decode().split("\0")]
    if ROOT / "README.md" not in paths:
        # No clone but an archive, where what was made has to be known.
        made = re.compile(r"(site|node_modules|__pycache__)$|\.(?!ci|git|npm)")
        paths = [
            path
            for path in ROOT.rglob("*")
            if not any(map(made.match, path.relative_to(ROOT).parts))
        ]
    return [path for path in paths if path.is_file()]


# In pieces, or this file would be the first that it reports.
HOSTS = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "debian" + ".org",
)
PLACES = re.compile(r"(?<![\w.*])/" + r"(work|root|opt|home|Users)/\w")


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = []
    for path in committed():
        text = path.read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            if any(host in line for host in HOSTS) or PLACES.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line}")
    assert not found, "\n".join(found)


def test_no_file_is_larger_than_a_megabyte() -> None:
    assert not [p for p in committed() if p.stat().st_size > 1_000_000]


def test_lock_file_names_checksums_and_no_server() -> None:
    text = (ROOT / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in text
    lock = json.loads(text)
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))
    packages = lock["packages"]
    for kind in ("dependencies", "devDependencies"):
        assert packages[""][kind] == wanted[kind]
        for name, version in wanted[kind].items():
            assert packages[f"node_modules/{name}"]["version"] == version
    for name, package in packages.items():
        assert name == "" or package["integrity"].startswith("sha512-")


# What CI installs, and what builds the wheel.
EXTRAS = {"docs", "frameworks", "lock", "print", "test"}
# Where it runs, and where readers do.
PLACES_OF_USE = [
    {"python_full_version": f"{python}.9", "python_version": python} | system
    for python in ("3.11", "3.12", "3.13", "3.14")
    for system in (
        {"sys_platform": "linux", "platform_machine": "x86_64"},
        {"sys_platform": "linux", "platform_machine": "aarch64"},
        {"sys_platform": "darwin", "platform_machine": "arm64"},
    )
]


def locked() -> list[tuple[Requirement, list[str]]]:
    """Return what requirements.lock pins, each with its sums."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    found = []
    for line in text.replace("\\\n", "").splitlines():
        requirement, *sums = re.split(r"\s+--hash=", line.strip())
        found.append((Requirement(requirement), sums))
    return found


def test_lock_pins_one_version_and_its_sums_and_names_no_server() -> None:
    for requirement, sums in locked():
        (pin,) = requirement.specifier
        assert pin.operator == "==", requirement
        assert requirement.url is None
        assert sums, requirement
        for found in sums:
            assert re.fullmatch(r"sha256:[0-9a-f]{64}", found), requirement
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in text
    assert not re.findall(r"--(?!hash=)\S+", text)


def wanted() -> list[Requirement]:
    """Return what pyproject.toml names of what CI installs."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = told["project"]
    extras = project["optional-dependencies"]
    texts = [*told["build-system"]["requires"], *project["dependencies"]]
    texts += [text for name in EXTRAS for text in extras[name]]
    found = map(Requirement, dict.fromkeys(texts))
    return [r for r in found if r.name != project["name"]]


@pytest.mark.parametrize(
    "place",
    PLACES_OF_USE,
    ids=lambda p: "-".join(
        [p["python_version"], p["sys_platform"], p["platform_machine"]]
    ),
)
def test_lock_holds_what_is_wanted_everywhere(place: dict[str, str]) -> None:
    pinned: dict[str, str] = {}
    for requirement, _ in locked():
        if requirement.marker is None or requirement.marker.evaluate(place):
            (pin,) = requirement.specifier
            assert requirement.name not in pinned, requirement
            pinned[requirement.name] = pin.version
    for requirement in wanted():
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"{requirement}: make lock"
        assert version in requirement.specifier, f"{requirement}: make lock"


# ---- make


def workflow() -> str:
    (path,) = (ROOT / ".github/workflows").glob("*.yml")
    return path.read_text("utf-8")


def makefile() -> str:
    return (ROOT / "Makefile").read_text("utf-8")


def phony() -> set[str]:
    (line,) = re.findall(r"^\.PHONY: (.*)$", makefile(), re.MULTILINE)
    return set(line.split())


def test_every_make_command_that_is_written_down_exists() -> None:
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / ".ci/run"]
    files += (ROOT / ".github/workflows").glob("*.yml")
    for path in files:
        named = re.findall(
            r"(?:^ *(?:- run: )?|`)make ([a-z]+)",
            path.read_text("utf-8"),
            re.MULTILINE,
        )
        assert set(named) <= phony(), path
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "\n    make site\n" in readme
    assert "\n    make test\n" in readme


def test_help_lists_every_target() -> None:
    run = subprocess.run(
        [MAKE, "--no-print-directory"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    listed = set(re.findall(r"^make ([a-z]+)", run.stdout, re.MULTILINE))
    assert listed == phony() - {"help"}


def test_ci_calls_make_test_and_nothing_else() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    lines = [line for line in script.splitlines() if not line.startswith("#")]
    assert lines == ["set -eu", 'cd "$(dirname "$0")/.."', "make test"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


class Checkout:
    """A folder with our Makefile, and a Python that does as it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "programs"
        self.bin.mkdir()
        shutil.copy(ROOT / "Makefile", folder)
        (folder / "pyproject.toml").touch()

    def program(self, path: Path, script: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [MAKE, *arguments],
            cwd=self.folder,
            env={"PATH": f"{self.bin}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    return Checkout(folder)


NEW_ENOUGH = "*version_info*) exit 0;;"


def test_setup_says_that_python_is_too_old(checkout: Checkout) -> None:
    for name in ("python3", *(f"python3.{i}" for i in range(11, 15))):
        checkout.program(checkout.bin / name, "exit 1")
    run = checkout.make(".venv/.docs")
    assert run.returncode != 0
    assert "No Python 3.11 or newer was found" in run.stderr
    assert not (checkout.folder / ".venv").exists()


def test_setup_says_that_venv_is_missing(checkout: Checkout) -> None:
    checkout.program(
        checkout.bin / "python3",
        f'case "$*" in {NEW_ENOUGH} *) exit 1;; esac',
    )
    run = checkout.make(".venv/.docs")
    assert run.returncode != 0
    assert "apt-get install python3-venv" in run.stderr
    assert not (checkout.folder / ".venv").exists()


def test_setup_takes_the_first_python_that_is_new_enough(
    checkout: Checkout,
) -> None:
    checkout.program(checkout.bin / "python3", "exit 1")
    checkout.program(checkout.bin / "python3.14", "exit 1")
    checkout.program(
        checkout.bin / "python3.13",
        'case "$*" in *--clear*) mkdir -p .venv/bin; echo $0 > made;; esac',
    )
    run = checkout.make(".venv/bin/python")
    assert run.returncode == 0, run.stderr
    made = (checkout.folder / "made").read_text()
    assert made.strip().endswith("python3.13")


def test_failed_setup_leaves_no_stamp(checkout: Checkout) -> None:
    python = checkout.folder / ".venv/bin/python"
    stamp = checkout.folder / ".venv/.docs"
    fails = 'case "$*" in *install*) exit 1;; esac'
    checkout.program(python, fails)
    assert checkout.make(".venv/.docs").returncode != 0
    assert not stamp.exists()
    checkout.program(python, "exit 0")
    assert checkout.make(".venv/.docs").returncode == 0
    assert stamp.exists()


def test_setup_runs_again_only_when_its_list_changed(
    checkout: Checkout,
) -> None:
    python = checkout.folder / ".venv/bin/python"
    checkout.program(python, "exit 0")
    os.utime(python, (1e9, 1e9))
    assert checkout.make(".venv/.docs").returncode == 0
    assert checkout.make("-q", ".venv/.docs").returncode == 0
    os.utime(checkout.folder / "pyproject.toml", (4e9, 4e9))
    assert checkout.make("-q", ".venv/.docs").returncode == 1


def test_environment_without_pip_is_made_again(checkout: Checkout) -> None:
    python = checkout.folder / ".venv/bin/python"
    checkout.program(python, "exit 1")
    checkout.program(
        checkout.bin / "python3",
        'case "$*" in *--clear*) mkdir -p .venv/bin;'
        ' printf "#!/bin/sh\\n" > .venv/bin/python;'
        " chmod +x .venv/bin/python;; esac",
    )
    run = checkout.make(".venv/.docs")
    assert run.returncode == 0, run.stderr
    assert "Making a virtual environment" in run.stdout
    assert (checkout.folder / ".venv/.docs").exists()


def test_site_needs_nothing_that_only_tests_need(checkout: Checkout) -> None:
    run = checkout.make("-n", "site", "--assume-old=node_modules/.ready")
    assert '".[docs]"' in run.stdout
    assert '".[frameworks]"' not in run.stdout
    assert '".[test]"' not in run.stdout


def test_published_site_has_the_frameworks(checkout: Checkout) -> None:
    (command,) = re.findall(r"- run: make (print .*)", workflow())
    words = command.split()
    words.remove("LOCK=1")
    run = checkout.make("-n", *words)
    assert '".[frameworks]"' in run.stdout
    assert '".[test]"' not in run.stdout


@pytest.mark.parametrize("target", ["print", "test"])
def test_locked_setup_takes_what_is_locked_and_nothing_else(
    checkout: Checkout, target: str
) -> None:
    (checkout.folder / "requirements.lock").touch()
    run = checkout.make("-n", target, "EXTRA=frameworks", "LOCK=1")
    installs = re.findall(r" pip install (.*?)(?: && |$)", run.stdout, re.M)
    options = {
        re.sub(r"--quiet|--no-compile", "", i).strip() for i in installs
    }
    assert options == {
        "--require-hashes --requirement requirements.lock",
        "--no-deps --no-build-isolation --editable .",
    }


def test_setup_runs_again_when_the_lock_changed(checkout: Checkout) -> None:
    checkout.program(checkout.folder / ".venv/bin/python", "exit 0")
    lock = checkout.folder / "requirements.lock"
    lock.touch()
    assert checkout.make(".venv/.docs", "LOCK=1").returncode == 0
    os.utime(lock, (4e9, 4e9))
    assert checkout.make("-q", ".venv/.docs").returncode == 0
    assert checkout.make("-q", ".venv/.docs", "LOCK=1").returncode == 1


def test_ci_installs_what_is_locked() -> None:
    (steps,) = re.findall(r"\n  test:\n(.*?)\n\n", workflow(), re.DOTALL)
    assert "- run: make test LOCK=1" in steps
