#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "services/accounts/deps.h"

namespace parley::accounts {

// Filters that a user has stored (Client-Server API, "Filtering"). Threads: every method may be called from any.
class Filters {
 public:
  explicit Filters(const Deps& deps) : deps_(deps) {}

  // The filter's id; the same filter gets the same. M_NOT_JSON, M_BAD_JSON.
  absl::StatusOr<std::string> Create(const UserId& user, std::string_view body);
  // As JSON. M_NOT_FOUND.
  absl::StatusOr<std::string> Get(const UserId& user, std::string_view filter_id);

 private:
  const Deps deps_;
};

}  // namespace parley::accounts
