#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/gateway/endpoint.h"

// The table of routes, as a trie over path segments.
namespace parley::gateway {

struct RouteMetrics;

enum class Auth {
  kNone,      // no token is looked at
  kOptional,  // a token is not needed, but if one comes it must be good
  kUser,      // a token of a user; guests get M_GUEST_ACCESS_FORBIDDEN
  kGuest,     // guests as well
  kLocked,    // as kGuest, and for locked accounts too (logout)
};

// How tight the requests of one user, or of one address where there is no user, are limited.
enum class Limit {
  kNone,   // routes that keep a session alive: /sync, /versions
  kRead,   // by far the most
  kWrite,  // what makes events or changes state
  kLogin,  // guessing: /login, /register, password checks
};

struct Route {
  std::string_view method;
  // "/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}". Also the route's name in metrics and logs.
  std::string_view path;
  Auth auth = Auth::kUser;
  Limit limit = Limit::kRead;
  size_t max_body = 256 << 10;
  // Its success ends access tokens: this gateway forgets all it knows of tokens before it answers.
  bool ends_tokens = false;
  // One of the two.
  RouteHandler handler = {};
  ParkingHandler parking_handler = {};
  // Set by the dispatcher; null: not measured.
  RouteMetrics* metrics = nullptr;
};

// Filled once at the start, then read by all threads.
//
// A template under /_matrix/client/v3 answers under r0, unstable and the old api/v1 as well, one under
// /_matrix/media/v3 under r0 and v1, unless a route of its own stands there. Literal segments win over parameters.
// A parameter matches an empty segment.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;

  // Adding the same method and path twice is a bug and aborts. HEAD comes with GET.
  void Add(Route route);

  struct Match {
    // Null: nothing there for this method.
    const Route* route = nullptr;
    PathParams params;
    // Some other method would have matched: 405 instead of 404.
    bool path_known = false;
  };
  Match Find(std::string_view method, const std::vector<std::string>& segments) const;

  // In the order they were added; for the dispatcher to give each its metrics before the first request.
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  struct Node;

  void Insert(const Route& route, std::string_view path, bool is_alias);

  std::vector<std::unique_ptr<Route>> routes_;
  std::unique_ptr<Node> root_;
};

}  // namespace parley::gateway
