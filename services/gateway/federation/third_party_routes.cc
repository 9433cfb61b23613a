#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/events/v1/events.parley.h"
#include "services/gateway/config.h"
#include "services/gateway/federation/ask.h"
#include "services/gateway/federation/requests.h"
#include "services/gateway/routes/room_requests.h"

// Invites of people of whom only an address was known, when an identity server knows who they are.
// Server-server API, "Third-party invites". Whether it has signed is judged by the auth rules, with
// the keys that the room holds.
namespace parley::gateway {
namespace {

constexpr size_t kMaxInvites = 20;
constexpr size_t kMaxSignedBytes = 16 << 10;
constexpr absl::Duration kExchangeTime = absl::Seconds(10);

struct Exchange {
  RoomId room;
  UserId sender;  // of the m.room.third_party_invite
  UserId invited;
  json::Object third_party_invite;
};

// The few members that count. `signed` stays as it is: others verify it.
absl::StatusOr<json::Object> ThirdPartyInvite(const json::Object& given, const UserId& invited) {
  const json::Object* signed_part = json::FindObject(given, "signed");
  if (signed_part == nullptr) return BadJson("The invite is not signed");
  if (json::StringOr(*signed_part, "mxid", "") != invited.str()) {
    return BadJson("The invite was signed for another user");
  }
  if (json::FindString(*signed_part, "token") == nullptr) return BadJson("The token is missing");
  if (json::Serialize(*signed_part).size() > kMaxSignedBytes) return TooLarge("Too much is signed");
  PARLEY_TRY(const auto name, OptionalString(given, "display_name"));
  json::Object invite{{"signed", *signed_part}};
  if (name) invite.Set("display_name", *name);
  return invite;
}

// From the partial event of another server, of which nothing else is used.
absl::StatusOr<Exchange> ReadPartialEvent(const json::Object& event) {
  Exchange exchange;
  PARLEY_TRY(const std::string room, RequiredString(event, "room_id"));
  PARLEY_TRY(exchange.room, RoomId::Parse(room));
  PARLEY_TRY(const std::string sender, RequiredString(event, "sender"));
  PARLEY_TRY(exchange.sender, UserId::Parse(sender));
  PARLEY_TRY(const std::string invited, RequiredString(event, "state_key"));
  PARLEY_TRY(exchange.invited, UserId::Parse(invited));
  const json::Object* content = json::FindObject(event, "content");
  const bool is_invite = content != nullptr &&
                         json::StringOr(event, "type", "") == "m.room.member" &&
                         json::StringOr(*content, "membership", "") == "invite";
  const json::Object* given =
      is_invite ? json::FindObject(*content, "third_party_invite") : nullptr;
  if (given == nullptr) return BadJson("This is no third-party invite");
  PARLEY_TRY(exchange.third_party_invite, ThirdPartyInvite(*given, exchange.invited));
  return exchange;
}

json::Object PartialEvent(const Exchange& exchange) {
  json::Object content{{"membership", "invite"},
                       {"third_party_invite", exchange.third_party_invite}};
  return {{"type", "m.room.member"},
          {"room_id", exchange.room.str()},
          {"sender", exchange.sender.str()},
          {"state_key", exchange.invited.str()},
          {"content", std::move(content)}};
}

// As an invite by the user of ours who made the first one.
absl::Status Issue(const Deps& deps, RequestContext& context, const Exchange& exchange) {
  events::ChangeMembershipRequest request;
  request.mutable_requester()->set_user_id(exchange.sender.str());
  request.set_room_id(exchange.room.str());
  request.set_target_user_id(exchange.invited.str());
  request.set_action(events::v1::MEMBERSHIP_ACTION_INVITE);
  request.set_extra_content(
      json::Serialize(json::Object{{"third_party_invite", exchange.third_party_invite}}));
  if (exchange.invited.server_name() == deps.config.server_name) {
    PARLEY_TRY(*request.mutable_profile(), ProfileOf(deps, context.call(), exchange.invited.str()));
  }
  return deps.events.ChangeMembership(context.call(), request).status();
}

// PUT /_matrix/federation/v1/exchange_third_party_invite/{roomId}
absl::StatusOr<HttpAnswer> ExchangeInvite(const Deps& deps, RequestContext& context,
                                          const std::string& origin) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_TRY(const Exchange exchange, ReadPartialEvent(*body));
  if (exchange.room != room) return InvalidParam("The event is of another room");
  if (exchange.invited.server_name() != origin) {
    return Forbidden("The invited user is not of the server that asks");
  }
  if (exchange.sender.server_name() != deps.config.server_name) {
    return InvalidParam("The sender is not of this server");
  }
  PARLEY_RETURN_IF_ERROR(Issue(deps, context, exchange));
  return EmptyAnswer();
}

// One of the pending invites that an identity server knows for `user`.
absl::StatusOr<Exchange> ReadPendingInvite(const json::Value& value, const UserId& user) {
  const json::Object* invite = value.AsObject();
  if (invite == nullptr) return BadJson("An invite must be an object");
  Exchange exchange;
  exchange.invited = user;
  PARLEY_TRY(const std::string room, RequiredString(*invite, "room_id"));
  PARLEY_TRY(exchange.room, RoomId::Parse(room));
  PARLEY_TRY(const std::string sender, RequiredString(*invite, "sender"));
  PARLEY_TRY(exchange.sender, UserId::Parse(sender));
  PARLEY_TRY(exchange.third_party_invite, ThirdPartyInvite(*invite, user));
  return exchange;
}

Question ToInviter(const Exchange& exchange) {
  return {.destination = std::string(exchange.sender.server_name()),
          .method = "PUT",
          .path = StrCat("/_matrix/federation/v1/exchange_third_party_invite/",
                         PercentEncoded(exchange.room.str())),
          .body = json::Serialize(PartialEvent(exchange))};
}

// PUT /_matrix/federation/v1/3pid/onbind. Nobody has signed it: each invite is as good as what is
// signed in it. What becomes of them is no business of the identity server.
absl::StatusOr<HttpAnswer> TakeBinding(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_TRY(const std::string text, RequiredString(*body, "mxid"));
  PARLEY_TRY(const UserId user, UserId::Parse(text));
  if (user.server_name() != deps.config.server_name) {
    return NotFound("This user is not of this server");
  }
  const json::Array* invites = json::FindArray(*body, "invites");
  if (invites == nullptr) return BadJson("invites must be an array");
  if (invites->size() > kMaxInvites) return TooLarge("Too many invites");
  std::vector<Exchange> exchanges;
  for (const json::Value& invite : *invites) {
    PARLEY_TRY(Exchange exchange, ReadPendingInvite(invite, user));
    exchanges.push_back(std::move(exchange));
  }
  std::vector<Question> questions;
  for (const Exchange& exchange : exchanges) {
    if (exchange.sender.server_name() != deps.config.server_name) {
      questions.push_back(ToInviter(exchange));
    } else {
      Issue(deps, context, exchange).IgnoreError();
    }
  }
  AskAll(deps.federation, context.call(), questions, kExchangeTime);
  return EmptyAnswer();
}

}  // namespace

void AddFederationThirdPartyRoutes(Router& router, const FederationDeps& deps) {
  AddSigned(router, deps,
            {"PUT", "/_matrix/federation/v1/exchange_third_party_invite/{roomId}", ExchangeInvite});
  router.Add({.method = "PUT",
              .path = "/_matrix/federation/v1/3pid/onbind",
              .auth = Auth::kNone,
              .limit = Limit::kLogin,
              .handler = [deps = deps.deps](RequestContext& context) {
                return TakeBinding(deps, context);
              }});
}

}  // namespace parley::gateway
