"""The bundle's build: when it is due, and the address it is made independent of."""

import json
from pathlib import Path

import pytest

from dashboard import build, serve
from dashboard.build_plugin import SameOriginPlugin, same_origin


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with a finished bundle."""
    for folder in ("dashboard", "assets", "reflex.lock", ".web/build/client"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "dashboard" / "page.py").write_text("one", encoding="utf-8")
    (tmp_path / "assets" / "a.css").write_text("two", encoding="utf-8")
    (tmp_path / "reflex.lock" / "package-lock.json").write_text("{}", encoding="utf-8")
    (tmp_path / ".web" / "build" / "client" / "index.html").write_text("page", encoding="utf-8")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "STAMP", tmp_path / ".web" / "bundle.stamp")
    monkeypatch.setattr(build, "BUNDLE", tmp_path / ".web" / "build" / "client")
    build.STAMP.write_text(build.bundle_stamp(), encoding="ascii")
    return tmp_path


def test_a_second_start_does_not_build(project: Path) -> None:
    assert build.is_current() is True
    told: list[str] = []
    build.ensure(told.append)
    assert told == []


@pytest.mark.parametrize(
    "changed", ["dashboard/page.py", "assets/a.css", "reflex.lock/package-lock.json", "requirements.lock"]
)
def test_a_changed_source_is_built_again(project: Path, changed: str) -> None:
    (project / changed).write_text("changed", encoding="utf-8")
    assert build.is_current() is False


def test_a_renamed_source_is_built_again(project: Path) -> None:
    (project / "assets" / "a.css").rename(project / "assets" / "b.css")
    assert build.is_current() is False


def test_what_is_compiled_beside_the_sources_does_not_count(project: Path) -> None:
    (project / "dashboard" / "__pycache__").mkdir()
    (project / "dashboard" / "__pycache__" / "page.py").write_text("x", encoding="utf-8")
    assert build.is_current() is True


def test_a_missing_bundle_is_built(project: Path) -> None:
    (build.BUNDLE / "index.html").unlink()
    assert build.is_current() is False


def test_a_build_that_failed_leaves_no_stamp_and_says_why(project: Path) -> None:
    (project / "assets" / "a.css").write_text("changed", encoding="utf-8")
    with pytest.raises(build.BuildFailed) as failed:
        build.build()
    assert "reflex" in str(failed.value).casefold()
    assert not build.STAMP.exists()


def test_the_bundle_asks_the_browser_for_its_own_address() -> None:
    chunk = "const e={EVENT:`ws://localhost:8000/_event`,PING:`http://localhost:8000/ping`,other:`plain`}"
    assert same_origin(chunk) == (
        "const e={EVENT:`${location.origin.replace(/^http/,'ws')}/_event`,PING:`${location.origin}/ping`,other:`plain`}",
        2,
    )


@pytest.mark.parametrize("chunks", [[], ["`nothing`"], ["`ws://a/b` `http://a/b`", "`ws://a/b` `http://a/b`"]])
def test_a_bundle_of_another_shape_fails_the_build(tmp_path: Path, chunks: list[str]) -> None:
    (tmp_path / "assets").mkdir()
    for number, chunk in enumerate(chunks):
        (tmp_path / "assets" / f"reflex-env-{number}.js").write_text(chunk, encoding="utf-8")
    with pytest.raises(RuntimeError):
        SameOriginPlugin().post_build(static_dir=tmp_path)


def test_the_lock_names_versions_and_hashes_but_no_registry() -> None:
    text = (build.ROOT / "reflex.lock" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert text.count('"integrity": "sha512-') > 100


def test_the_web_process_is_one_worker_that_compiles_nothing() -> None:
    command = serve.command("127.0.0.1", 3001)
    assert command[command.index("--workers") + 1] == "1"
    assert command[command.index("--port") + 1] == "3001"
    assert serve.environment()["__REFLEX_SKIP_COMPILE"] == "true"


def test_a_build_leaves_the_kept_packages_in_the_order_they_are_kept_in(tmp_path: Path) -> None:
    kept = (build.ROOT / "reflex.lock" / "package.json").read_text(encoding="utf-8")
    left = tmp_path / "package.json"
    left.write_text(json.dumps(dict(reversed(json.loads(kept).items()))), encoding="utf-8")
    build.in_one_order(left)
    assert left.read_text(encoding="utf-8") == kept
