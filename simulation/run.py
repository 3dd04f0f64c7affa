"""One run: a plan under faults, then healed until it is quiet, then judged."""

import gc
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulation.chance import Chance, Choices
from simulation.clients import Clients
from simulation.furniture import furnish
from simulation.invariants import violations
from simulation.network import Network
from simulation.nodes import Node, nodes_of
from simulation.plan import Plan, plan_of
from simulation.stage import Stage, set_up
from simulation.tables import Values
from simulation.world import World, rates_of

STEPS = 400  # under faults, at most
QUIET_S = 30.0  # I16
TOO_MANY = 20_000  # steps of a healed world that never comes to rest


@dataclass(slots=True)
class Result:
    """What came of a run."""

    seed: int
    plan: Plan
    steps: int
    crashes: int
    violations: list[str]
    choices: Choices = field(repr=False)
    story: list[str] = field(repr=False)
    tables: dict[str, list[Values]] = field(repr=False)  # at the end; as the story, only when it is to be told


def run(
    seed: int,
    *,
    steps: int = STEPS,
    plan: Plan | None = None,
    kept: Mapping[tuple[str, int], int] | None = None,
    tell: bool = False,
) -> Result:
    """The run of the seed; with a `plan` and `kept` choices, a smaller one. To be called where all is installed."""
    chance = Chance(seed, kept)
    plan = plan or plan_of(seed)
    world = World(chance, rates_of(chance), tell=tell)
    stage = Stage(world, Network(world), plan.authorization_ttl_s)
    gc_was_on = gc.isenabled()
    gc.disable()  # what a run leaves is freed after it, all at once
    try:
        with set_up(stage):
            found = world.loop.run(lambda: _play(stage, plan, steps))
    finally:
        if gc_was_on:
            gc.enable()
    tables = {name: stage.rows(name) for server in stage.servers.values() for name in server.tables} if tell else {}
    return Result(seed, plan, world.steps, world.crashes, found, chance.made, world.story or [], tables)


def _play(stage: Stage, plan: Plan, steps: int) -> list[str]:
    world = stage.world
    furnish(stage, plan)
    nodes = nodes_of(stage)
    world.kill = lambda number: nodes[number % len(nodes)].crash()
    for node in nodes:
        node.start()
    clients = Clients(stage)
    clients.start(plan.operations)
    world.loop.settle()
    while world.steps < steps and not clients.done() and world.step():
        pass
    late = _heal(stage, nodes, clients)
    if stage.network.release_last():
        world.tell("what was held back arrives")
        late = late or _until_quiet(stage, clients)
    return late + world.trouble + world.loop.trouble + violations(stage, clients.history)


def _heal(stage: Stage, nodes: list[Node], clients: Clients) -> list[str]:
    stage.world.tell("no faults from here on")
    stage.world.heal()
    for node in nodes:
        node.start()
    return _until_quiet(stage, clients)


def _until_quiet(stage: Stage, clients: Clients) -> list[str]:
    """Run on until nothing is left to do; what is wrong when that takes too long."""
    world = stage.world
    begun_at, last = world.now(), world.steps + TOO_MANY
    while (why := _unfinished(stage, clients)) is not None:
        if world.now() - begun_at > QUIET_S or world.steps > last or not world.step():
            return [f"I16 {world.now() - begun_at:.0f} s after the last fault {why}"]
    return []


def _unfinished(stage: Stage, clients: Clients) -> str | None:
    if not clients.done():
        return "a client still has no answer"
    if stage.world.events or stage.network.late:
        return "something is still under way"
    if stage.table("unconfirmed").rows:
        return "a payment is unconfirmed"
    if any(row["completed_at"] is None for row in stage.rows("corrections")):
        return "a correction is not carried out"
    now = stage.servers["payments"].now()
    if any(row["state"] == "authorized" and row["expires_at"] <= now for row in stage.rows("payments")):
        return "an authorization outlived its time"
    return None
