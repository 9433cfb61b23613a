#pragma once

#include <optional>
#include <string>
#include <string_view>

// Keys of wakes that services agree on beside ids of rooms and users.
namespace parley::bus {

// Of `accounts`, beside the user's id: access tokens of the user ended, or allow something else
// now. Whoever keeps what a token stands for drops it.
std::string TokensKey(std::string_view user_id);

// The user of such a key; nullopt for every other key. A view into `key`.
std::optional<std::string_view> UserOfTokensKey(std::string_view key);

}  // namespace parley::bus
