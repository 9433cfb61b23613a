#pragma once

namespace parley::gateway {

struct Deps;
class FilterCache;
class Router;
class Sync;

// /sync and /keys/changes.
void AddSyncRoutes(Router& router, const Deps& deps, Sync& sync, FilterCache& filters);
// The old /events and /initialSync.
void AddLegacySyncRoutes(Router& router, Sync& sync);

}  // namespace parley::gateway
