#include "services/gateway/federation/remote_directory.h"

#include <array>
#include <utility>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/federation/ask.h"

namespace parley::gateway {
namespace {

constexpr char kPath[] = "/_matrix/federation/v1/publicRooms";
constexpr size_t kMaxRooms = 1'000;
constexpr std::array<std::string_view, 6> kStrings = {"name",       "topic",     "canonical_alias",
                                                      "avatar_url", "join_rule", "room_type"};

// The entry with the members that we know; nothing where a required one is missing.
absl::StatusOr<json::Object> Entry(const json::Value& told) {
  if (!told.is_object()) return BadJson("a room must be an object");
  const json::Object& room = *told.AsObject();
  PARLEY_TRY(const RoomId id, RoomId::Parse(json::StringOr(room, "room_id", "")));
  json::Object entry{{"room_id", id.str()},
                     {"num_joined_members", json::IntOr(room, "num_joined_members", 0)},
                     {"world_readable", json::BoolOr(room, "world_readable", false)},
                     {"guest_can_join", json::BoolOr(room, "guest_can_join", false)}};
  for (const std::string_view name : kStrings) {
    if (const std::string* text = json::FindString(room, name)) entry.Set(name, *text);
  }
  return entry;
}

json::Object Page(const json::Object& told) {
  json::Array chunk;
  if (const json::Array* rooms = json::FindArray(told, "chunk")) {
    for (const json::Value& room : *rooms) {
      auto entry = Entry(room);
      if (entry.ok() && chunk.size() < kMaxRooms) chunk.emplace_back(*std::move(entry));
    }
  }
  json::Object page{{"chunk", std::move(chunk)}};
  for (const std::string_view name : {"next_batch", "prev_batch"}) {
    if (const std::string* token = json::FindString(told, name)) page.Set(name, *token);
  }
  if (const int64_t* total = json::FindInt(told, "total_room_count_estimate")) {
    page.Set("total_room_count_estimate", *total);
  }
  return page;
}

std::string ListPath(const RequestContext& context) {
  std::string path = kPath;
  char separator = '?';
  for (const std::string_view name :
       {"limit", "since", "include_all_networks", "third_party_instance_id"}) {
    const auto value = context.Query(name);
    if (!value) continue;
    path += StrCat(std::string(1, separator), name, "=", PercentEncoded(*value));
    separator = '&';
  }
  return path;
}

}  // namespace

absl::StatusOr<HttpAnswer> RemotePublicRooms(const Deps& deps, RequestContext& context,
                                             const std::string& server,
                                             const json::Object* search) {
  if (!IsValidServerName(server)) return InvalidParam("server is no server name");
  Question question{.destination = server};
  if (search != nullptr) {
    question.method = "POST";
    question.path = kPath;
    question.body = json::Serialize(*search);
  } else {
    question.path = ListPath(context);
  }
  PARLEY_TRY(const json::Object told, Ask(deps.federation, context.call(), question));
  return JsonAnswer(Page(told));
}

}  // namespace parley::gateway
