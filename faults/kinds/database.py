"""What happens to PostgreSQL."""

import signal
from random import Random

from faults.planned import Shape, Values
from faults.stage import Stage


class _OfTheServer:
    """One at a time."""

    exclusive = "database"
    habit = False

    def draw(self, random: Random, shape: Shape) -> Values:  # noqa: ARG002
        return {}


class Crash(_OfTheServer):
    """SIGKILL of the postmaster and all its children."""

    name, number = "db_crash", "F16"
    about = "SIGKILL of every PostgreSQL process at once, and a restart"
    lasts_s = (0.0, 0.8)
    how = signal.SIGKILL

    async def begin(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        await stage.postgres.crash(self.how)
        stage.counts["db_crashes"] += 1

    async def end(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        stage.counts["db_down_ms"] += round(1000 * await stage.postgres.start())


class Immediate(Crash):
    """SIGQUIT: PostgreSQL leaves without tidying up."""

    name = "db_immediate"
    about = "immediate shutdown of PostgreSQL, and a restart"
    how = signal.SIGQUIT


class Failover(_OfTheServer):
    """The seed has a primary and a synchronous standby (`faults.standby`)."""

    name, number = "failover", "F17"
    about = "SIGKILL of the primary; its synchronous standby is promoted, and gets a new one"
    lasts_s = (0.0, 1.0)

    async def begin(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        await stage.replicated.fail_over()
        stage.counts["db_crashes"] += 1

    async def end(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        await stage.replicated.attach()


class Frozen(_OfTheServer):
    """SIGSTOP of all of PostgreSQL: the connections stand, nobody answers."""

    name, number = "db_frozen", "F21, F23"
    about = "SIGSTOP of every PostgreSQL process, and SIGCONT"
    lasts_s = (0.2, 2.5)

    async def begin(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        stage.postgres.freeze(True)

    async def end(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        stage.postgres.freeze(False)


class AmbiguousCommit:
    """The connection breaks between a COMMIT and its answer."""

    name, number = "ambiguous_commit", "F15"
    about = "a proxy cuts the database connection after COMMIT was forwarded, before its answer returns"
    lasts_s = (0.5, 3.0)
    exclusive = ""
    habit = False

    def draw(self, random: Random, shape: Shape) -> Values:
        return {"link": random.choice(shape.database()), "probability": round(random.uniform(0.1, 0.9), 3)}

    async def begin(self, stage: Stage, values: Values) -> None:
        stage.commits[values["link"]].begin(values["probability"])

    async def end(self, stage: Stage, values: Values) -> None:
        stage.commits[values["link"]].end(values["probability"])


class Connections(_OfTheServer):
    """Somebody else has taken every connection that PostgreSQL has."""

    name, number = "connections", "F19"
    about = "every connection of PostgreSQL is taken by somebody else, after the services' were broken"
    lasts_s = (0.3, 2.0)

    async def begin(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        for name in stage.shape.database():
            stage.links[name].cut()
        await stage.guests.take_all()

    async def end(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        await stage.guests.leave()


class ClockJump:
    """Less than a ticket or a reservation lasts: these end with their time, whatever time it is."""

    name, number = "clock_jump", "F22"
    about = "PostgreSQL's clock, which all expiry and leases go by, jumps ahead or back, and back again"
    lasts_s = (0.3, 4.0)
    exclusive = "clock"
    habit = False

    def draw(self, random: Random, shape: Shape) -> Values:  # noqa: ARG002
        return {"seconds": random.choice((-1, 1)) * random.choice((1, 3, 30, 600, 3_600, 6 * 3_600))}

    async def begin(self, stage: Stage, values: Values) -> None:
        stage.clock.jump(values["seconds"])

    async def end(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        stage.clock.jump(0)


class DiskFull(_OfTheServer):
    """The tablespace of this seed's databases is on a tmpfs of its own, which is filled."""

    name, number = "disk_full", "F24"
    about = "the file system of the data files is full"
    lasts_s = (0.3, 2.5)

    async def begin(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        stage.disk.fill()

    async def end(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        stage.disk.empty()
