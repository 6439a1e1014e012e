"""The stages of a load: lock, staging, quarantine, merge, assembly, manifest, report."""
