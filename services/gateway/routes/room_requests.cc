#include "services/gateway/routes/room_requests.h"

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/profile/v1/profile.parley.h"

namespace parley::gateway {

namespace {

constexpr size_t kMaxServers = 50;

void AddServers(const RequestContext& context, std::string_view param, std::vector<std::string>& servers) {
  for (const std::string_view server : context.QueryAll(param)) {
    if (IsValidServerName(server) && servers.size() < kMaxServers) servers.emplace_back(server);
  }
}

}  // namespace

absl::StatusOr<NamedRoom> ResolveRoom(const Deps& deps, RequestContext& context, const std::string& id_or_alias) {
  NamedRoom named;
  AddServers(context, "via", named.servers);
  AddServers(context, "server_name", named.servers);
  if (!id_or_alias.starts_with('#')) {
    PARLEY_TRY(const RoomId room, RoomId::Parse(id_or_alias));
    named.room_id = room.str();
    return named;
  }
  PARLEY_TRY(const RoomAlias alias, RoomAlias::Parse(id_or_alias));
  events::ResolveAliasRequest request;
  request.set_alias(alias.str());
  PARLEY_TRY(const events::ResolveAliasResponse response, deps.events.ResolveAlias(context.call(), request));
  named.room_id = response.room_id();
  named.servers.insert(named.servers.end(), response.servers().begin(), response.servers().end());
  return named;
}

absl::StatusOr<common::v1::ProfileFields> ProfileOf(const Deps& deps, const rpc::Call& call,
                                                    const std::string& user_id) {
  profile::GetManyRequest request;
  request.add_user_ids(user_id);
  PARLEY_TRY(const profile::GetManyResponse response, deps.profile.GetMany(call, request));
  const auto found = response.profiles().find(user_id);
  return found == response.profiles().end() ? common::v1::ProfileFields() : found->second;
}

HttpAnswer EventIdAnswer(const std::string& event_id) { return JsonAnswer(json::Object{{"event_id", event_id}}); }

}  // namespace parley::gateway
