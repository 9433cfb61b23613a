#pragma once

namespace parley::gateway {

struct Deps;
class FilterCache;
class Router;
class Sync;

// /sync, /keys/changes, and the old /events and /initialSync as views over the same difference.
void AddSyncRoutes(Router& router, const Deps& deps, Sync& sync, FilterCache& filters);

}  // namespace parley::gateway
