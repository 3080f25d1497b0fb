"""Whether this process lives, whether it may take work, and the numbers that monitoring collects."""

import ipaddress

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from backend.api.access import Credentials, desk
from backend.api.described import problems
from backend.api.errors import NotReady, Unavailable, problem
from backend.api.metrics import CONTENT_TYPE, exposition
from backend.domain.vitals import Check
from backend.services import health

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    status: str = "alive"


class Ready(BaseModel):
    status: str = "ready"
    checks: list[Check]


@router.get("/health/live", summary="Whether the process runs")
async def live() -> Alive:
    return Alive()


@router.get(
    "/health/ready",
    summary="Whether it may take work: database, tables, workers",
    response_model=Ready,
    responses=problems(503),
)
async def ready(request: Request) -> Ready | JSONResponse:
    """503 says in words what is wrong. Never waits longer than two seconds."""
    try:
        checks = await request.app.state.threads.health.run(health.checks)
    except Unavailable:
        checks = (Check("database", False, "The database does not answer within two seconds."),)
    wrong = [check.sentence for check in checks if not check.ok]
    if not wrong:
        return Ready(checks=list(checks))
    shown = [{"name": check.name, "ok": check.ok, "sentence": check.sentence} for check in checks]
    return problem(request, 503, NotReady.code, " ".join(wrong), headers={"Retry-After": "5"}, checks=shown)


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    responses={200: {"description": "Prometheus' text format.", "content": {CONTENT_TYPE: {}}}, **problems(401, 403)},
    response_class=Response,
)
async def metrics(request: Request, credentials: Credentials) -> Response:
    """Free to read on the machine itself; from elsewhere with a token whose role sees metrics."""
    if not _from_this_machine(request):
        await (await desk(request, credentials)).ask(health.may_read_metrics)
    try:
        vitals = await request.app.state.threads.health.run(health.read_vitals)
    except Unavailable:
        vitals = None
    return Response(exposition(request.app.state.times, vitals), media_type=CONTENT_TYPE)


def _from_this_machine(request: Request) -> bool:
    """Whether the other end is a process here and not a proxy that speaks for somebody else."""
    if request.client is None or "forwarded" in request.headers or "x-forwarded-for" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
