#include "common/filter/parse.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::filter {
namespace {

using Strings = std::vector<std::string>;

constexpr std::string_view kAllPresenceStates = "dev.parley.all_states";
constexpr size_t kMaxIdBytes = 255;

// Reads members of an object; the first that has a wrong type is the error.
class Reader {
 public:
  explicit Reader(const json::Object& object) : object_(object) {}

  const absl::Status& status() const { return status_; }
  const json::Object& object() const { return object_; }

  void Read(std::string_view key, bool& into) { ReadScalar(key, "a boolean", into); }

  void Read(std::string_view key, std::optional<bool>& into) {
    bool value = false;
    if (ReadScalar(key, "a boolean", value)) into = value;
  }

  void Read(std::string_view key, Strings& into) {
    if (auto strings = ReadStrings(key)) into = *std::move(strings);
  }

  void Read(std::string_view key, TypePatterns& into) {
    if (const auto strings = ReadStrings(key)) into = TypePatterns(*strings);
  }

  void Read(std::string_view key, std::optional<TypePatterns>& into) {
    if (const auto strings = ReadStrings(key)) into.emplace(*strings);
  }

  void Read(std::string_view key, char sigil, Ids& into) {
    if (const auto strings = ReadIds(key, sigil)) into = Ids(strings->begin(), strings->end());
  }

  void Read(std::string_view key, char sigil, std::optional<Ids>& into) {
    if (const auto strings = ReadIds(key, sigil)) into.emplace(strings->begin(), strings->end());
  }

  void ReadLimit(std::optional<int64_t>& into) {
    const json::Value* value = object_.Find("limit");
    if (value == nullptr) return;
    const int64_t* limit = value->AsInt();
    if (limit == nullptr || *limit < 0) return Fail("limit", "a number of events");
    into = *limit;
  }

  // A member that is a filter itself.
  template <class Parse, class Into>
  void Read(std::string_view key, Parse parse, Into& into) {
    const json::Value* value = object_.Find(key);
    if (value == nullptr || !status_.ok()) return;
    if (!value->is_object()) return Fail(key, "an object");
    auto parsed = parse(*value->AsObject());
    if (!parsed.ok()) {
      status_ = std::move(parsed).status();
    } else {
      into = *std::move(parsed);
    }
  }

  void Fail(std::string_view key, std::string_view what) {
    if (status_.ok()) status_ = BadJson(StrCat("'", key, "' in a filter is ", what));
  }

  std::optional<Strings> ReadStrings(std::string_view key) {
    const json::Value* value = object_.Find(key);
    if (value == nullptr) return std::nullopt;
    Strings strings;
    const json::Array* array = value->AsArray();
    for (const json::Value& element : array ? *array : json::Array()) {
      if (const std::string* text = element.AsString()) strings.push_back(*text);
    }
    if (array == nullptr || strings.size() != array->size()) Fail(key, "a list of strings");
    return strings;
  }

 private:
  bool ReadScalar(std::string_view key, std::string_view what, bool& into) {
    const json::Value* value = object_.Find(key);
    if (value == nullptr) return false;
    if (!value->is_bool()) {
      Fail(key, what);
      return false;
    }
    into = *value->AsBool();
    return true;
  }

  std::optional<Strings> ReadIds(std::string_view key, char sigil) {
    auto ids = ReadStrings(key);
    if (ids && !std::all_of(ids->begin(), ids->end(), [sigil](const std::string& id) {
          return id.starts_with(sigil) && id.size() <= kMaxIdBytes;
        })) {
      Fail(key, "a list of Matrix ids");
    }
    return ids;
  }

