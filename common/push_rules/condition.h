#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/json/value.h"
#include "common/pattern/glob.h"
#include "common/push_rules/views.h"

namespace parley::push_rules {

// A property of the event that a dotted path names.
class Property {
 public:
  explicit Property(std::string_view path);

  // The string there, if it is one.
  std::optional<std::string_view> Text(const EventView& event) const;
  // The value there; null also for a member outside of `content`, as those are strings.
  const json::Value* InContent(const EventView& event) const;
  bool IsBody() const { return is_body_; }

 private:
  enum class Field { kContent, kType, kSender, kRoomId, kEventId, kStateKey, kNone };
  static Field FieldOf(const std::vector<std::string>& names);

  Field field_ = Field::kNone;
  std::vector<std::string> names_;  // below `content`
  bool is_body_ = false;
};

// One compiled condition. Client-Server API, "Conditions".
class Condition {
 public:
  // One that is unknown or malformed matches nothing.
  static Condition Compile(const json::Object& condition);
  static Condition EventMatch(std::string_view path, std::string_view pattern);
  // The value is taken as it stands.
  static Condition TextIs(std::string_view path, std::string_view text);

  bool Holds(const EventView& event, const RoomView& room, std::string_view user_id) const;

 private:
  struct Never {};
  struct TextMatches {
    Property property;
    std::string text;  // without wildcards, ASCII; counts if there's no glob
    std::optional<pattern::Glob> glob;
    bool is_own_user_id = false;
  };
  struct PropertyIs {
    Property property;
    json::Value value;  // kOwnUserId stands for the user's id
  };
  struct PropertyContains {
    Property property;
    json::Value value;
  };
  struct ContainsDisplayName {
    Property body;
  };
  enum class Comparison { kEqual, kLess, kGreater, kLessOrEqual, kGreaterOrEqual };
  struct MemberCount {
    Comparison comparison;
    int64_t count;
  };
  struct SenderMayNotify {
    std::string key;
  };
  using Kinds = std::variant<Never, TextMatches, PropertyIs, PropertyContains, ContainsDisplayName,
                             MemberCount, SenderMayNotify>;

  // The facts of one evaluation.
  struct Facts {
    const EventView& event;
    const RoomView& room;
    std::string_view user_id;
  };

  explicit Condition(Kinds kind) : kind_(std::move(kind)) {}
  static Kinds CompileEventMatch(const json::Object& condition);
  static Kinds CompileMemberCount(const json::Object& condition);
  template <class Kind>
  static Kinds CompileProperty(const json::Object& condition);

  static bool Holds(const Never& condition, const Facts& facts);
  static bool Holds(const TextMatches& condition, const Facts& facts);
  static bool Holds(const PropertyIs& condition, const Facts& facts);
  static bool Holds(const PropertyContains& condition, const Facts& facts);
  static bool Holds(const ContainsDisplayName& condition, const Facts& facts);
  static bool Holds(const MemberCount& condition, const Facts& facts);
  static bool Holds(const SenderMayNotify& condition, const Facts& facts);

  Kinds kind_;
};

}  // namespace parley::push_rules
