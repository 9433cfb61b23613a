#include "common/status/wrong_owner.h"

#include <absl/strings/cord.h>
#include <absl/strings/str_cat.h>

namespace parley {
namespace {

constexpr char kRightAddress[] = "parley/right-address";

}  // namespace

absl::Status WrongOwner(std::string_view what, std::string_view address) {
  absl::Status status = absl::AbortedError(
      absl::StrCat("another process owns ", absl::string_view(what.data(), what.size())));
  status.SetPayload(kRightAddress, absl::Cord(absl::string_view(address.data(), address.size())));
  return status;
}

bool IsWrongOwner(const absl::Status& status) {
  return status.GetPayload(kRightAddress).has_value();
}

std::string RightAddress(const absl::Status& status) {
  const auto address = status.GetPayload(kRightAddress);
  return address ? std::string(*address) : std::string();
}

}  // namespace parley
