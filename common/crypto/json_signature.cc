#include "common/crypto/json_signature.h"

#include <algorithm>
#include <vector>

#include "common/base/strings.h"
#include "common/crypto/base64.h"
#include "common/json/splice.h"
#include "common/status/matrix_error.h"

namespace parley::crypto {
namespace {

constexpr std::string_view kSignatures = "signatures";
constexpr std::string_view kUnsigned = "unsigned";

json::Object& ObjectAt(json::Object& parent, std::string_view key) {
  const json::Value* present = parent.Find(key);
  if (present == nullptr || !present->is_object()) parent.Set(key, json::Object());
  return *parent.Find(key)->AsObject();
}

}  // namespace

std::string SignedBytes(const json::Object& object) {
  std::vector<const json::Object::Member*> members;
  members.reserve(object.size());
  for (const auto& member : object) {
    if (member.first != kSignatures && member.first != kUnsigned) members.push_back(&member);
  }
  std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return a->first < b->first; });
  std::string bytes;
  json::Writer writer(bytes);
  writer.BeginObject();
  for (const auto* member : members) writer.Key(member->first).Add(member->second);
  writer.EndObject();
  return bytes;
}

void SignJson(json::Object& object, std::string_view signer, const SigningKey& key) {
  const std::string signature = EncodeBase64(key.Sign(SignedBytes(object)));
  ObjectAt(ObjectAt(object, kSignatures), signer).Set(key.id(), signature);
}

std::string SignatureIn(const json::Object& object, std::string_view signer,
                        std::string_view key_id) {
  const json::Object* signatures = json::FindObject(object, kSignatures);
  const json::Object* by_signer = signatures ? json::FindObject(*signatures, signer) : nullptr;
  const std::string* text = by_signer ? json::FindString(*by_signer, key_id) : nullptr;
  return text ? DecodeBase64(*text).value_or("") : "";
}

absl::Status VerifyJson(const json::Object& object, std::string_view signer,
                        std::string_view key_id, std::string_view public_key) {
  const std::string signature = SignatureIn(object, signer, key_id);
  if (signature.empty()) {
    return Matrix(401, "M_UNAUTHORIZED", StrCat("No signature by ", signer, " with ", key_id));
  }
  if (!Verify(public_key, SignedBytes(object), signature)) {
    return Matrix(401, "M_UNAUTHORIZED", StrCat("Bad signature by ", signer, " with ", key_id));
  }
  return absl::OkStatus();
}

}  // namespace parley::crypto
