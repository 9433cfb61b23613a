#include "common/json/path.h"

namespace parley::json {

std::vector<std::string> ParsePath(std::string_view path) {
  std::vector<std::string> names(1);
  for (size_t i = 0; i < path.size(); ++i) {
    const bool escapes =
        path[i] == '\\' && i + 1 < path.size() && (path[i + 1] == '.' || path[i + 1] == '\\');
    if (path[i] == '.') {
      names.emplace_back();
    } else {
      names.back().push_back(escapes ? path[++i] : path[i]);
    }
  }
  return names;
}

const Value* FindAt(const Object& object, const std::vector<std::string>& path) {
  if (path.empty()) return nullptr;
  const Value* value = object.Find(path.front());
  for (size_t i = 1; i < path.size() && value != nullptr; ++i) value = value->Find(path[i]);
  return value;
}

}  // namespace parley::json
