"""The HTTP API as one ASGI application, and how it is put in front of the dashboard."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from backend import settings
from backend.api import (
    actions,
    admin,
    approvals,
    bulk,
    described,
    documents,
    errors,
    exports,
    fixing,
    health,
    lab,
    people,
    quarantine,
    sending,
    settling,
    teamwork,
    webhooks,
)
from backend.api.frame import Frame
from backend.api.metrics import RequestTimes
from backend.api.threads import Threads

FOLDERS = ("/webhooks/", "/admin/", "/health/")
PATHS = ("/metrics", "/openapi.json")


@dataclass(frozen=True)
class AllThreads:
    webhooks: Threads
    refusals: Threads
    admin: Threads
    health: Threads

    def close(self) -> None:
        for threads in (self.webhooks, self.refusals, self.admin, self.health):
            threads.close()


def all_threads() -> AllThreads:
    return AllThreads(
        webhooks=Threads("webhooks", workers=8, queue=256, patience=2.5),
        refusals=Threads("refusals", workers=1, queue=32, patience=1),
        admin=Threads("admin", workers=6, queue=64, patience=10),
        health=Threads("health", workers=2, queue=16, patience=2),
    )


def create_api() -> FastAPI:
    """The API. `wiring.start()` must have been called before the first request."""
    app = FastAPI(
        title="Holdfast",
        version="1",
        description=described.DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.threads = all_threads()
    app.state.times = RequestTimes()
    for router in (
        webhooks.router,
        exports.router,
        admin.router,
        actions.router,
        fixing.router,
        quarantine.router,
        settling.router,
        bulk.router,
        teamwork.router,
        approvals.router,
        sending.router,
        people.router,
        documents.router,
        health.router,
    ):
        app.include_router(router)
    if settings.current().lab_is_open:
        app.include_router(lab.router)
    errors.install(app)
    described.install(app)
    app.add_middleware(Frame, observe=app.state.times.observe)
    return app


def in_front_of(other: ASGIApp) -> ASGIApp:
    """The API and `other` as one application: no request under the API's addresses reaches `other`, nor the reverse."""
    api = create_api()

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        ours = scope["type"] == "http" and (path in PATHS or path.startswith(FOLDERS))
        await (api if ours else other)(scope, receive, send)

    return dispatch
