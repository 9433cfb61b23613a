#include "common/event/received_pdu.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/crypto/base64.h"
#include "common/crypto/sign.h"
#include "common/event/event_text.h"
#include "common/event/event_types.h"
#include "common/event/pdu_door.h"
#include "common/event/pdu_shape.h"
#include "common/event/redact.h"
#include "common/event/reference_hash.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::event {
namespace {

constexpr std::string_view kAuthoriserKey = "join_authorised_via_users_server";

std::vector<PduSignature> ReadSignatures(const json::Object& event) {
  std::vector<PduSignature> signatures;
  const json::Object* servers = json::FindObject(event, "signatures");
  for (const auto& [server, keys] : *servers) {
    for (const auto& [key_id, signature] : *keys.AsObject()) {
      signatures.push_back({server, key_id, *signature.AsString()});
    }
  }
  return signatures;
}

bool IsThirdPartyInvite(const Pdu& pdu) {
  return pdu.type == kMember && json::StringOr(pdu.content, "membership", "") == "invite" &&
         json::FindObject(pdu.content, "third_party_invite") != nullptr;
}

bool WasValidAt(const VerifyKey& key, int64_t time, const RoomVersion& version) {
  if (key.expired_ms) return time < *key.expired_ms;
  return !version.enforce_key_validity || time <= key.valid_until_ms;
}

enum class SignedBy { kNobody, kServer, kForger };

// What the signatures by `server` amount to.
SignedBy CheckServer(const Pdu& pdu, std::string_view signed_text,
                     const std::vector<PduSignature>& signatures, std::string_view server,
                     KeyLookup keys) {
  SignedBy result = SignedBy::kNobody;
  for (const PduSignature& signature : signatures) {
    if (signature.server != server) continue;
    const std::optional<VerifyKey> key = keys(server, signature.key_id);
    if (!key || !WasValidAt(*key, pdu.origin_server_ts, *pdu.version)) continue;
    if (!crypto::VerifyBase64(key->public_key, signed_text, signature.signature)) {
      return SignedBy::kForger;
    }
    result = SignedBy::kServer;
  }
  return result;
}

bool HashMatches(const json::Object& event, const std::string& expected) {
  return json::StringOr(*json::FindObject(event, "hashes"), "sha256", "") == expected;
}

}  // namespace

std::vector<std::string> UnverifiedPdu::RequiredSigners() const {
  std::vector<std::string> servers;
  if (!IsThirdPartyInvite(*pdu_)) servers.emplace_back(pdu_->sender.server_name());
  if (pdu_->version->event_id_format == EventIdFormat::kInEvent) {
    std::string server(pdu_->event_id.server_name());
    if (std::find(servers.begin(), servers.end(), server) == servers.end()) {
      servers.push_back(std::move(server));
    }
  }
  return servers;
}

std::optional<std::string> UnverifiedPdu::Authoriser() const {
  if (!pdu_->version->AllowsRestrictedJoins() || pdu_->type != kMember) return std::nullopt;
  if (!pdu_->content.Has(kAuthoriserKey)) return std::nullopt;
  const absl::StatusOr<UserId> user =
      UserId::Parse(json::StringOr(pdu_->content, kAuthoriserKey, ""));
  return user.ok() ? std::string(user->server_name()) : std::string();
}

absl::StatusOr<UnverifiedPdu> PduDoor::Receive(json::Object event, const RoomVersion& version) {
  event.Erase("unsigned");
  const EventText text = EventText::Of(event);
  UnverifiedPdu received;
  PARLEY_TRY(Pdu pdu, ReadShape(event, version));
  pdu.bytes = text.Whole();
  if (pdu.bytes.size() > kMaxPduBytes) return TooLarge("The event is larger than 65536 bytes");
  received.content_hash_matches_ = HashMatches(event, HashOf(text.HashedText()));
  received.signed_text_ =
      text.SignedText(version, json::Serialize(RedactContent(version, pdu.type, pdu.content)));
  received.signatures_ = ReadSignatures(event);
  SetIdsFromHash(pdu, received.signed_text_);
  received.pdu_ = std::make_shared<const Pdu>(std::move(pdu));
  return received;
}

absl::StatusOr<VerifiedPdu> PduDoor::Verify(UnverifiedPdu event, KeyLookup keys) {
  const Pdu& pdu = *event.pdu_;
  for (const std::string& server : event.RequiredSigners()) {
    if (CheckServer(pdu, event.signed_text_, event.signatures_, server, keys) != SignedBy::kServer) {
      return Forbidden(StrCat("The event has no valid signature of ", server));
    }
  }
  VerifiedPdu verified;
  if (const std::optional<std::string> server = event.Authoriser()) {
    verified.signed_by_authoriser_ =
        CheckServer(pdu, event.signed_text_, event.signatures_, *server, keys) == SignedBy::kServer;
  }
  verified.redacted_ = !event.content_hash_matches_;
  verified.pdu_ = std::move(event.pdu_);
  if (verified.redacted_) {
    PARLEY_TRY(verified.pdu_, Redact(*verified.pdu_));
  }
  return verified;
}

VerifiedPdu PduDoor::OwnWork(PduPtr pdu) {
  VerifiedPdu verified;
  verified.pdu_ = std::move(pdu);
  return verified;
}

absl::StatusOr<UnverifiedPdu> ParsePdu(std::string_view bytes, const RoomVersion& version) {
  const json::Limits limits{.canonical_numbers = version.strict_canonical_json};
  PARLEY_TRY(json::Object event, json::ParseObject(bytes, limits));
  return PduDoor::Receive(std::move(event), version);
}

absl::StatusOr<UnverifiedPdu> ParsePdu(json::Object event, const RoomVersion& version) {
  if (version.strict_canonical_json) PARLEY_RETURN_IF_ERROR(CheckCanonicalNumbers(event));
  return PduDoor::Receive(std::move(event), version);
}

absl::StatusOr<VerifiedPdu> VerifyPdu(UnverifiedPdu event, KeyLookup keys) {
  return PduDoor::Verify(std::move(event), keys);
}

}  // namespace parley::event
