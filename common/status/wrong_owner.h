#pragma once

#include <string>
#include <string_view>

#include <absl/status/status.h>

namespace parley {

// "Another process owns what this call is about; nothing was done": Aborted, with a payload that
// survives the wire. Whoever made the call asks the owner instead. `address`: where it is, if known.
absl::Status WrongOwner(std::string_view what, std::string_view address = "");

bool IsWrongOwner(const absl::Status& status);

// Of a WrongOwner: the owner's address, empty if it was not known.
std::string RightAddress(const absl::Status& status);

}  // namespace parley