  const json::Object& object_;
  absl::Status status_;
};

void ReadEventFilter(Reader& reader, EventFilter& filter) {
  reader.ReadLimit(filter.limit);
  reader.Read("types", filter.types);
  reader.Read("not_types", filter.not_types);
  reader.Read("senders", '@', filter.senders);
  reader.Read("not_senders", '@', filter.not_senders);
}

absl::StatusOr<EventFilter> ParseEventFilter(const json::Object& object) {
  Reader reader(object);
  EventFilter filter;
  ReadEventFilter(reader, filter);
  PARLEY_RETURN_IF_ERROR(reader.status());
  return filter;
}

absl::StatusOr<RoomEventFilter> ParseInRoom(const json::Object& object) {
  return ParseRoomEventFilter(object);
}

absl::StatusOr<RoomFilter> ParseRoomFilter(const json::Object& object) {
  Reader reader(object);
  RoomFilter filter;
  reader.Read("rooms", '!', filter.rooms);
  reader.Read("not_rooms", '!', filter.not_rooms);
  reader.Read("include_leave", filter.include_leave);
  reader.Read("state", ParseInRoom, filter.state);
  reader.Read("timeline", ParseInRoom, filter.timeline);
  reader.Read("ephemeral", ParseInRoom, filter.ephemeral);
  reader.Read("account_data", ParseInRoom, filter.account_data);
  PARLEY_RETURN_IF_ERROR(reader.status());
  return filter;
}

void ReadPresenceStates(Reader& reader, bool& all) {
  const json::Object* presence = json::FindObject(reader.object(), "presence");
  if (presence == nullptr) return;
  Reader inner(*presence);
  inner.Read(kAllPresenceStates, all);
  if (!inner.status().ok()) reader.Fail(kAllPresenceStates, "a boolean");
}

void ReadEventFormat(Reader& reader, EventFormat& format) {
  const json::Value* value = reader.object().Find("event_format");
  if (value == nullptr) return;
  if (*value == json::Value("federation")) {
    format = EventFormat::kFederation;
  } else if (*value != json::Value("client")) {
    reader.Fail("event_format", "\"client\" or \"federation\"");
  }
}

absl::StatusOr<json::Object> ParseText(std::string_view text) {
  return json::ParseObject(text, {.max_depth = json::kMaxRequestDepth});
}

}  // namespace

absl::StatusOr<RoomEventFilter> ParseRoomEventFilter(const json::Object& object) {
  Reader reader(object);
  RoomEventFilter filter;
  ReadEventFilter(reader, filter);
  reader.Read("rooms", '!', filter.rooms);
  reader.Read("not_rooms", '!', filter.not_rooms);
  reader.Read("contains_url", filter.contains_url);
  reader.Read("lazy_load_members", filter.lazy_load_members);
  reader.Read("include_redundant_members", filter.include_redundant_members);
  reader.Read("unread_thread_notifications", filter.unread_thread_notifications);
  reader.Read("related_by_senders", filter.related_by_senders);
  reader.Read("related_by_rel_types", filter.related_by_rel_types);
  PARLEY_RETURN_IF_ERROR(reader.status());
  return filter;
}

absl::StatusOr<Filter> ParseFilter(const json::Object& object) {
  Reader reader(object);
  Filter filter;
  ReadEventFormat(reader, filter.event_format);
  if (const auto fields = reader.ReadStrings("event_fields")) filter.event_fields.emplace(*fields);
  reader.Read("presence", ParseEventFilter, filter.presence);
  ReadPresenceStates(reader, filter.all_presence_states);
  reader.Read("account_data", ParseEventFilter, filter.account_data);
  reader.Read("room", ParseRoomFilter, filter.room);
  PARLEY_RETURN_IF_ERROR(reader.status());
  return filter;
}

absl::StatusOr<RoomEventFilter> ParseRoomEventFilter(std::string_view text) {
  PARLEY_TRY(const json::Object object, ParseText(text));
  return ParseRoomEventFilter(object);
}

absl::StatusOr<Filter> ParseFilter(std::string_view text) {
  PARLEY_TRY(const json::Object object, ParseText(text));
  return ParseFilter(object);
}

}  // namespace parley::filter
