#pragma once

namespace parley::gateway {

struct Deps;
class Router;

// GET /notifications.
void AddNotificationRoutes(Router& router, const Deps& deps);

}  // namespace parley::gateway
