#include "services/federation/key_fetcher.h"

#include <algorithm>

#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/crypto/json_signature.h"
#include "common/http/uri.h"
#include "common/status/macros.h"

namespace parley::federation {
namespace {

constexpr size_t kMaxDocument = 256 << 10;
constexpr size_t kMaxNotaryAnswer = 2 << 20;
constexpr size_t kMaxNotaryDocuments = 32;
constexpr absl::Duration kTimeout = absl::Seconds(10);

rpc::Call Sooner(const rpc::Call& call) {
  return {std::min(call.deadline, absl::Now() + kTimeout), call.request_id};
}

bool IsSignedBy(const json::Object& document, const KeyDocument& notary) {
  return std::any_of(notary.keys.begin(), notary.keys.end(), [&](const PublishedKey& key) {
    return !key.expired_ms &&
           crypto::VerifyJson(document, notary.server_name, key.key_id, key.public_key).ok();
  });
}

}  // namespace

absl::StatusOr<KeyDocument> KeyFetcher::FromServer(const rpc::Call& call,
                                                   const std::string& server_name) const {
  PARLEY_TRY(json::Object document, requests_.GetPublic(Sooner(call), server_name,
                                                        "/_matrix/key/v2/server", kMaxDocument));
  return ReadKeyDocument(std::move(document), server_name, clock_.Now());
}

absl::StatusOr<std::vector<KeyDocument>> KeyFetcher::FromNotary(const rpc::Call& call,
                                                                const KeyDocument& notary_keys,
                                                                const std::string& server_name,
                                                                int64_t valid_at_ms) const {
  const std::string path = StrCat("/_matrix/key/v2/query/", http::PercentEncode(server_name),
                                  "?minimum_valid_until_ts=", valid_at_ms);
  PARLEY_TRY(const json::Object answer,
             requests_.GetPublic(Sooner(call), notary_keys.server_name, path, kMaxNotaryAnswer));
  const json::Array* documents = json::FindArray(answer, "server_keys");
  if (documents == nullptr) return absl::UnavailableError("no answer of a notary");
  std::vector<KeyDocument> found;
  for (const json::Value& value : *documents) {
    const json::Object* document = value.AsObject();
    if (found.size() == kMaxNotaryDocuments) break;
    if (document == nullptr || !IsSignedBy(*document, notary_keys)) continue;
    auto read = ReadKeyDocument(*document, server_name, clock_.Now());
    if (read.ok()) found.push_back(*std::move(read));
  }
  return found;
}

}  // namespace parley::federation
