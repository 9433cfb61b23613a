#include "common/event/received_pdu.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
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
    const std::optional<std::string> bytes = crypto::DecodeBase64(signature.signature);
    if (!bytes || !crypto::Verify(key->public_key, signed_text, *bytes)) return SignedBy::kForger;
    result = SignedBy::kServer;
  }
  return result;
}

bool HashMatches(const json::Object& event, std::string_view hashed_text) {
  const std::string_view claimed = json::StringOr(*json::FindObject(event, "hashes"), "sha256", "");
  return crypto::DecodeBase64(claimed) == crypto::Sha256(hashed_text);
}

// The server of the user who lets this event's user in; empty for one that is no user id.
std::optional<std::string> AuthoriserOf(const Pdu& pdu) {
  if (!pdu.version->AllowsRestrictedJoins() || pdu.type != kMember) return std::nullopt;
  if (!pdu.content.Has(kAuthoriserKey)) return std::nullopt;
  const absl::StatusOr<UserId> user =
      UserId::Parse(json::StringOr(pdu.content, kAuthoriserKey, ""));
  return user.ok() ? std::string(user->server_name()) : std::string();
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
  return AuthoriserOf(*pdu_);
}

absl::StatusOr<UnverifiedPdu> PduDoor::Receive(json::Object event, const RoomVersion& version) {
  event.Erase("unsigned");
  const EventText text = EventText::Of(event);
  UnverifiedPdu received;
  PARLEY_TRY(Pdu pdu, ReadShape(event, version));
  pdu.bytes = text.Whole();
  if (pdu.bytes.size() > kMaxPduBytes) return TooLarge("The event is larger than 65536 bytes");
  received.content_hash_matches_ = HashMatches(event, text.HashedText());
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
    if (CheckServer(pdu, event.signed_text_, event.signatures_, server, keys) !=
        SignedBy::kServer) {
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

VerifiedPdu PduDoor::OwnWork(PduPtr pdu, std::string_view signer) {
  VerifiedPdu verified;
  const std::optional<std::string> authoriser = AuthoriserOf(*pdu);
  verified.signed_by_authoriser_ = !authoriser || *authoriser == signer;
  verified.pdu_ = std::move(pdu);
  return verified;
}

absl::StatusOr<VerifiedPdu> PduDoor::WithSignature(const VerifiedPdu& event,
                                                   std::string_view signer, std::string bytes) {
  if (bytes.size() > kMaxPduBytes) return TooLarge("The event is larger than 65536 bytes");
  auto pdu = std::make_shared<Pdu>(*event);
  pdu->bytes = std::move(bytes);
  VerifiedPdu verified = event;
  verified.signed_by_authoriser_ |= AuthoriserOf(*pdu) == signer;
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
