"""What is private to Dagster and used all the same: the one place to look at when its pinned version changes.

Only this module imports from `dagster._…` and `dagster_shared`; the others import from here. What Dagster
exports as its own interface is imported as `dagster` where it is used.
"""

from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster._core.events import RunFailureReason
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._utils.interrupts import setup_interrupt_handlers
from dagster_shared.error import SerializableErrorInfo

__all__ = [
    # The statuses of a run that is still to end; a list of our own would miss one that Dagster adds.
    "NOT_FINISHED_STATUSES",
    # Names the materialization that an evaluation is about; without it the UI takes the check as out of date.
    "AssetCheckEvaluationTargetMaterializationData",
    # The type of what an executor is to do.
    "ExecutionPlan",
    # The only way to open an instance with settings of its own beside those of dagster.yaml.
    "InstanceRef",
    # The type of what an executor knows of its run.
    "PlanOrchestrationContext",
    # The type of whether an executor tries steps again.
    "RetryMode",
    # Tells a run that Ctrl-C ended from one that failed.
    "RunFailureReason",
    # The type of the errors in Dagster's events, each with its cause.
    "SerializableErrorInfo",
    # What a web server of ours is made of, as the command `dagster-webserver` makes its own.
    "WorkspaceFileTarget",
    "WorkspaceProcessContext",
    "setup_interrupt_handlers",
]

NO_COMPUTE_LOGS = {
    "module": "dagster._core.storage.noop_compute_log_manager",
    "class": "NoOpComputeLogManager",
}
"""The manager that leaves stdout and stderr of steps alone, as dagster.yaml would name it."""
