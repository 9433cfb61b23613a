#include "services/events/aliases.h"

#include <algorithm>

#include <absl/container/flat_hash_set.h>

#include "common/base/strings.h"
#include "common/event/event_types.h"
#include "common/event/membership.h"
#include "common/event/power_levels.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/status/wrong_owner.h"
#include "parley/events/v1/events.parley.h"
#include "services/events/federation/resolve_alias.h"
#include "services/events/other_room.h"
#include "services/events/room_write.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr std::string_view kCanonicalAlias = "m.room.canonical_alias";
// Of one event; each is a question to another server.
constexpr size_t kMaxForeignAliases = 10;

absl::flat_hash_set<std::string> NamesIn(const json::Object& content) {
  absl::flat_hash_set<std::string> names;
  if (const std::string* alias = json::FindString(content, "alias"); alias && !alias->empty()) names.insert(*alias);
  if (const json::Array* others = json::FindArray(content, "alt_aliases")) {
    for (const json::Value& alias : *others) {
      if (alias.AsString()) names.insert(*alias.AsString());
    }
  }
  return names;
}

// Those that `previous` did not hold.
absl::flat_hash_set<std::string> NewNames(const event::Pdu* previous, const json::Object& content) {
  absl::flat_hash_set<std::string> names = NamesIn(content);
  if (previous == nullptr) return names;
  for (const std::string& known : NamesIn(previous->content)) names.erase(known);
  return names;
}

absl::Status Write(const Context& context, std::string_view alias, store::Batch batch) {
  return context.streams.For(context.rooms.PartitionOf(alias)).CommitQuietly(std::move(batch));
}

absl::StatusOr<bool> MayManageAliases(const Context& context, Room& room, const std::string& user) {
  PARLEY_TRY(const event::PduPtr create, StateEvent(context.store, room, event::kCreate, ""));
  PARLEY_TRY(const event::PduPtr levels, StateEvent(context.store, room, event::kPowerLevels, ""));
  const event::PowerLevels power(create.get(), levels.get());
  return room.state.IsJoined(user) && power.UserLevel(user) >= power.EventLevel(kCanonicalAlias, true);
}

// The room no longer calls itself by a name that is gone, if the one who took the name may say so.
absl::Status DropFromCanonical(const Context& context, const rpc::Call& call, const std::string& room_id,
                               const std::string& user, const std::string& alias) {
  PARLEY_TRY(auto write, RoomWrite::Open(context, room_id));
  PARLEY_TRY(const event::PduPtr event, write->State(kCanonicalAlias, ""));
  if (!event || !NamesIn(event->content).contains(alias)) return absl::OkStatus();
  json::Object content = event->content;
  if (json::StringOr(content, "alias", "") == alias) content.Erase("alias");
  if (json::Value* others = content.Find("alt_aliases"); others && others->AsArray()) {
    std::erase_if(*others->AsArray(), [&](const json::Value& other) { return other == json::Value(alias); });
  }
  PARLEY_RETURN_IF_ERROR(
      write->Add({UserId::Trusted(user), std::string(kCanonicalAlias), "", std::move(content)}).status());
  return write->Commit(call).status();
}

absl::Status MayDelete(const Context& context, const v1::DeleteAliasRequest& request, const AliasRow& alias) {
  const std::string& user = request.requester().user_id();
  if (alias.creator == user || request.requester().is_admin()) return absl::OkStatus();
  const auto room = context.rooms.Get(alias.room_id);
  if (!room.ok()) return Forbidden("Only who made this alias may delete it");
  PARLEY_TRY(const bool may_manage, MayManageAliases(context, **room, user));
  return may_manage ? absl::OkStatus() : Forbidden("You may not delete this alias");
}

v1::PutAliasRequest RequestFor(const AliasRow& alias) {
  v1::PutAliasRequest request;
  request.set_alias(alias.alias);
  request.set_room_id(alias.room_id);
  request.set_creator(alias.creator);
  return request;
}

absl::Status PutAlias(const Context& context, const rpc::Call& call, const v1::PutAliasRequest& request) {
  const absl::Status here = PutAliasHere(context, request).status();
  if (!IsWrongOwner(here)) return here;
  return context.owners.PutAlias(call, request).status();
}

}  // namespace

