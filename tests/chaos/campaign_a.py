"""Campaign A, crashes: workers, sweepers, the whole machine, the queue; killed, stopped, emptied, flooded."""

import signal

from tests.chaos.experiment import Experiment, Field


def killed_again_and_again(field: Field) -> None:
    """A random worker is killed every 0.6 seconds while orders come in."""
    with field.site.kept():
        field.driver.place_in_background(field.orders, pause=0.1)
        while field.faults < field.orders // 3 or not field.driver.all_placed():
            field.pause(0.6)
            index = field.chance.randrange(len(field.site.workers))
            field.site.workers[index].send(signal.SIGKILL)
            field.fault(f"SIGKILL to worker {index}")
        field.driver.wait()


EXPERIMENTS = [
    Experiment(
        "F01",
        "SIGKILL to a random worker every 0.6 s",
        orders=100,
        minimum=20,
        run=killed_again_and_again,
        recovery=15,
        short_orders=12,
        short_minimum=4,
    ),
]
