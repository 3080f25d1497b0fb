"""Bulk runs go on a little with every sweep, so that the orders of single clicks come in between."""

import logging

from backend.services import bulk_turns
from backend.services.health import database_trouble
from backend.services.run import in_unit_of_work

log = logging.getLogger(__name__)


def take_turns() -> None:
    """One turn of each run that goes on. A run that cannot be worked on does not keep the others, or the sweep, waiting."""
    for run_id in in_unit_of_work(bulk_turns.active):
        try:
            bulk_turns.take_turn(run_id)
        except Exception as error:
            if database_trouble(error):
                raise
            log.exception("bulk run %s cannot go on", run_id)
