#include "services/events/federation/handshake.h"

#include "common/base/strings.h"
#include "common/event/event_builder.h"
#include "common/event/event_types.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/federation/ask.h"

namespace parley::events {
namespace {

constexpr std::string_view kAuthoriser = "join_authorised_via_users_server";
constexpr uint64_t kMaxJoinAnswer = 512 << 20;
constexpr absl::Duration kJoinTimeout = absl::Minutes(5);

// Of rooms that can be knocked upon, or all.
std::string VersionsQuery(const Wish& wish) {
  std::string query;
  for (const event::RoomVersion& version : event::AllRoomVersions()) {
    if (wish.membership == "knock" && !version.knocking) continue;
    StrAppend(&query, query.empty() ? "?ver=" : "&ver=", version.id);
  }
  return query;
}

absl::StatusOr<const event::RoomVersion*> VersionIn(const json::Object& answer,
                                                    const event::RoomVersion* known) {
  const std::string_view id = json::StringOr(answer, "room_version", known ? known->id : "1");
  const event::RoomVersion* version = event::FindRoomVersion(id);
  if (version != nullptr) return version;
  return ToStatus({400, "M_INCOMPATIBLE_ROOM_VERSION",
                   "This server does not know the version of the room",
                   StrCat("\"room_version\":", json::Quoted(id))});
}

void CopyAuthoriser(const event::RoomVersion& version, const json::Object& made,
                    json::Object& content) {
  content.Erase(kAuthoriser);
  const json::Object* given = json::FindObject(made, "content");
  if (given == nullptr || !version.AllowsRestrictedJoins()) return;
  const std::string_view authoriser = json::StringOr(*given, kAuthoriser, "");
  if (UserId::Parse(authoriser).ok()) content.Set(kAuthoriser, authoriser);
}

// Nothing of this is taken from the template, but a server that says something else is not asked
// for anything more.
absl::Status CheckTemplate(const Wish& wish, const json::Object& made) {
  const std::string& user = wish.user.str();
  const json::Object* content = json::FindObject(made, "content");
  const bool is_ours = json::StringOr(made, "room_id", "") == wish.room_id &&
                       json::StringOr(made, "type", event::kMember) == event::kMember &&
                       json::StringOr(made, "sender", user) == user &&
                       json::StringOr(made, "state_key", user) == user &&
                       (content == nullptr ||
                        json::StringOr(*content, "membership", wish.membership) == wish.membership);
  return is_ours ? absl::OkStatus() : BadJson("The template is of another event");
}

absl::StatusOr<event::VerifiedPdu> BuildFrom(const Context& context, const Wish& wish,
                                             const event::RoomVersion& version,
                                             const json::Object& made) {
  PARLEY_RETURN_IF_ERROR(CheckTemplate(wish, made));
  PARLEY_TRY(event::EventFields fields, event::ReadTemplate(version, made));
  fields.sender = wish.user;
  fields.type = event::kMember;
  fields.state_key = wish.user.str();
  fields.content = wish.content;
  if (wish.membership == "join") CopyAuthoriser(version, made, fields.content);
  fields.origin_server_ts = context.clock.NowMs();
  return event::EventBuilder(version, context.config.server_name, context.signing_key)
      .Build(std::move(fields));
}

// v1 of send_join and send_leave answers [200, {…}].
absl::StatusOr<json::Object> ObjectIn(std::string_view body) {
  PARLEY_TRY(json::Value answer, json::Parse(body));
  if (json::Array* pair = answer.AsArray(); pair != nullptr && pair->size() == 2) {
    json::Value second = std::move(pair->back());
    answer = std::move(second);
  }
  if (answer.AsObject() == nullptr) return BadJson("The answer is no object");
  return std::move(*answer.AsObject());
}

std::string SendPath(const Wish& wish, std::string_view version, const event::VerifiedPdu& event) {
  return PathOf(StrCat("/_matrix/federation/", version, "/send_", wish.membership),
                {wish.room_id, event->event_id.str()});
}

}  // namespace

absl::StatusOr<event::VerifiedPdu> MakeThere(const Context& context, const rpc::Call& call,
                                             const std::string& server, const Wish& wish,
                                             const event::RoomVersion* version) {
  Question question{.path = PathOf(StrCat("/_matrix/federation/v1/make_", wish.membership),
                                   {wish.room_id, wish.user.str()})};
  if (wish.membership != "leave") question.path += VersionsQuery(wish);
  PARLEY_TRY(const std::string body, Ask(context, call, server, question));
  PARLEY_TRY(const json::Object answer, json::ParseObject(body));
  PARLEY_TRY(const event::RoomVersion* const told, VersionIn(answer, version));
  const json::Object* made = json::FindObject(answer, "event");
  if (made == nullptr) return BadJson("There is no template in the answer");
  return BuildFrom(context, wish, *told, *made);
}

absl::StatusOr<json::Object> SendThere(const Context& context, const rpc::Call& call,
                                       const std::string& server, const Wish& wish,
                                       const event::VerifiedPdu& event) {
  const bool is_knock = wish.membership == "knock";
  Question question{
      .method = "PUT", .path = SendPath(wish, is_knock ? "v1" : "v2", event), .body = event->bytes};
  if (wish.membership == "join") {
    question.max_answer_bytes = kMaxJoinAnswer;
    question.timeout = kJoinTimeout;
  }
  auto body = Ask(context, call, server, question);
  if (!body.ok() && !is_knock && IsUnknownEndpoint(body.status())) {
    question.path = SendPath(wish, "v1", event);
    body = Ask(context, call, server, question);
  }
  if (!body.ok()) return body.status();
  return ObjectIn(*body);
}

}  // namespace parley::events
