#include "services/gateway/sync/filter_cache.h"

#include "common/filter/parse.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"

namespace parley::gateway {

absl::StatusOr<std::shared_ptr<const SyncFilter>> FilterCache::Get(const rpc::Call& call,
                                                                   std::string_view user_id,
                                                                   std::string_view parameter) {
  if (parameter.empty()) return SyncFilter::Default();
  const std::pair<std::string, std::string> key(user_id, parameter);
  {
    absl::MutexLock lock(&mutex_);
    const auto found = filters_.find(key);
    if (found != filters_.end()) return found->second;
  }
  PARLEY_TRY(auto filter, Load(call, user_id, parameter));
  absl::MutexLock lock(&mutex_);
  if (filters_.size() >= capacity_) filters_.clear();
  filters_[key] = filter;
  return filter;
}

absl::StatusOr<std::shared_ptr<const SyncFilter>> FilterCache::Load(const rpc::Call& call,
                                                                    std::string_view user_id,
                                                                    std::string_view parameter) {
  if (filter::IsInline(parameter)) return SyncFilter::Parse(parameter);
  accounts::v1::GetFilterRequest request;
  request.set_user_id(std::string(user_id));
  request.set_filter_id(std::string(parameter));
  const auto stored = accounts_.GetFilter(call, request);
  if (HasErrcode(stored.status(), "M_NOT_FOUND")) return InvalidParam("There is no such filter");
  if (!stored.ok()) return stored.status();
  return SyncFilter::Parse(stored->json());
}

}  // namespace parley::gateway
