#include "common/bus/wake_keys.h"

#include "common/base/strings.h"

namespace parley::bus {
namespace {

constexpr std::string_view kTokens = "tokens ";

}  // namespace

std::string TokensKey(std::string_view user_id) {
  return StrCat(kTokens, user_id);
}

std::optional<std::string_view> UserOfTokensKey(std::string_view key) {
  if (!key.starts_with(kTokens)) return std::nullopt;
  return key.substr(kTokens.size());
}

}  // namespace parley::bus
