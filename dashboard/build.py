"""Builds the dashboard's browser bundle with nothing but pip's packages: Node and npm come from a wheel.

A stamp beside the bundle holds a hash over everything the bundle is made of, so a second start never rebuilds and a
changed source rebuilds by itself. Only npm reaches the network, with whatever registry the machine's npm is set to.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = ROOT / ".web" / "build" / "client"
STAMP = ROOT / ".web" / "bundle.stamp"
# The wheel's own `npm` file has lost its link into the package; the console scripts beside python know the way.
SCRIPTS = Path(sysconfig.get_path("scripts"))
SOURCES = ("dashboard/**/*.py", "assets/**/*", "rxconfig.py", "requirements.lock")
LOCKED = ("reflex.lock/*.json",)
# The screens render what these two say, so a bundle built before a change to them no longer fits.
FACTS = ("backend/domain/desk.py", "backend/domain/permissions.py")
TIMEOUT_SECONDS = 900


class BuildFailed(RuntimeError):
    """The build ended without a bundle; the text is what the build printed last."""


def bundle_stamp() -> str:
    """A hash over the names and contents of everything that the bundle is built from."""
    return f"{_hash(SOURCES + FACTS)}-{_hash(LOCKED)}"


def _hash(patterns: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for path in _files(patterns):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether a finished bundle lies there that was built from the sources as they are now."""
    try:
        return STAMP.read_text(encoding="ascii") == bundle_stamp() and (BUNDLE / "index.html").is_file()
    except OSError:
        return False


def build(progress: Callable[[str], None] = lambda line: None) -> None:
    """Build the bundle, telling `progress` each line the build prints; raises `BuildFailed`.

    The stamp is taken away first and written last, so an interrupted build is never mistaken for a finished one. It
    says what the sources were when the build began: what is changed meanwhile is built the next time.
    """
    STAMP.unlink(missing_ok=True)
    sources = _hash(SOURCES + FACTS)
    last = _run([sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"], progress)
    if not (BUNDLE / "index.html").is_file():
        raise BuildFailed("\n".join(last) or "The build ended without a bundle.")
    in_one_order(ROOT / "reflex.lock" / "package.json")
    STAMP.write_text(f"{sources}-{_hash(LOCKED)}", encoding="ascii")


def in_one_order(lock: Path) -> None:
    """Write what a build leaves there in the same order each time: a second build orders it otherwise than a first."""
    lock.write_text(json.dumps(json.loads(lock.read_text("utf-8")), indent=2, sort_keys=True) + "\n", "utf-8")


def ensure(progress: Callable[[str], None] = lambda line: None) -> None:
    """Build unless the bundle is current; of several processes that want it one builds and the others wait."""
    if is_current():
        return
    STAMP.parent.mkdir(exist_ok=True)
    with (STAMP.parent / "build.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not is_current():
            build(progress)


def environment() -> dict[str, str]:
    """The environment for Reflex and npm: Node from its wheel, npm as package manager, nothing reported anywhere."""
    env = dict(os.environ)
    env["PATH"] = os.pathsep.join([str(SCRIPTS), env.get("PATH", "")])
    env |= {
        "REFLEX_USE_NPM": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_ENV_MODE": "prod",
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
        # Lock files carry versions and hashes, not the address of whichever registry this machine uses.
        "npm_config_omit_lockfile_registry_resolved": "true",
        "npm_config_fund": "false",
        "npm_config_audit": "false",
        "npm_config_update_notifier": "false",
    }
    return env


def _files(patterns: tuple[str, ...]) -> Iterator[Path]:
    found = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    return iter(sorted(path for path in found if "__pycache__" not in path.parts))


def _registry(env: dict[str, str]) -> str:
    """The registry npm is set to. Told to Reflex, which would otherwise time requests to several of its own choice."""
    answer = subprocess.run(
        [str(SCRIPTS / "npm"), "config", "get", "registry"],
        env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return answer.stdout.strip()


def _run(command: list[str], progress: Callable[[str], None]) -> list[str]:
    env = environment()
    if registry := _registry(env):
        env["NPM_CONFIG_REGISTRY"] = registry
    last: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        try:
            for line in process.stdout or ():
                if text := line.strip():
                    last = [*last[-30:], text]
                    progress(text)
            code = process.wait(TIMEOUT_SECONDS)
        except BaseException:
            process.kill()
            raise
    if code:
        raise BuildFailed("\n".join(last))
    return last


def main() -> int:
    """`python -m dashboard.build`: build unless the bundle is current; `--check` only tells, by its exit code."""
    if "--check" in sys.argv[1:]:
        return 0 if is_current() else 1
    try:
        ensure(lambda line: _say(sys.stdout, line))
    except BuildFailed as error:
        _say(sys.stderr, str(error))
        return 1
    return 0


def _say(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
