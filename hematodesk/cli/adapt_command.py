"""`models adapt`: the adaptation from the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.cli.adapt_listing import write_proposal
from hematodesk.domain.comparison import Verdict
from hematodesk.domain.errors import ExportError
from hematodesk.domain.messages import N_
from hematodesk.domain.targets import is_same_file
from hematodesk.domain.text_file import replacing_bytes
from hematodesk.workflow.models.adaptation import (
    Proposal,
    Step,
    adapt,
    keep,
    lab_name,
    next_version,
    parent_of,
)
from hematodesk.workflow.models.reviewed_cells import find_reviewed
from hematodesk.workflow.services import Services

if TYPE_CHECKING:
    from hematodesk.cli.output import TextSink
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.history import HistoryFilter
    from hematodesk.domain.packages import ModelPackage


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A proposal that may be saved and shown."""

    services: Services
    parent: ModelPackage
    proposal: Proposal

    @property
    def worth_keeping(self) -> bool:
        """Whether it is better, or likely so."""
        return self.proposal.comparison.verdict is not Verdict.NOT

    def save(self, target: Path | None) -> str:
        """Save among the models, or into a file; returns the reference to it.

        Raises ModelError, ExportError, PlaceError.
        """
        if target is None:
            self.services.paths.prepare()
            package = keep(self.services.models, self.proposal)
            return f"{package.name}@{package.version}"
        if is_same_file(target, self.parent.path):
            raise ExportError(
                "export_unwritable",
                N_("Errors", "“{name}” is the model that is adapted and would be overwritten."),
                N_("Errors", "Choose another name or folder."),
                name=target.name,
            )
        with replacing_bytes(target) as stream:
            stream.write(self.proposal.data)
        return str(target)

    def write(self, output: TextSink, *, saved: str | None, as_json: bool) -> None:
        """Show before and after."""
        write_proposal(self.proposal, output, saved=saved, as_json=as_json)


def adapt_from_history(
    services: Services,
    model: str | None,
    chosen: HistoryFilter,
    cancel: CancelToken,
    progress: Callable[[Step], None],
) -> Adaptation:
    """Adapt a model (the remembered one unless named) to the chosen part of the open history.

    Raises Cancelled, ModelError, ProviderError, HistoryError, PolicyError.
    """
    services.policy.require("model_import")
    service = services.models
    named = service.store.find(model) if model is not None else service.chosen()[0]
    parent = parent_of(service, named)
    reviewed = find_reviewed(services.history, chosen, parent)
    version = next_version(service.packages(), lab_name(parent))
    classifier = service.open_beside(service.reference(parent))
    proposal = adapt(parent, reviewed, classifier, services.reader, version, cancel=cancel, progress=progress)
    return Adaptation(services, parent, proposal)
