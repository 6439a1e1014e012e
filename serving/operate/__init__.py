"""Starting and keeping up the service: processes, the registry, the cache of bundles."""
