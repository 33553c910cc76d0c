"""The settings' dialog and what the policy forbids."""
