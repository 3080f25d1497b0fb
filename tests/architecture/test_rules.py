"""The house rules hold in every source, and each rule catches what it is for."""

import pytest

from tests.architecture.rules import RULES, Rule
from tests.architecture.source import ROOT, Source, sources

BAD = [(rule, *line) for rule in RULES for line in rule.bad]
GOOD = [(rule, *line) for rule in RULES for line in rule.good]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_holds_everywhere(rule: Rule) -> None:
    assert [f"{source.path}:{finding}" for source in sources() for finding in rule.check(source)] == []


@pytest.mark.parametrize(("rule", "path", "text"), BAD, ids=lambda value: getattr(value, "name", ""))
def test_the_rule_catches_a_breach(rule: Rule, path: str, text: str) -> None:
    assert len(list(rule.check(Source(path, text)))) >= 1


@pytest.mark.parametrize(("rule", "path", "text"), GOOD, ids=lambda value: getattr(value, "name", ""))
def test_the_rule_lets_good_code_pass(rule: Rule, path: str, text: str) -> None:
    assert list(rule.check(Source(path, text))) == []


def test_the_rules_look_at_all_three_packages() -> None:
    assert {source.path.split("/")[0] for source in sources()} == {"backend", "dashboard", "jobs"}


def test_test_files_too_fit_into_a_head() -> None:
    """Split by idea; what both halves need goes into a module of its own beside them."""
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in (ROOT / "tests").rglob("*.py")}
    assert {path.relative_to(ROOT).as_posix(): count for path, count in lines.items() if count > 400} == {}
