"""The sandbox refuses to start wrongly: each refusal is a sentence that names the setting."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.sandbox.config import ConfigError, SandboxConfig
from tests.sandbox.running import KEYS, ROOT

GOOD = {"SANDBOX_HOME": "somewhere", **{f"SANDBOX_{name}": value for name, value in KEYS.items()}}


def test_defaults_are_those_of_the_demo() -> None:
    config = SandboxConfig.from_env(GOOD)

    assert (config.host, config.port, config.smtp_port) == ("127.0.0.1", 3090, 3025)
    assert (config.holdfast_url, config.seed, config.pace) == ("http://127.0.0.1:3000", 1, 1.0)
    assert (config.orders_per_minute, config.trouble_rate, config.auto_pay) == (0.0, 0.25, True)
    assert (config.home, config.url) == (Path("somewhere"), "http://127.0.0.1:3090")


@pytest.mark.parametrize("name", ["SANDBOX_HOME", *(f"SANDBOX_{name}" for name in KEYS)])
def test_every_key_must_be_given(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is missing"):
        SandboxConfig.from_env({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDBOX_HOST", "0.0.0.0"),
        ("SANDBOX_HOST", "192.168.1.5"),
        ("SANDBOX_HOST", "example.com"),
        ("SANDBOX_HOST", "::"),
        ("SANDBOX_PORT", "http"),
        ("SANDBOX_PORT", "70000"),
        ("SANDBOX_PACE", "-1"),
        ("SANDBOX_TROUBLE_RATE", "1.5"),
        ("SANDBOX_HOLDFAST_URL", "ftp://127.0.0.1"),
    ],
)
def test_wrong_values_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        SandboxConfig.from_env({**GOOD, name: value})


@pytest.mark.parametrize("url", ["https://desk.shop.example", "http://127.0.0.1.shop.example", "http://10.0.0.5:3000"])
def test_the_labs_token_is_never_sent_to_another_machine(url: str) -> None:
    with pytest.raises(ConfigError, match="SANDBOX_LAB_TOKEN is set, but SANDBOX_HOLDFAST_URL is"):
        SandboxConfig.from_env({**GOOD, "SANDBOX_LAB_TOKEN": "t", "SANDBOX_HOLDFAST_URL": url})
    assert SandboxConfig.from_env({**GOOD, "SANDBOX_HOLDFAST_URL": url}).lab_token == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_any_loopback_address_will_do(host: str) -> None:
    assert SandboxConfig.from_env({**GOOD, "SANDBOX_HOST": host}).host == host


def test_the_process_says_what_is_missing_and_exits_with_1(tmp_path: Path) -> None:
    environment = {**GOOD, "SANDBOX_HOME": str(tmp_path), "SANDBOX_STRIPE_API_KEY": "", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "backend.sandbox"]

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)

    assert done.returncode == 1
    assert done.stderr.strip() == (
        "sandbox: SANDBOX_STRIPE_API_KEY is missing; set it to the same value that Holdfast uses."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("provider", ["razorpay", "easypost"])
def test_a_second_provider_is_played_with_key_and_secret_and_off_without(provider: str) -> None:
    key, secret = (f"SANDBOX_{provider.upper()}_{name}" for name in ("API_KEY", "WEBHOOK_SECRET"))

    assert SandboxConfig.from_env({**GOOD, key: "k", secret: "s"}).plays(provider)
    assert not SandboxConfig.from_env(GOOD).plays(provider)
    for one in (key, secret):
        with pytest.raises(ConfigError, match="must be given both or neither"):
            SandboxConfig.from_env({**GOOD, one: "x"})