absl::StatusOr<std::optional<AliasRow>> LookUpAlias(const Context& context, std::string_view alias) {
  std::optional<AliasRow> row;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(row, FindAlias(db, context.rooms.PartitionOf(alias), alias));
    return absl::OkStatus();
  }));
  return row;
}

absl::Status StoreAlias(const Context& context, const rpc::Call& call, const AliasRow& alias) {
  return PutAlias(context, call, RequestFor(alias));
}

absl::Status MoveAlias(const Context& context, const rpc::Call& call, const AliasRow& alias) {
  v1::PutAliasRequest request = RequestFor(alias);
  request.set_replace(true);
  return PutAlias(context, call, request);
}

absl::Status EraseAlias(const Context& context, const rpc::Call& call, std::string_view alias) {
  v1::PutAliasRequest request;
  request.set_alias(std::string(alias));
  return PutAlias(context, call, request);
}

absl::StatusOr<v1::PutAliasResponse> PutAliasHere(const Context& context, const v1::PutAliasRequest& request) {
  const Partition p = context.rooms.PartitionOf(request.alias());
  const bool is_new = !request.replace() && !request.room_id().empty();
  absl::MutexLock lane(&context.alias_lanes.Writing(request.alias()));
  if (is_new) {
    PARLEY_TRY(const std::optional<AliasRow> taken, LookUpAlias(context, request.alias()));
    // A call that is made again finds what it has done.
    if (taken && taken->room_id == request.room_id()) return v1::PutAliasResponse();
    if (taken) return absl::AlreadyExistsError("the alias is taken");
  }
  store::Batch batch;
  if (!is_new) DeleteAlias(batch, p, request.alias());
  if (!request.room_id().empty()) AddAlias(batch, p, {request.alias(), request.room_id(), request.creator()});
  PARLEY_RETURN_IF_ERROR(Write(context, request.alias(), std::move(batch)));
  return v1::PutAliasResponse();
}

absl::StatusOr<std::vector<AliasRow>> AliasesOfRoom(const Context& context, std::string_view room_id) {
  std::vector<AliasRow> all;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    for (Partition p = 0; p < context.streams.partitions(); ++p) {
      PARLEY_TRY(std::vector<AliasRow> rows, AliasesOf(db, p, room_id));
      std::move(rows.begin(), rows.end(), std::back_inserter(all));
    }
    return absl::OkStatus();
  }));
  return all;
}

absl::StatusOr<v1::SetAliasResponse> SetRoomAlias(const Context& context, const rpc::Call& call,
                                                  const v1::SetAliasRequest& request) {
  PARLEY_TRY(const RoomAlias alias, RoomAlias::Parse(request.alias()));
  if (alias.server_name() != context.config.server_name) return InvalidParam("This alias is of another server");
  const auto room = context.rooms.Get(request.room_id());
  if (!room.ok()) return room.status();
  if (!(*room)->state.IsJoined(request.requester().user_id())) return Forbidden("You are not in this room");
  absl::MutexLock lane(&context.alias_lanes.Asking(alias.str()));
  PARLEY_TRY(const std::optional<AliasRow> taken, LookUpAlias(context, alias.str()));
  if (taken) return Matrix(409, "M_UNKNOWN", "This alias is taken");
  const absl::Status stored = StoreAlias(context, call, {alias.str(), request.room_id(), request.requester().user_id()});
  if (absl::IsAlreadyExists(stored)) return Matrix(409, "M_UNKNOWN", "This alias is taken");
  PARLEY_RETURN_IF_ERROR(stored);
  return v1::SetAliasResponse();
}

