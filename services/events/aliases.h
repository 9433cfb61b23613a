#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/event/pdu.h"
#include "common/json/value.h"
#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/context.h"
#include "services/events/rows.h"

// Names of rooms. An alias lives in its own partition, which is not its room's. Client-server API, "Room aliases".
namespace parley::events {

// Where both are held, Asking was taken first.
class AliasLanes {
 public:
  // One writer at a time for an alias: a commit that conflicts would cost all others of its partition a second try.
  absl::Mutex& Writing(std::string_view alias) { return writing_[PartitionOf(alias, kLanes)]; }
  // One client at a time, of those who would have an alias for one room: only the first of them gets it.
  absl::Mutex& Asking(std::string_view alias) { return asking_[PartitionOf(alias, kLanes)]; }

 private:
  static constexpr uint32_t kLanes = 64;
  std::array<absl::Mutex, kLanes> writing_;
  std::array<absl::Mutex, kLanes> asking_;
};

// The RPCs of the same names.
absl::StatusOr<v1::SetAliasResponse> SetRoomAlias(const Context& context, const rpc::Call& call,
                                                  const v1::SetAliasRequest& request);
absl::StatusOr<v1::DeleteAliasResponse> DeleteRoomAlias(const Context& context, const rpc::Call& call,
                                                        const v1::DeleteAliasRequest& request);
absl::StatusOr<v1::ResolveAliasResponse> ResolveRoomAlias(const Context& context, const rpc::Call& call,
                                                          const v1::ResolveAliasRequest& request);
absl::StatusOr<v1::ListAliasesResponse> ListRoomAliases(const Context& context, const v1::ListAliasesRequest& request);

// Of PutAlias: by the owner of the alias's partition. WrongOwner anywhere else.
absl::StatusOr<v1::PutAliasResponse> PutAliasHere(const Context& context, const v1::PutAliasRequest& request);

// By alias of another server: the room it leads to, as that server says.
using ForeignAliases = absl::flat_hash_map<std::string, std::string>;

// Those that `content`, of m.room.canonical_alias, names anew. Asks their servers, if `sender` is in the room: not to be
// called within the room's lane. Who does not answer is left out.
absl::StatusOr<ForeignAliases> ResolveForeignAliases(const Context& context, const rpc::Call& call,
                                                     std::string_view room_id, const std::string& sender,
                                                     const json::Object& content);

// M_BAD_ALIAS when `content`, of m.room.canonical_alias, names an alias that `previous` did not and that leads elsewhere.
absl::Status CheckAliasesPointHere(const Context& context, std::string_view room_id, const event::Pdu* previous,
                                   const json::Object& content, const ForeignAliases& foreign);

// Nothing when the alias is free.
absl::StatusOr<std::optional<AliasRow>> LookUpAlias(const Context& context, std::string_view alias);
// Here or, if another process owns the alias's partition, there. AlreadyExists when it is taken.
absl::Status StoreAlias(const Context& context, const rpc::Call& call, const AliasRow& alias);
// Lets a known alias lead to alias.room_id from now on.
absl::Status MoveAlias(const Context& context, const rpc::Call& call, const AliasRow& alias);
absl::Status EraseAlias(const Context& context, const rpc::Call& call, std::string_view alias);
// All aliases of a room that this server gives.
absl::StatusOr<std::vector<AliasRow>> AliasesOfRoom(const Context& context, std::string_view room_id);

}  // namespace parley::events
