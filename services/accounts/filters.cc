#include "services/accounts/filters.h"

#include <absl/strings/numbers.h>

#include "common/base/strings.h"
#include "common/filter/parse.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"
#include "services/accounts/tables/filters.h"

namespace parley::accounts {

absl::StatusOr<std::string> Filters::Create(const UserId& user, std::string_view body) {
  PARLEY_TRY(const json::Object object, ParseBody(body));
  PARLEY_RETURN_IF_ERROR(filter::ParseFilter(object).status());
  const std::string canonical = json::Serialize(object);
  PARLEY_TRY(const LockedAccount account, deps_.accounts.LockExisting(user));
  std::optional<int64_t> known;
  int64_t next = 0;
  const auto find = [&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(known, tables::FindFilterId(reader, account->partition, user.str(), canonical));
    PARLEY_TRY(next, tables::NextFilterId(reader, account->partition, user.str()));
    return absl::OkStatus();
  };
  PARLEY_RETURN_IF_ERROR(deps_.store.Read(find));
  if (known) return std::to_string(*known);
  if (static_cast<size_t>(next) >= deps_.config.max_filters) {
    return Matrix(400, "M_RESOURCE_LIMIT_EXCEEDED", "This account has too many filters");
  }
  store::Batch batch;
  tables::PutFilter(batch, account->partition, user.str(), next, canonical);
  PARLEY_RETURN_IF_ERROR(deps_.changes.CommitQuietly(account->partition, std::move(batch)));
  return std::to_string(next);
}

absl::StatusOr<std::string> Filters::Get(const UserId& user, std::string_view filter_id) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(Abs(filter_id), &number)) return NotFound("There is no such filter");
  std::optional<std::string> found;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(found, tables::FindFilter(reader, deps_.accounts.PartitionOfUser(user), user.str(), number));
    return absl::OkStatus();
  }));
  if (!found) return NotFound("There is no such filter");
  return *std::move(found);
}

}  // namespace parley::accounts
