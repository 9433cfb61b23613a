#include "services/events/federation/remote_join.h"

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/federation/ask.h"
#include "services/events/federation/candidates.h"
#include "services/events/federation/handshake.h"
#include "services/events/federation/import_room.h"
#include "services/events/federation/judge_join.h"
#include "services/events/federation/key_cache.h"
#include "services/events/federation/parallel.h"
#include "services/events/federation/pass_on.h"

namespace parley::events {
namespace {

constexpr size_t kMaxEvents = 1'000'000;

// The events of both lists that hold, in two lists again.
struct HeldEvents {
  std::vector<event::VerifiedPdu> state;
  std::vector<event::VerifiedPdu> auth_chain;
};

std::vector<json::Value*> EventsIn(json::Object& answer, std::string_view key) {
  std::vector<json::Value*> events;
  json::Value* list = answer.Find(key);
  if (list == nullptr || list->AsArray() == nullptr) return events;
  for (json::Value& event : *list->AsArray()) events.push_back(&event);
  return events;
}

std::vector<event::VerifiedPdu> ParseAndVerify(const Context& context, const rpc::Call& call,
                                               const std::vector<json::Value*>& events,
                                               const event::RoomVersion& version) {
  std::vector<std::optional<event::UnverifiedPdu>> parsed(events.size());
  OnAllCores(events.size(), [&](size_t i) {
    if (events[i]->AsObject() == nullptr) return;
    auto pdu = event::ParsePdu(std::move(*events[i]->AsObject()), version);
    if (pdu.ok()) parsed[i] = *std::move(pdu);
  });
  std::vector<event::UnverifiedPdu> unverified;
  for (auto& pdu : parsed) {
    if (pdu) unverified.push_back(*std::move(pdu));
  }
  std::vector<event::VerifiedPdu> held;
  for (auto& pdu : VerifyAll(call, context.keys, std::move(unverified))) {
    if (pdu) held.push_back(*std::move(pdu));
  }
  return held;
}

absl::StatusOr<HeldEvents> Hold(const Context& context, const rpc::Call& call,
                                const event::RoomVersion& version, json::Object& answer) {
  const std::vector<json::Value*> state = EventsIn(answer, "state");
  const std::vector<json::Value*> auth_chain = EventsIn(answer, "auth_chain");
  if (state.size() + auth_chain.size() > kMaxEvents) return TooLarge("The room is too large");
  return HeldEvents{ParseAndVerify(context, call, state, version),
                    ParseAndVerify(context, call, auth_chain, version)};
}

// Our join as the server passes it on: with its signature, where the room wants one.
absl::StatusOr<event::VerifiedPdu> JoinIn(const Context& context, const rpc::Call& call,
                                          json::Object& answer, const event::VerifiedPdu& ours) {
  json::Value* event = answer.Find("event");
  if (event == nullptr || event->AsObject() == nullptr) return ours;
  PARLEY_TRY(event::UnverifiedPdu parsed,
             event::ParsePdu(std::move(*event->AsObject()), *ours->version));
  if (parsed.event_id() != ours->event_id) return ours;
  auto verified = Verify(call, context.keys, std::move(parsed));
  if (!verified.ok() || verified->redacted() || !verified->signed_by_authoriser()) return ours;
  return verified;
}

Wish WishOf(const RemoteChange& change) {
  return {change.room_id, change.user,
          std::string(json::StringOr(change.content, "membership", "")), change.content};
}

absl::StatusOr<Sent> JoinThrough(const Context& context, const rpc::Call& call,
                                 const std::string& server, const RemoteChange& change) {
  const Wish wish = WishOf(change);
  PARLEY_TRY(const event::VerifiedPdu made, MakeThere(context, call, server, wish, nullptr));
  PARLEY_TRY(json::Object answer, SendThere(context, call, server, wish, made));
  PARLEY_TRY(const event::VerifiedPdu join, JoinIn(context, call, answer, made));
  PARLEY_TRY(const HeldEvents held, Hold(context, call, *join->version, answer));
  auto given = JudgeJoin(join, held.state, held.auth_chain);
  if (!given.ok()) return Matrix(502, "M_UNKNOWN", "The room that was given does not hold");
  return ImportRoom(context, call, *given);
}

}  // namespace

absl::StatusOr<Sent> JoinRemotely(const Context& context, const rpc::Call& call,
                                  const RemoteChange& change) {
  PARLEY_TRY(const Candidates candidates, CandidatesFor(context, change));
  if (candidates.names().empty()) return NotFound("There is no such room, as far as is known here");
  return AskInTurn(candidates, [&](const std::string& server) {
    return JoinThrough(context, call, server, change);
  });
}

absl::StatusOr<Sent> JoinThroughOthers(const Context& context, const rpc::Call& call,
                                       const RemoteChange& change) {
  PARLEY_TRY(Candidates candidates, CandidatesFor(context, change));
  PARLEY_TRY(const RoomPtr room, context.rooms.Get(change.room_id));
  candidates.AddAll(room->state.Servers());
  const Wish wish = WishOf(change);
  return AskInTurn(candidates, [&](const std::string& server) -> absl::StatusOr<Sent> {
    PARLEY_TRY(const event::VerifiedPdu made, MakeThere(context, call, server, wish, nullptr));
    PARLEY_TRY(json::Object answer, SendThere(context, call, server, wish, made));
    PARLEY_TRY(const event::VerifiedPdu join, JoinIn(context, call, answer, made));
    return PassOn(context, call, join);
  });
}

}  // namespace parley::events
