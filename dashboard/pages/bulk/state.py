"""The list of bulk runs, and one run with its results; the address says which, and everything else is read anew."""

import re
from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend import clock
from backend.domain.bulk import MemberState, RunState, RunView
from backend.domain.desk import ActionDone
from backend.domain.errors import HoldfastError, NotFound
from backend.domain.permissions import Area, Level
from backend.services import bulk
from dashboard.components.money import sums
from dashboard.pages.bulk.present import ResultRow, ResultTile, RunCard, result_row, run_card, tiles
from dashboard.shell import notices
from dashboard.shell.calls import ask
from dashboard.shell.followed import FollowedPage, keep_current
from dashboard.shell.needs import needs

SIZE = 50
_RUN = re.compile(r"/bulk/([1-9][0-9]{0,17})/?")


class BulkState(FollowedPage, rx.State):
    """Every run that was started, the newest first."""

    runs: list[RunCard] = []

    @rx.event
    @needs(Area.HOLDS)
    async def load(self):
        await self._read()

    @rx.event(background=True)
    @needs(Area.HOLDS)
    async def follow(self):
        await keep_current(self)

    async def _fetch(self) -> None:
        found = await ask(bulk.recent)
        now = clock.now()
        self.runs = [run_card(run, now) for run in found]


@dataclass(frozen=True)
class RunQuery:
    """What the address asks for: a run, which of its results, and which page of them."""

    run_id: int = 0
    show: str = ""
    page: int = 1

    @classmethod
    def of(cls, path: str, parameters: dict[str, Any]) -> "RunQuery":
        """Read an address; whatever is not allowed in it falls back to the default."""
        match = _RUN.fullmatch(path)
        show, page = str(parameters.get("show", "")), str(parameters.get("page", "1"))
        return cls(
            run_id=int(match[1]) if match else 0,
            show=show if show in set(MemberState) else "",
            page=int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 100_000 else 1,
        )

    def href(self, page: int) -> str:
        """The address of another page of the same results."""
        said = [f"show={self.show}"] if self.show else []
        said += [f"page={page}"] if page > 1 else []
        return f"/bulk/{self.run_id}" + ("?" + "&".join(said) if said else "")


class BulkRunState(FollowedPage, rx.State):
    """One run."""

    title: str = "Bulk run · Holdfast"
    card: RunCard = RunCard()
    run: str = ""
    reason: str = ""
    stake: str = ""
    wave: str = ""
    tiles: list[ResultTile] = []
    rows: list[ResultRow] = []
    page_text: str = ""
    previous_href: str = ""
    next_href: str = ""
    may_pause: bool = False
    may_resume: bool = False
    may_stop: bool = False
    may_again: bool = False
    _query: RunQuery = RunQuery()

    @rx.event
    @needs(Area.HOLDS)
    async def load(self):
        query = RunQuery.of(self.router.url.path, dict(self.router.url.query_parameters))
        if query.run_id != self._query.run_id:
            self.ready, self.problem = False, ""
        self._query = query
        await self._read()

    @rx.event(background=True)
    @needs(Area.HOLDS)
    async def follow(self):
        # From the address, and from the start: this may begin before `load` has ended.
        run_id = RunQuery.of(self.router.url.path, {}).run_id
        await keep_current(self, f"bulk:{run_id}", -1)

    @rx.event(temporal=True)
    @needs(Area.MONEY, Level.ACT)
    async def pause_run(self, run_id: str):
        return await self._act(bulk.pause, run_id)

    @rx.event(temporal=True)
    @needs(Area.MONEY, Level.ACT)
    async def resume_run(self, run_id: str):
        return await self._act(bulk.resume, run_id)

    @rx.event(temporal=True)
    @needs(Area.MONEY, Level.ACT)
    async def stop_run(self, run_id: str):
        return await self._act(bulk.stop, run_id)

    @rx.event
    @needs(Area.HOLDS)
    async def export(self, run_id: str):
        """The results that are shown, on all pages, as a file."""
        try:
            text = await ask(bulk.results_csv, _whole(run_id), state=self._query.show)
        except HoldfastError as error:
            return notices.problem(error.sentence)
        return rx.download(data=text, filename=f"bulk-run-{_whole(run_id)}.csv")

    async def _act(self, service: Any, run_id: str) -> Any:
        try:
            done: ActionDone = await ask(service, _whole(run_id))
        except HoldfastError as error:
            await self._read()
            return notices.problem(error.sentence)
        await self._read()
        return notices.done(done.sentence)

    async def _fetch(self) -> None:
        query = self._query
        if not query.run_id:
            raise NotFound("This is not the number of a bulk run.")
        self._show(query, await ask(bulk.view, query.run_id, state=query.show, page=query.page, size=SIZE))

    def _show(self, query: RunQuery, found: RunView) -> None:
        run = found.run
        self.run, self.title = str(run.id), f"Bulk run {run.id} · Holdfast"
        self.card = run_card(run, clock.now())
        self.reason, self.stake = run.reason, sums(found.money)
        self.wave = _wave(found) if run.state == RunState.RUNNING else ""
        self.tiles = tiles(run, query.show)
        self.rows = [result_row(row) for row in found.rows]
        untouched = run.counts.get(MemberState.WAITING, 0)
        going = run.state in (RunState.RUNNING, RunState.PAUSED)
        self.may_pause = found.may_act and run.state == RunState.RUNNING
        self.may_stop = found.may_act and going
        self.may_resume = found.may_act and untouched > 0 and run.state in (RunState.PAUSED, RunState.STOPPED)
        self.may_again = found.may_act and not going and run.counts.get(MemberState.FAILED, 0) > 0
        self.page_text = f"Page {found.page} of {found.pages}" if found.pages > 1 else ""
        self.previous_href = query.href(found.page - 1) if found.page > 1 else ""
        self.next_href = query.href(found.page + 1) if found.page < found.pages else ""


def _wave(found: RunView) -> str:
    words = ("One order first", "Ten more", "The rest")[min(found.wave, found.waves) - 1]
    waits = "; the next wave begins when this one has ended well" if found.wave < found.waves else ""
    return f"Wave {found.wave} of {found.waves}: {words.lower()}{waits}."


def _whole(text: Any) -> int:
    said = str(text)
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0
