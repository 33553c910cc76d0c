"""The administrator's policy in the window: locked settings and disabled actions."""

from __future__ import annotations

from hematodesk.ui.kit.actions import Actions
from hematodesk.ui.kit.translation import translate
from hematodesk.workflow.system.policy import Policy
from hematodesk.workflow.system.prohibitions import PROHIBITIONS


def forbid_actions(actions: Actions, policy: Policy) -> None:
    """Disable the actions that the policy does not allow; each says why."""
    words = translate("Policy", "Not allowed on this computer: the administrator has set it so.")
    for each in PROHIBITIONS:
        if not getattr(policy, each.name):
            actions.forbid(words, *each.actions)


def policy_lines(policy: Policy) -> list[str]:
    """What the policy sets, a line each; empty without a policy."""
    lines = []
    if policy.data_folder is not None:
        lines.append(translate("Policy", "All data lie in {folder}.").format(folder=policy.data_folder))
    if policy.packages is not None:
        names = ", ".join(policy.packages) or translate("Policy", "none")
        lines.append(translate("Policy", "Models that may be used: {names}.").format(names=names))
    if policy.provider is not None:
        lines.append(translate("Policy", "Models compute on: {provider}.").format(provider=policy.provider))
    if not policy.export:
        lines.append(translate("Policy", "Exporting is not allowed."))
    if not policy.camera:
        lines.append(translate("Policy", "The live picture of a camera is not allowed."))
    if not policy.model_import:
        lines.append(translate("Policy", "Importing and adapting models is not allowed."))
    if not policy.slides:
        lines.append(translate("Policy", "Reading whole slides is not allowed."))
    return lines
