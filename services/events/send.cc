#include "services/events/send.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/calls/call_events.h"
#include "common/event/event_types.h"
#include "common/event/power_levels.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/aliases.h"
#include "services/events/content_checks.h"
#include "services/events/membership.h"
#include "services/events/retry.h"
#include "services/events/room_write.h"
#include "services/events/store.h"
#include "services/events/transactions.h"

namespace parley::events {
namespace {

v1::SendResponse Answer(const Context& context, const v1::SendRequest& request, const Sent& sent) {
  v1::SendResponse response;
  response.set_event_id(sent.event_id);
  response.set_partition(context.rooms.PartitionOf(request.room_id()));
  response.set_position(sent.position);
  return response;
}

absl::StatusOr<Draft> MakeDraft(const Context& context, const v1::SendRequest& request) {
  Draft draft;
  draft.sender = UserId::Trusted(request.requester().user_id());
  draft.type = request.type();
  if (request.has_state_key()) draft.state_key = request.state_key();
  PARLEY_TRY(draft.content, json::ParseObject(request.content()));
  PARLEY_RETURN_IF_ERROR(CheckContent(draft.type, draft.state_key, draft.content, context.config.server_name));
  return draft;
}

// Names the target, in the field of /redact or inside the content (the shape of room version 11).
absl::Status SetRedacts(const v1::SendRequest& request, const event::RoomVersion& version, Draft& draft) {
  std::string target = request.redacts();
  if (target.empty()) target = json::StringOr(draft.content, "redacts", "");
  if (target.empty()) return BadJson("A redaction must name the event that it redacts");
  PARLEY_TRY(draft.redacts, EventId::Parse(target));
  if (version.redacts_in_content) draft.content.Set("redacts", target);
  return absl::OkStatus();
}

// Whoever may redact others' events may redact any; everybody else their own. The auth rules of most room versions let the
// event itself pass, and other servers would then ignore it.
absl::Status CheckRedaction(const Context& context, RoomWrite& write, const Draft& draft) {
  PARLEY_TRY(const std::optional<Target> target, write.Find(draft.redacts->str()));
  PARLEY_TRY(const event::PduPtr create, write.State(event::kCreate, ""));
  PARLEY_TRY(const event::PduPtr levels, write.State(event::kPowerLevels, ""));
  const event::PowerLevels power(create.get(), levels.get());
  const bool may_redact_all = power.UserLevel(draft.sender.str()) >= power.Redact();
  if (!target) {
    if (!may_redact_all) return Forbidden("You may not redact this event");
    // Other servers may have what has not come here.
    const bool is_shared = write.room().state.HasOtherServers(context.config.server_name);
    return is_shared ? absl::OkStatus() : NotFound("There is no such event");
  }
  if (target->pdu->type == event::kCreate) return Forbidden("The create event can't be redacted");
  if (!may_redact_all && target->pdu->sender != draft.sender) return Forbidden("You may not redact events of others");
  return absl::OkStatus();
}

absl::Status CheckAnnotation(const Context& context, RoomWrite& write, const Draft& draft, const Relation& relation) {
  const auto same = [&](std::string_view type, std::string_view sender, std::string_view key) {
    return type == draft.type && sender == draft.sender.str() && key == relation.key;
  };
  bool doubled = false;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(const std::vector<RelationRow> rows,
               RelationsTo(db, write.room().partition, write.room().nid, relation.target));
    doubled = std::any_of(rows.begin(), rows.end(), [&](const RelationRow& row) {
      return row.rel_type == "m.annotation" && same(row.type, row.sender, row.key);
    });
    return absl::OkStatus();
  }));
  absl::MutexLock lock(&write.room().tail_mutex);
  for (const TimelineEventPtr& queued : write.room().tail) {
    const auto other = RelationOf(queued->pdu->content);
    if (other && other->target == relation.target) doubled |= same(queued->pdu->type, queued->pdu->sender.str(), other->key);
  }
  if (doubled) return Matrix(400, "M_DUPLICATE_ANNOTATION", "You have reacted to this event in this way already");
  return absl::OkStatus();
}

