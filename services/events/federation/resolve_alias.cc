#include "services/events/federation/resolve_alias.h"

#include "common/base/strings.h"
#include "common/http/uri.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/federation/ask.h"

namespace parley::events {
namespace {

constexpr int kMaxServers = 200;

absl::Status NoAnswer() {
  return NotFound("The alias could not be found");
}

}  // namespace

absl::StatusOr<v1::ResolveAliasResponse> ResolveElsewhere(const Context& context,
                                                          const rpc::Call& call,
                                                          const RoomAlias& alias) {
  const Question question{.path = StrCat("/_matrix/federation/v1/query/directory?room_alias=",
                                         http::PercentEncode(alias.str()))};
  const auto body = Ask(context, call, std::string(alias.server_name()), question);
  if (!body.ok()) return NoAnswer();
  PARLEY_TRY(const json::Object answer, json::ParseObject(*body));
  const auto room = RoomId::Parse(json::StringOr(answer, "room_id", ""));
  if (!room.ok()) return NoAnswer();
  v1::ResolveAliasResponse response;
  response.set_room_id(room->str());
  const json::Array* servers = json::FindArray(answer, "servers");
  if (servers == nullptr) return response;
  for (const json::Value& server : *servers) {
    if (server.AsString() == nullptr || !IsValidServerName(*server.AsString())) continue;
    if (response.servers_size() < kMaxServers) response.add_servers(*server.AsString());
  }
  return response;
}

}  // namespace parley::events