absl::StatusOr<v1::DeleteAliasResponse> DeleteRoomAlias(const Context& context, const rpc::Call& call,
                                                        const v1::DeleteAliasRequest& request) {
  PARLEY_TRY(const std::optional<AliasRow> alias, LookUpAlias(context, request.alias()));
  if (!alias) return NotFound("There is no such alias");
  if (request.room_id().empty() && !context.streams.Owns(context.rooms.PartitionOf(alias->room_id))) {
    v1::DeleteAliasRequest passed_on = request;
    passed_on.set_room_id(alias->room_id);
    return context.owners.DeleteAlias(call, passed_on);
  }
  PARLEY_RETURN_IF_ERROR(MayDelete(context, request, *alias));
  PARLEY_RETURN_IF_ERROR(EraseAlias(context, call, alias->alias));
  // The alias is gone whatever the room says of it.
  DropFromCanonical(context, call, alias->room_id, request.requester().user_id(), alias->alias).IgnoreError();
  v1::DeleteAliasResponse response;
  response.set_room_id(alias->room_id);
  return response;
}

absl::StatusOr<v1::ResolveAliasResponse> ResolveRoomAlias(const Context& context, const rpc::Call& call,
                                                          const v1::ResolveAliasRequest& request) {
  PARLEY_TRY(const RoomAlias name, RoomAlias::Parse(request.alias()));
  if (name.server_name() != context.config.server_name) return ResolveElsewhere(context, call, name);
  PARLEY_TRY(const std::optional<AliasRow> alias, LookUpAlias(context, request.alias()));
  if (!alias) return NotFound("There is no such alias");
  v1::ResolveAliasResponse response;
  response.set_room_id(alias->room_id);
  response.add_servers(context.config.server_name);
  if (const auto room = context.rooms.Look(alias->room_id); room.ok()) {
    for (const std::string& server : (*room)->state.Servers()) {
      if (server != context.config.server_name) response.add_servers(server);
    }
  }
  return response;
}

absl::StatusOr<v1::ListAliasesResponse> ListRoomAliases(const Context& context, const v1::ListAliasesRequest& request) {
  const auto room = context.rooms.Get(request.room_id());
  if (!room.ok()) return Forbidden("You are not in this room");
  PARLEY_TRY(const event::PduPtr visibility, StateEvent(context.store, **room, event::kHistoryVisibility, ""));
  if (!(*room)->state.IsJoined(request.requester().user_id()) &&
      event::HistoryVisibilityOf(visibility.get()) != event::HistoryVisibility::kWorldReadable) {
    return Forbidden("You are not in this room");
  }
  PARLEY_TRY(const std::vector<AliasRow> aliases, AliasesOfRoom(context, request.room_id()));
  v1::ListAliasesResponse response;
  for (const AliasRow& alias : aliases) response.add_aliases(alias.alias);
  return response;
}

absl::StatusOr<ForeignAliases> ResolveForeignAliases(const Context& context, const rpc::Call& call,
                                                     std::string_view room_id, const std::string& sender,
                                                     const json::Object& content) {
  ForeignAliases foreign;
  const auto room = context.rooms.Get(room_id);
  if (!room.ok() || !(*room)->state.IsJoined(sender)) return foreign;
  PARLEY_TRY(const event::PduPtr previous, StateEvent(context.store, **room, kCanonicalAlias, ""));
  for (const std::string& name : NewNames(previous.get(), content)) {
    const auto alias = RoomAlias::Parse(name);
    if (!alias.ok() || alias->server_name() == context.config.server_name) continue;
    if (foreign.size() == kMaxForeignAliases) break;
    std::string& leads_to = foreign[name];
    if (const auto found = ResolveElsewhere(context, call, *alias); found.ok()) leads_to = found->room_id();
  }
  return foreign;
}

absl::Status CheckAliasesPointHere(const Context& context, std::string_view room_id, const event::Pdu* previous,
                                   const json::Object& content, const ForeignAliases& foreign) {
  for (const std::string& alias : NewNames(previous, content)) {
    const auto elsewhere = foreign.find(alias);
    if (elsewhere != foreign.end() && elsewhere->second == room_id) continue;
    PARLEY_TRY(const std::optional<AliasRow> row, LookUpAlias(context, alias));
    if (!row || row->room_id != room_id) {
      return Matrix(400, "M_BAD_ALIAS", StrCat("The alias ", alias, " does not point to this room"));
    }
  }
  return absl::OkStatus();
}

}  // namespace parley::events
