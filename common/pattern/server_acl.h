#pragma once

#include <string_view>
#include <vector>

#include "common/json/value.h"
#include "common/pattern/glob.h"

namespace parley::pattern {

// The content of an m.room.server_acl event, compiled. Immutable. Threads: safe from any.
// Specification: Client-Server API, "m.room.server_acl".
class ServerAcl {
 public:
  // Without an event, everybody is allowed.
  ServerAcl() = default;
  explicit ServerAcl(const json::Object& content);

  // Whether the server may take part. Ports are not looked at; deny wins over allow; an event
  // without an `allow` list allows nobody.
  bool Allows(std::string_view server_name) const;

 private:
  bool exists_ = false;
  bool allows_ip_literals_ = true;
  std::vector<Glob> allow_;
  std::vector<Glob> deny_;
};

}  // namespace parley::pattern
