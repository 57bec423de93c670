"""Why something is wrong, as data, and the sentence that is made of it when a message is written.

Which facts there are belongs to `states.facts`, the sentences of facts and findings to `states.sentences` and
`monitor.finding_sentences`; here are those of the alerts' own kinds, and what all of them leave out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from lake_assets.monitor.finding_sentences import finding_sentence
from lake_assets.monitor.findings import Kind
from lake_assets.states.facts import Fact
from lake_assets.states.sentences import note_of
from lake_assets.states.state import STATES, State

STATE_NAMED: Mapping[str, State] = {state: state for state in STATES}

KIND_OF_STATE: Mapping[str, State] = {"vanished": "stale"}
"""The kinds that are a part of a state's hours, told by themselves."""

FINDINGS: frozenset[str] = frozenset(get_args(Kind))

OWN_SENTENCES: Mapping[str, str] = {
    "judge_silent": "the judge last ran at {last_ran}",
    "run_failed": "{error}",
}
"""The sentences of kinds that only alerts have."""

QUOTED_VALUE = re.compile(r': ".*"|\bvalue ".*?"|\bToken ".*?"|(?<==)\(.*?\)', re.DOTALL)
"""Where PostgreSQL quotes a value in a message of its own, which no fact takes apart."""


@dataclass(frozen=True)
class Explanation:
    """Why something is wrong.

    Attributes:
        kind: whose words it takes: a state of table-hours, a finding's kind, or one of the alerts' own.
        evidence: of table-hours, the facts of the newest, as the ledger keeps them.
        details: of anything else, its figures and names, as JSON holds them.
    """

    kind: str
    evidence: Sequence[Mapping[str, Any]] = ()
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def sentence(self) -> str:
        """It as people read it, without values of data; empty where nothing is known."""
        return without_values(self._sentence())

    def _sentence(self) -> str:
        state = KIND_OF_STATE.get(self.kind) or STATE_NAMED.get(self.kind)
        if state is not None:
            facts = tuple(Fact.from_json(kept) for kept in self.evidence)
            return note_of(state, facts) or ""
        template = OWN_SENTENCES.get(self.kind)
        if template is not None:
            return template.format_map(self.details)
        if self.kind in FINDINGS or "noted" in self.details:
            return finding_sentence(self.kind, self.details)
        # A finding of a later version's kind is told all the same, by its figures.
        return ", ".join(f"{name}: {value}" for name, value in self.details.items())


def without_values(text: str) -> str:
    """Return a message without the values that PostgreSQL quotes in it: alerts go where data may not."""
    return QUOTED_VALUE.sub("", text)
