"""Settings, policy, paths, log, locks."""
