#include "common/pattern/server_acl.h"

#include <algorithm>

#include "common/base/server_name.h"

namespace parley::pattern {
namespace {

std::vector<Glob> GlobsIn(const json::Object& content, std::string_view key) {
  std::vector<Glob> globs;
  const json::Array* entries = json::FindArray(content, key);
  if (entries == nullptr) return globs;
  for (const json::Value& entry : *entries) {
    if (const std::string* pattern = entry.AsString()) globs.emplace_back(*pattern);
  }
  return globs;
}

bool AnyMatches(const std::vector<Glob>& globs, std::string_view host) {
  return std::any_of(globs.begin(), globs.end(), [host](auto& glob) { return glob.Matches(host); });
}

}  // namespace

ServerAcl::ServerAcl(const json::Object& content)
    : exists_(true),
      allows_ip_literals_(json::BoolOr(content, "allow_ip_literals", true)),
      allow_(GlobsIn(content, "allow")),
      deny_(GlobsIn(content, "deny")) {}

bool ServerAcl::Allows(std::string_view server_name) const {
  if (!exists_) return true;
  const auto name = ParseServerName(server_name);
  if (!name || (name->is_ip_literal && !allows_ip_literals_)) return false;
  return !AnyMatches(deny_, name->host) && AnyMatches(allow_, name->host);
}

}  // namespace parley::pattern
