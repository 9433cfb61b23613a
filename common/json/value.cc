#include "common/json/value.h"

#include <algorithm>

namespace parley::json {
namespace {

template <class Members>
auto FindMember(Members& members, std::string_view key) {
  return std::find_if(members.begin(), members.end(),
                      [key](const auto& member) { return member.first == key; });
}

bool SameMembers(const Object& a, const Object& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&b](const auto& member) {
           const Value* other = b.Find(member.first);
           return other != nullptr && *other == member.second;
         });
}

}  // namespace

Object::Object() = default;
Object::Object(const Object&) = default;
Object::Object(Object&&) noexcept = default;
Object& Object::operator=(const Object&) = default;
Object& Object::operator=(Object&&) noexcept = default;
Object::~Object() = default;

Object::Object(std::initializer_list<Member> members) {
  members_.reserve(members.size());
  for (const Member& member : members) Set(member.first, member.second);
}

const Value* Object::Find(std::string_view key) const {
  const auto it = FindMember(members_, key);
  return it == members_.end() ? nullptr : &it->second;
}

Value* Object::Find(std::string_view key) {
  const auto it = FindMember(members_, key);
  return it == members_.end() ? nullptr : &it->second;
}

void Object::Set(std::string_view key, Value value) {
  if (Value* present = Find(key)) {
    *present = std::move(value);
  } else {
    Append(std::string(key), std::move(value));
  }
}

void Object::Append(std::string key, Value value) {
  members_.emplace_back(std::move(key), std::move(value));
}

bool Object::Erase(std::string_view key) {
  const auto it = FindMember(members_, key);
  if (it == members_.end()) return false;
  members_.erase(it);
  return true;
}

void Object::Reserve(size_t members) {
  members_.reserve(members);
}
size_t Object::size() const {
  return members_.size();
}
std::vector<Object::Member>::const_iterator Object::begin() const {
  return members_.begin();
}
std::vector<Object::Member>::const_iterator Object::end() const {
  return members_.end();
}
std::vector<Object::Member>::iterator Object::begin() {
  return members_.begin();
}
std::vector<Object::Member>::iterator Object::end() {
  return members_.end();
}

const Value* Value::Find(std::string_view key) const {
  const Object* object = AsObject();
  return object == nullptr ? nullptr : object->Find(key);
}

bool operator==(const Value& a, const Value& b) {
  const Object* object = a.AsObject();
  if (object == nullptr || !b.is_object()) {
    return a.data_.index() == b.data_.index() &&
           std::visit(
               [&b](const auto& left) {
                 using Kind = std::decay_t<decltype(left)>;
                 if constexpr (std::is_same_v<Kind, Object>) {
                   return false;
                 } else {
                   return left == *std::get_if<Kind>(&b.data_);
                 }
               },
               a.data_);
  }
  return SameMembers(*object, *b.AsObject());
}

const std::string* FindString(const Object& object, std::string_view key) {
  const Value* value = object.Find(key);
  return value == nullptr ? nullptr : value->AsString();
}

const int64_t* FindInt(const Object& object, std::string_view key) {
  const Value* value = object.Find(key);
  return value == nullptr ? nullptr : value->AsInt();
}

const Object* FindObject(const Object& object, std::string_view key) {
  const Value* value = object.Find(key);
  return value == nullptr ? nullptr : value->AsObject();
}

const Array* FindArray(const Object& object, std::string_view key) {
  const Value* value = object.Find(key);
  return value == nullptr ? nullptr : value->AsArray();
}

std::string_view StringOr(const Object& object, std::string_view key, std::string_view fallback) {
  const std::string* found = FindString(object, key);
  return found == nullptr ? fallback : std::string_view(*found);
}

int64_t IntOr(const Object& object, std::string_view key, int64_t fallback) {
  const int64_t* found = FindInt(object, key);
  return found == nullptr ? fallback : *found;
}

bool BoolOr(const Object& object, std::string_view key, bool fallback) {
  const Value* value = object.Find(key);
  const bool* found = value == nullptr ? nullptr : value->AsBool();
  return found == nullptr ? fallback : *found;
}

}  // namespace parley::json
