#pragma once

#include <string>
#include <vector>

#include "common/json/value.h"

namespace parley::filter {

// `event_fields`: dot-separated paths of the properties to keep. Immutable. Threads: safe from any.
class FieldSet {
 public:
  explicit FieldSet(const std::vector<std::string>& paths);

  // `event` with nothing but these properties. What a path doesn't find is left out.
  json::Object Project(const json::Object& event) const;

 private:
  std::vector<std::vector<std::string>> paths_;
};

}  // namespace parley::filter
