#include <map>
#include <utility>
#include <vector>

#include <absl/synchronization/blocking_counter.h>

#include "common/base/ids.h"
#include "common/federation/lenient_json.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/federation/edus.h"
#include "services/gateway/federation/remote_names.h"
#include "services/gateway/federation/requests.h"
#include "services/gateway/federation/transactions.h"

// Server-server API, "Transactions".
namespace parley::gateway {
namespace {

constexpr size_t kMaxPdus = 50;
constexpr size_t kMaxEdus = 100;
constexpr size_t kMaxBody = 16 << 20;

// The array `key` of a transaction; absent: empty.
absl::StatusOr<json::Array> ArrayOf(const json::Object& body, std::string_view key, size_t most) {
  const json::Value* value = body.Find(key);
  if (value == nullptr) return json::Array();
  if (!value->is_array()) return BadJson("pdus and edus must be arrays");
  if (value->AsArray()->size() > most)
    return BadJson("A transaction holds at most 50 PDUs and 100 EDUs");
  return *value->AsArray();
}

// By room, each room's in their order. One that names no room can't be answered for: it is left
// out.
std::vector<events::ReceivePdusRequest> ByRoom(const std::string& origin, const json::Array& pdus) {
  std::map<std::string, events::ReceivePdusRequest> rooms;
  for (const json::Value& pdu : pdus) {
    const json::Object* object = pdu.AsObject();
    const std::string* room_id = object == nullptr ? nullptr : json::FindString(*object, "room_id");
    if (room_id == nullptr || !RoomId::Parse(*room_id).ok()) continue;
    rooms[*room_id].add_pdus(json::Serialize(*object));
  }
  std::vector<events::ReceivePdusRequest> requests;
  for (auto& [room_id, request] : rooms) {
    request.set_origin(origin);
    request.set_room_id(room_id);
    requests.push_back(std::move(request));
  }
  return requests;
}

using RoomOutcome = absl::StatusOr<events::ReceivePdusResponse>;

// All rooms side by side.
std::vector<RoomOutcome> ReceiveAll(const FederationDeps& deps, const rpc::Call& call,
                                    const std::vector<events::ReceivePdusRequest>& requests) {
  std::vector<RoomOutcome> outcomes(requests.size(), absl::UnavailableError("too busy"));
  absl::BlockingCounter left(static_cast<int>(requests.size()));
  for (size_t i = 0; i < requests.size(); ++i) {
    const auto receive = [&, i] {
      outcomes[i] = deps.deps.room_federation.ReceivePdus(call, requests[i]);
      left.DecrementCount();
    };
    if (i + 1 == requests.size() || !deps.transactions.pool().TryPost(receive)) receive();
  }
  left.Wait();
  return outcomes;
}

// One room's trouble is no reason to send the others' events again; but when `events` took nothing
// of a room, its events come again only if the transaction does.
absl::Status AddResults(const RoomOutcome& outcome, json::Object& pdus) {
  if (!outcome.ok()) {
    const bool is_ours = FromStatus(outcome.status()).http_status >= 500;
    return is_ours ? outcome.status() : absl::OkStatus();
  }
  for (const events::PduResult& result : outcome->results()) {
    json::Object entry;
    if (!result.error().empty()) entry.Set("error", result.error());
    pdus.Set(result.event_id(), std::move(entry));
  }
  return absl::OkStatus();
}

// Who came, or has another name.
void RelearnNames(const FederationDeps& deps, const rpc::Call& call, const std::string& origin,
                  const json::Array& pdus) {
  for (const json::Value& value : pdus) {
    const json::Object* pdu = value.AsObject();
    if (pdu == nullptr || json::StringOr(*pdu, "type", "") != "m.room.member") continue;
    const auto user = UserId::Parse(json::StringOr(*pdu, "state_key", ""));
    if (!user.ok() || user->server_name() != origin) continue;
    const std::string room_id(json::StringOr(*pdu, "room_id", ""));
    deps.remote_names.Relearn(call, user->str(), room_id);
  }
}

absl::StatusOr<std::string> Receive(const FederationDeps& deps, const rpc::Call& call,
                                    const std::string& origin, const json::Array& pdus,
                                    const json::Array& edus) {
  json::Object results;
  absl::Status trouble;
  for (const RoomOutcome& outcome : ReceiveAll(deps, call, ByRoom(origin, pdus))) {
    trouble.Update(AddResults(outcome, results));
  }
  RelearnNames(deps, call, origin, pdus);
  trouble.Update(ReceiveEdus(deps, call, origin, edus));
  PARLEY_RETURN_IF_ERROR(trouble);
  return json::Serialize(json::Object{{"pdus", std::move(results)}});
}

struct Parts {
  json::Array pdus, edus;
};

absl::StatusOr<Parts> PartsOf(const json::Object& body) {
  Parts parts;
  PARLEY_TRY(parts.pdus, ArrayOf(body, "pdus", kMaxPdus));
  PARLEY_TRY(parts.edus, ArrayOf(body, "edus", kMaxEdus));
  return parts;
}

// Those that are JSON of ours.
json::Array GoodOnes(const std::vector<std::string>& texts) {
  json::Array good;
  for (const std::string& text : texts) {
    auto value = json::Parse(text);
    if (value.ok()) good.push_back(*std::move(value));
  }
  return good;
}

// Of a transaction that is not JSON as a whole: what is wrong within one event is that event's
// trouble alone.
absl::StatusOr<Parts> GoodPartsOf(std::string_view body, const absl::Status& error) {
  const auto transaction = federation::ReadLenientTransaction(body);
  if (!transaction) return error;
  if (transaction->pdus.size() > kMaxPdus || transaction->edus.size() > kMaxEdus) return error;
  return Parts{GoodOnes(transaction->pdus), GoodOnes(transaction->edus)};
}

// PUT /_matrix/federation/v1/send/{txnId}
absl::StatusOr<HttpAnswer> Send(const FederationDeps& deps, RequestContext& context,
                                const std::string& origin) {
  const auto body = context.Body();
  PARLEY_TRY(const Parts parts,
             body.ok() ? PartsOf(**body) : GoodPartsOf(context.RawBody(), body.status()));
  const auto work = [&] { return Receive(deps, context.call(), origin, parts.pdus, parts.edus); };
  PARLEY_TRY(std::string answer,
             deps.transactions.Once(origin, context.Param("txnId"), context.call().deadline, work));
  return JsonAnswer(std::move(answer));
}

}  // namespace

void AddFederationSendRoutes(Router& router, const FederationDeps& deps) {
  router.Add(
      {.method = "PUT",
       .path = "/_matrix/federation/v1/send/{txnId}",
       .auth = Auth::kNone,
       .limit = Limit::kNone,
       .max_body = kMaxBody,
       .handler = Signed(deps.auth, [deps](RequestContext& context, const std::string& origin) {
         return Send(deps, context, origin);
       })});
}

}  // namespace parley::gateway
