#include "common/filter/fields.h"

#include "common/json/path.h"

namespace parley::filter {
namespace {

void Copy(const json::Value& value, const std::vector<std::string>& path, json::Object& into) {
  json::Object* object = &into;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (!object->Has(path[i])) object->Set(path[i], json::Object());
    object = object->Find(path[i])->AsObject();
  }
  object->Set(path.back(), value);
}

}  // namespace

FieldSet::FieldSet(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) paths_.push_back(json::ParsePath(path));
}

json::Object FieldSet::Project(const json::Object& event) const {
  json::Object kept;
  for (const auto& path : paths_) {
    if (const json::Value* value = json::FindAt(event, path)) Copy(*value, path, kept);
  }
  return kept;
}

}  // namespace parley::filter
