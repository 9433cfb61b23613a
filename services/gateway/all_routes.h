#pragma once

namespace parley::gateway {

struct Deps;
class FilterCache;
class Router;
class Sync;

// Adds the routes of every file in routes/: the whole client-server API.
void AddAllRoutes(Router& router, const Deps& deps, Sync& sync, FilterCache& filters);

}  // namespace parley::gateway
