"""The executor of our jobs: Dagster's in-process one, with a sign of life from the run's start to its end.

An executor works in the run's own process, wherever the launcher has started it, and outlives every step.
Executors: https://docs.dagster.io/guides/operate/run-executors.
"""

from collections.abc import Iterator

import dagster as dg

from lake_assets.orchestration.dagster_internals import ExecutionPlan, PlanOrchestrationContext, RetryMode
from lake_assets.orchestration.sign_of_life import sign_of_life


class _LivingExecutor(dg.Executor):
    """Lets another executor do the work, and gives a sign of life meanwhile."""

    def __init__(self, inner: dg.Executor) -> None:
        self._inner = inner

    @property
    def retries(self) -> RetryMode:
        return self._inner.retries

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[dg.DagsterEvent]:
        with sign_of_life(plan_context.run_id):
            yield from self._inner.execute(plan_context, execution_plan)


def _create(context: dg.InitExecutorContext) -> dg.Executor:
    create_inner = dg.in_process_executor.executor_creation_fn
    if create_inner is None:
        raise RuntimeError("Dagster's in-process executor cannot be made.")
    return _LivingExecutor(create_inner(context))


living_executor = dg.ExecutorDefinition(
    name=dg.in_process_executor.name,
    config_schema=dg.in_process_executor.config_schema,  # type: ignore[arg-type] # as Dagster itself does
    executor_creation_fn=_create,
    description="All steps in the run's process, which says all the while that it is there.",
)