absl::Status CheckRelationTarget(const Context& context, RoomWrite& write, const Draft& draft) {
  const std::optional<Relation> relation = RelationOf(draft.content);
  if (!relation) return absl::OkStatus();
  if (relation->rel_type == "m.annotation") {
    PARLEY_TRY(const std::optional<Target> target, write.Find(relation->target));
    if (target && target->unrelated) return absl::OkStatus();
    return CheckAnnotation(context, write, draft, *relation);
  }
  if (relation->rel_type == "m.thread") {
    PARLEY_TRY(const std::optional<Target> root, write.Find(relation->target));
    if (root && RelationOf(root->pdu->content)) {
      return Matrix(400, "M_UNKNOWN", "A thread can't begin at an event that relates to another one");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckCall(const Context& context, RoomWrite& write, const Draft& draft) {
  if (!context.config.two_party_calls || !calls::IsCallEvent(draft.type)) return absl::OkStatus();
  const size_t joined = write.room().state.Count(event::Membership::kJoin);
  return calls::CheckParties(draft.type, draft.content, static_cast<int64_t>(joined));
}

// The auth rules refuse this, too; here it is the content that is wrong, whoever sends it.
absl::Status CheckNoCreatorIsListed(RoomWrite& write, const Draft& draft) {
  const json::Object* users = json::FindObject(draft.content, "users");
  if (users == nullptr || !write.room().version->privileged_creators) return absl::OkStatus();
  PARLEY_TRY(const event::PduPtr create, write.State(event::kCreate, ""));
  for (const auto& [user, level] : *users) {
    if (event::IsCreator(*create, user)) return BadJson(StrCat("content.users lists a creator of the room: ", user));
  }
  return absl::OkStatus();
}

bool IsCanonicalAlias(const Draft& draft) { return draft.type == "m.room.canonical_alias" && draft.state_key; }

absl::Status Check(const Context& context, RoomWrite& write, const Draft& draft, const ForeignAliases& foreign) {
  if (draft.type == event::kRedaction && !draft.state_key) return CheckRedaction(context, write, draft);
  if (IsCanonicalAlias(draft)) {
    PARLEY_TRY(const event::PduPtr previous, write.State(draft.type, *draft.state_key));
    return CheckAliasesPointHere(context, write.room().id, previous.get(), draft.content, foreign);
  }
  if (draft.state_key) {
    return draft.type == event::kPowerLevels ? CheckNoCreatorIsListed(write, draft) : absl::OkStatus();
  }
  PARLEY_RETURN_IF_ERROR(CheckCall(context, write, draft));
  return CheckRelationTarget(context, write, draft);
}

absl::StatusOr<Sent> SendOnce(const Context& context, const rpc::Call& call, const v1::SendRequest& request,
                              Draft draft, const ForeignAliases& foreign) {
  auto opened = RoomWrite::Open(context, request.room_id());
  if (HasErrcode(opened.status(), "M_NOT_FOUND")) return Forbidden("You are not in this room");
  PARLEY_TRY(auto write, std::move(opened));
  if (!write->room().state.IsJoined(draft.sender.str())) return Forbidden("You are not in this room");
  const std::optional<TxnKey> key = TxnKeyOf(request);
  if (key) {
    PARLEY_TRY(std::optional<Sent> sent, FindTransaction(context, call, write, *key));
    if (sent) return *std::move(sent);
  }
  if (draft.type == event::kRedaction && !draft.state_key) {
    PARLEY_RETURN_IF_ERROR(SetRedacts(request, *write->room().version, draft));
  }
  PARLEY_RETURN_IF_ERROR(Check(context, *write, draft, foreign));
  PARLEY_RETURN_IF_ERROR(write->Add(std::move(draft)).status());
  if (key) write->SetTxn(*key);
  return write->Commit(call);
}

}  // namespace

absl::StatusOr<v1::SendResponse> SendEvent(const Context& context, const rpc::Call& call,
                                           const v1::SendRequest& request) {
  PARLEY_TRY(const Draft draft, MakeDraft(context, request));
  if (draft.type == event::kMember && draft.state_key) return SendMembership(context, call, request, draft.content);
  ForeignAliases foreign;
  if (IsCanonicalAlias(draft)) {
    PARLEY_TRY(foreign,
               ResolveForeignAliases(context, call, request.room_id(), draft.sender.str(), draft.content));
  }
  PARLEY_TRY(const Sent sent, Retry(call, [&] { return SendOnce(context, call, request, draft, foreign); }));
  return Answer(context, request, sent);
}

}  // namespace parley::events
