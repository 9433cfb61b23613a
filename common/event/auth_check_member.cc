// The rules about m.room.member.

#include "common/crypto/base64.h"
#include "common/crypto/json_signature.h"
#include "common/crypto/sign.h"
#include "common/event/auth_check.h"
#include "common/event/event_types.h"

namespace parley::event {
namespace {

constexpr std::string_view kAuthoriserKey = "join_authorised_via_users_server";
// A hostile event could hold hundreds of signatures and of keys, to be tried each with each.
constexpr int kMaxSignatureChecks = 100;

std::vector<std::string_view> KeysOf(const Pdu& invite) {
  std::vector<std::string_view> keys;
  if (const std::string* key = json::FindString(invite.content, "public_key")) keys.push_back(*key);
  const json::Array* more = json::FindArray(invite.content, "public_keys");
  if (more == nullptr) return keys;
  for (const json::Value& entry : *more) {
    const json::Value* key = entry.Find("public_key");
    if (key != nullptr && key->is_string()) keys.push_back(*key->AsString());
  }
  return keys;
}

std::vector<std::string_view> SignaturesOf(const json::Object& signed_part) {
  std::vector<std::string_view> signatures;
  const json::Object* servers = json::FindObject(signed_part, "signatures");
  if (servers == nullptr) return signatures;
  for (const auto& [server, keys] : *servers) {
    if (!keys.is_object()) continue;
    for (const auto& [key_id, signature] : *keys.AsObject()) {
      if (key_id.starts_with("ed25519:") && signature.is_string()) {
        signatures.push_back(*signature.AsString());
      }
    }
  }
  return signatures;
}

// Identity servers give their keys in either alphabet.
bool Verifies(std::string_view key, std::string_view text, std::string_view signature) {
  std::optional<std::string> key_bytes = crypto::DecodeBase64(key);
  if (!key_bytes) key_bytes = crypto::DecodeBase64Url(key);
  const std::optional<std::string> signature_bytes = crypto::DecodeBase64(signature);
  return key_bytes && signature_bytes && crypto::Verify(*key_bytes, text, *signature_bytes);
}

// The creator as the rule of the first join means it.
std::string_view CreatorOf(const Pdu& create) {
  if (create.version->creator_is_sender) return create.sender.str();
  return json::StringOr(create.content, "creator", "");
}

}  // namespace

bool IsSignedByInvite(const json::Object& signed_part, const Pdu& invite) {
  const std::string text = crypto::SignedBytes(signed_part);
  int checks = 0;
  for (const std::string_view key : KeysOf(invite)) {
    for (const std::string_view signature : SignaturesOf(signed_part)) {
      if (++checks > kMaxSignatureChecks) return false;
      if (Verifies(key, text, signature)) return true;
    }
  }
  return false;
}

AuthVerdict AuthCheck::Member() const {
  const std::string* membership = json::FindString(event_.content, "membership");
  if (!event_.state_key || membership == nullptr) {
    return Reject({at_.member, 1}, "A member event needs a state key and a membership");
  }
  if (version_.AllowsRestrictedJoins() && event_.content.Has(kAuthoriserKey) &&
      !facts_.signed_by_authoriser) {
    return Reject({at_.member, at_.authoriser, 1},
                  "The server of the authorising user has not signed");
  }
  if (*membership == "join") return Join();
  if (*membership == "invite") return Invite();
  if (*membership == "leave") return Leave();
  if (*membership == "ban") return Ban();
  if (*membership == "knock" && version_.knocking) return Knock();
  return Reject({at_.member, at_.unknown}, "The membership is unknown");
}

AuthVerdict AuthCheck::Join() const {
  const uint8_t member = at_.member, join = at_.join;
  if (event_.prev_events.size() == 1 && event_.prev_events[0] == create_.event_id &&
      *event_.state_key == CreatorOf(create_)) {
    return Allow({member, join, 1});
  }
  if (!SenderIsTarget()) return Reject({member, join, 2}, "Nobody can join for another user");
  const Membership current = MembershipIn(sender_);
  if (current == Membership::kBan) return Reject({member, join, 3}, "The user is banned");
  const bool is_welcome = current == Membership::kInvite || current == Membership::kJoin;
  const JoinRule rule = JoinRuleOf(state_(kJoinRules, ""));
  const bool needs_invite =
      rule == JoinRule::kInvite || (rule == JoinRule::kKnock && version_.knocking);
  if (needs_invite && is_welcome) return Allow({member, join, 4});
  uint8_t next = 5;
  if (version_.AllowsRestrictedJoins()) {
    if (rule == JoinRule::kRestricted ||
        (rule == JoinRule::kKnockRestricted && version_.AllowsKnockRestricted())) {
      return RestrictedJoin(next, is_welcome);
    }
    ++next;
  }
  if (rule == JoinRule::kPublic) return Allow({member, join, next});
  return Reject({member, join, ++next}, "The user is not invited");
}

AuthVerdict AuthCheck::RestrictedJoin(uint8_t number, bool is_welcome) const {
  if (is_welcome) return Allow({at_.member, at_.join, number, 1});
  const std::string_view authoriser = json::StringOr(event_.content, kAuthoriserKey, "");
  if (MembershipIn(authoriser) != Membership::kJoin ||
      levels_.UserLevel(authoriser) < levels_.Invite()) {
    return Reject({at_.member, at_.join, number, 2},
                  "No member who may invite has authorised the join");
  }
  return Allow({at_.member, at_.join, number, 3});
}

AuthVerdict AuthCheck::Invite() const {
  const uint8_t member = at_.member, invite = at_.invite;
  if (event_.content.Has("third_party_invite")) return ThirdPartyInvite();
  if (MembershipIn(sender_) != Membership::kJoin) {
    return Reject({member, invite, 2}, "The sender is not joined to the room");
  }
  const Membership target = MembershipIn(*event_.state_key);
  if (target == Membership::kJoin || target == Membership::kBan) {
    return Reject({member, invite, 3}, "The invited user is joined or banned");
  }
  if (SenderLevel() >= levels_.Invite()) return Allow({member, invite, 4});
  return Reject({member, invite, 5}, "The sender's power level does not allow invites");
}

AuthVerdict AuthCheck::ThirdPartyInvite() const {
  const uint8_t member = at_.member, invite = at_.invite;
  if (MembershipIn(*event_.state_key) == Membership::kBan) {
    return Reject({member, invite, 1, 1}, "The invited user is banned");
  }
  const json::Object* third_party = json::FindObject(event_.content, "third_party_invite");
  const json::Object* signed_part =
      third_party == nullptr ? nullptr : json::FindObject(*third_party, "signed");
  if (signed_part == nullptr) return Reject({member, invite, 1, 2}, "The invite is not signed");
  const std::string* mxid = json::FindString(*signed_part, "mxid");
  const std::string* token = json::FindString(*signed_part, "token");
  if (mxid == nullptr || token == nullptr) {
    return Reject({member, invite, 1, 3}, "The signed invite lacks mxid or token");
  }
  if (*mxid != *event_.state_key) {
    return Reject({member, invite, 1, 4}, "The signed invite is for another user");
  }
  const Pdu* offer = state_(kThirdPartyInvite, *token);
  if (offer == nullptr) return Reject({member, invite, 1, 5}, "There is no such invite");
  if (offer->sender != event_.sender) {
    return Reject({member, invite, 1, 6}, "The invite was made by another user");
  }
  if (IsSignedByInvite(*signed_part, *offer)) return Allow({member, invite, 1, 7});
  return Reject({member, invite, 1, 8}, "No key of the invite has signed it");
}

AuthVerdict AuthCheck::Leave() const {
  const uint8_t member = at_.member, leave = at_.leave;
  if (SenderIsTarget()) {
    const Membership current = MembershipIn(sender_);
    const bool may_leave = current == Membership::kInvite || current == Membership::kJoin ||
                           (current == Membership::kKnock && version_.knocking);
    if (may_leave) return Allow({member, leave, 1});
    return Reject({member, leave, 1}, "The user is not in the room");
  }
  if (MembershipIn(sender_) != Membership::kJoin) {
    return Reject({member, leave, 2}, "The sender is not joined to the room");
  }
  const int64_t level = SenderLevel();
  if (MembershipIn(*event_.state_key) == Membership::kBan && level < levels_.Ban()) {
    return Reject({member, leave, 3}, "The sender's power level does not allow lifting bans");
  }
  if (level >= levels_.Kick() && TargetLevel() < level) return Allow({member, leave, 4});
  return Reject({member, leave, 5}, "The sender's power level does not allow this kick");
}

AuthVerdict AuthCheck::Ban() const {
  const uint8_t member = at_.member, ban = at_.ban;
  if (MembershipIn(sender_) != Membership::kJoin) {
    return Reject({member, ban, 1}, "The sender is not joined to the room");
  }
  const int64_t level = SenderLevel();
  if (level >= levels_.Ban() && TargetLevel() < level) return Allow({member, ban, 2});
  return Reject({member, ban, 3}, "The sender's power level does not allow this ban");
}

AuthVerdict AuthCheck::Knock() const {
  const uint8_t member = at_.member, knock = at_.knock;
  const JoinRule rule = JoinRuleOf(state_(kJoinRules, ""));
  if (rule != JoinRule::kKnock &&
      !(rule == JoinRule::kKnockRestricted && version_.AllowsKnockRestricted())) {
    return Reject({member, knock, 1}, "The room does not allow knocking");
  }
  if (!SenderIsTarget()) return Reject({member, knock, 2}, "Nobody can knock for another user");
  const Membership current = MembershipIn(sender_);
  if (current == Membership::kLeave || current == Membership::kKnock) {
    return Allow({member, knock, 3});
  }
  return Reject({member, knock, 4}, "The user is banned, invited or joined");
}

}  // namespace parley::event
