#include "services/gateway/router.h"

#include <cstdio>
#include <cstdlib>
#include <map>

#include <absl/strings/str_split.h>

#include "common/base/strings.h"

namespace parley::gateway {
namespace {

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  for (const absl::string_view part : absl::StrSplit(Abs(path.substr(1)), '/')) segments.push_back(Std(part));
  return segments;
}

bool IsParam(std::string_view segment) { return segment.size() > 2 && segment[0] == '{'; }

// Where a template answers besides where it stands.
std::vector<std::string> AliasesOf(std::string_view path) {
  static const std::vector<std::pair<std::string_view, std::vector<std::string_view>>> prefixes = {
      {"/_matrix/client/v3/", {"/_matrix/client/r0/", "/_matrix/client/unstable/", "/_matrix/client/api/v1/"}},
      {"/_matrix/media/v3/", {"/_matrix/media/r0/", "/_matrix/media/v1/"}},
  };
  std::vector<std::string> aliases;
  for (const auto& [prefix, others] : prefixes) {
    if (!path.starts_with(prefix)) continue;
    for (const std::string_view other : others) aliases.push_back(StrCat(other, path.substr(prefix.size())));
  }
  return aliases;
}

// Aliases may be longer than the template, but end alike: parameters are found from the end.
PathParams ParamsOf(const Route& route, const std::vector<std::string>& segments) {
  const std::vector<std::string_view> names = Segments(route.path);
  PathParams params;
  for (size_t back = 1; back <= names.size(); ++back) {
    const std::string_view name = names[names.size() - back];
    if (IsParam(name)) params.emplace_back(name.substr(1, name.size() - 2), segments[segments.size() - back]);
  }
  return params;
}

[[noreturn]] void Bug(const Route& route, const char* what) {
  std::fprintf(stderr, "route %s %s: %s\n", std::string(route.method).c_str(), std::string(route.path).c_str(), what);
  std::abort();
}

}  // namespace

struct Router::Node {
  struct Target {
    const Route* route;
    bool is_alias;
  };

  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> param;
  std::map<std::string_view, Target> targets;  // by method

  Node& Child(std::string_view segment) {
    auto& child = IsParam(segment) ? param : literals[std::string(segment)];
    if (!child) child = std::make_unique<Node>();
    return *child;
  }

  const Route* ForMethod(std::string_view method) const {
    auto found = targets.find(method);
    if (found == targets.end() && method == "HEAD") found = targets.find("GET");
    return found == targets.end() ? nullptr : found->second.route;
  }

  void Find(std::string_view method, const std::vector<std::string>& segments, size_t at, Match& match) const {
    if (match.route != nullptr) return;
    if (at == segments.size()) {
      match.path_known |= !targets.empty();
      match.route = ForMethod(method);
      return;
    }
    const auto literal = literals.find(segments[at]);
    if (literal != literals.end()) literal->second->Find(method, segments, at + 1, match);
    if (param) param->Find(method, segments, at + 1, match);
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

void Router::Add(Route route) {
  if ((route.handler == nullptr) == (route.parking_handler == nullptr)) Bug(route, "needs one handler");
  const Route& kept = *routes_.emplace_back(std::make_unique<Route>(std::move(route)));
  Insert(kept, kept.path, /*is_alias=*/false);
  for (const std::string& alias : AliasesOf(kept.path)) Insert(kept, alias, /*is_alias=*/true);
}

void Router::Insert(const Route& route, std::string_view path, bool is_alias) {
  Node* node = root_.get();
  for (const std::string_view segment : Segments(path)) node = &node->Child(segment);
  const auto [place, is_new] = node->targets.try_emplace(route.method, Node::Target{&route, is_alias});
  if (is_new) return;
  if (!is_alias && !place->second.is_alias) Bug(route, "added twice");
  if (!is_alias) place->second = {&route, false};
}

Router::Match Router::Find(std::string_view method, const std::vector<std::string>& segments) const {
  Match match;
  root_->Find(method, segments, 0, match);
  if (match.route != nullptr) match.params = ParamsOf(*match.route, segments);
  return match;
}

}  // namespace parley::gateway
