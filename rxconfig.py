"""Reflex configuration: one port, state in memory (or Redis when set), nothing of the default look, no telemetry."""

import reflex as rx

from backend.settings import current
from dashboard.build_plugin import SameOriginPlugin

_settings = current()
_redis = _settings.redis_url.get_secret_value()

config = rx.Config(
    app_name="dashboard",
    plugins=[SameOriginPlugin()],
    disable_plugins=[rx.plugins.SitemapPlugin, rx.plugins.RadixThemesPlugin],
    telemetry_enabled=False,
    show_built_with_reflex=False,
    backend_host=_settings.host,
    default_color_mode="system",
    state_manager_mode="redis" if _redis else "memory",
    redis_url=_redis or None,
    cors_allowed_origins=[_settings.origin],
)
