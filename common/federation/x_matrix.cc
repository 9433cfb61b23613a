#include "common/federation/x_matrix.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/crypto/base64.h"
#include "common/crypto/json_signature.h"
#include "common/status/matrix_error.h"

namespace parley::federation {
namespace {

constexpr std::string_view kScheme = "X-Matrix";
constexpr size_t kMaxParameters = 32;

// RFC 9110 5.6.2, and the colon, which old servers leave outside of quotes.
bool IsTokenChar(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~:/=";
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kMarks.find(c) != kMarks.npos;
}

// A cursor over the header's parameters.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  void SkipSpace() {
    while (!done() && (text_.front() == ' ' || text_.front() == '\t')) text_.remove_prefix(1);
  }
  bool Skip(char c) {
    if (done() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Lower case; empty when there is none.
  std::string Name() {
    std::string name;
    while (!done() && text_.front() != '=' && IsTokenChar(text_.front())) name += Take();
    absl::AsciiStrToLower(&name);
    return name;
  }
  std::optional<std::string> Value() { return Skip('"') ? Quoted() : Token(); }

 private:
  char Take() {
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }
  std::string Token() {
    std::string token;
    while (!done() && IsTokenChar(text_.front())) token += Take();
    return token;
  }
  std::optional<std::string> Quoted() {
    std::string value;
    while (!done()) {
      const char c = Take();
      if (c == '"') return value;
      if (c == '\\' && done()) break;
      value += c == '\\' ? Take() : c;
    }
    return std::nullopt;
  }

  std::string_view text_;
};

// Where the parameter `name` is kept; null for those that mean nothing to us.
std::optional<std::string>* Place(std::string_view name, std::optional<std::string> (&places)[4]) {
  if (name == "origin") return &places[0];
  if (name == "destination") return &places[1];
  if (name == "key") return &places[2];
  if (name == "sig") return &places[3];
  return nullptr;
}

bool ReadParameter(Scanner& scanner, std::optional<std::string> (&places)[4]) {
  const std::string name = scanner.Name();
  if (name.empty() || !scanner.Skip('=')) return false;
  std::optional<std::string> value = scanner.Value();
  if (!value) return false;
  std::optional<std::string>* place = Place(name, places);
  if (place == nullptr) return true;
  if (place->has_value()) return false;
  *place = std::move(value);
  return true;
}

bool ReadParameters(std::string_view text, std::optional<std::string> (&places)[4]) {
  Scanner scanner(text);
  for (size_t count = 0; count < kMaxParameters; ++count) {
    scanner.SkipSpace();
    if (!ReadParameter(scanner, places)) return false;
    scanner.SkipSpace();
    if (scanner.done()) return true;
    if (!scanner.Skip(',')) return false;
  }
  return false;
}

std::string Quote(std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

json::Object ToObject(const SignedRequest& request) {
  json::Object object{{"method", request.method},
                      {"uri", request.uri},
                      {"origin", request.origin},
                      {"destination", request.destination}};
  if (request.content != nullptr) object.Set("content", *request.content);
  return object;
}

absl::Status CheckSignature(std::string_view bytes, const XMatrix& claim,
                            std::string_view public_key) {
  const auto signature = crypto::DecodeBase64(claim.signature);
  if (signature && crypto::Verify(public_key, bytes, *signature)) return absl::OkStatus();
  return Matrix(401, "M_UNAUTHORIZED", "The request's signature is not valid");
}

}  // namespace

std::optional<XMatrix> ParseXMatrix(std::string_view header) {
  if (!absl::StartsWithIgnoreCase(Abs(header), Abs(kScheme))) return std::nullopt;
  header.remove_prefix(kScheme.size());
  if (!header.starts_with(' ')) return std::nullopt;
  std::optional<std::string> places[4];
  if (!ReadParameters(header, places)) return std::nullopt;
  const auto& [origin, destination, key, sig] = places;
  if (!origin || !key || !sig || key->empty() || sig->empty()) return std::nullopt;
  if (!IsValidServerName(*origin)) return std::nullopt;
  return XMatrix{*origin, destination.value_or(""), *key, *sig};
}

std::string FormatXMatrix(const XMatrix& parameters) {
  return StrCat(kScheme, " origin=", Quote(parameters.origin),
                ",destination=", Quote(parameters.destination), ",key=", Quote(parameters.key_id),
                ",sig=", Quote(parameters.signature));
}

std::string SignRequest(const SignedRequest& request, const crypto::SigningKey& key) {
  const std::string signature = key.Sign(crypto::SignedBytes(ToObject(request)));
  return FormatXMatrix({std::string(request.origin), std::string(request.destination), key.id(),
                        crypto::EncodeBase64(signature)});
}

absl::Status VerifyRequest(const SignedRequest& request, const XMatrix& claim,
                           std::string_view public_key) {
  return CheckSignature(crypto::SignedBytes(ToObject(request)), claim, public_key);
}

absl::Status VerifyRequest(const SignedRequest& request, std::string_view canonical_content,
                           const XMatrix& claim, std::string_view public_key) {
  SignedRequest without = request;
  without.content = nullptr;
  // "content" is the first of the members in canonical JSON.
  const std::string rest = crypto::SignedBytes(ToObject(without));
  return CheckSignature(
      StrCat("{\"content\":", canonical_content, ",", std::string_view(rest).substr(1)), claim,
      public_key);
}

}  // namespace parley::federation
