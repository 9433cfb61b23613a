#include "services/events/read/lazy_members.h"

#include <string>
#include <tuple>

#include <absl/hash/hash.h>

namespace parley::events {
namespace {

uint64_t Hash(std::string_view user_id, std::string_view device_id, std::string_view room_id,
              int64_t event_pos) {
  using Key = std::tuple<std::string, std::string, std::string, int64_t>;
  return absl::Hash<Key>()(Key(user_id, device_id, room_id, event_pos));
}

}  // namespace

bool LazyMembers::WasSent(std::string_view user_id, std::string_view device_id,
                          std::string_view room_id, int64_t event_pos) const {
  absl::MutexLock lock(&mutex_);
  return sent_.contains(Hash(user_id, device_id, room_id, event_pos));
}

void LazyMembers::Sent(std::string_view user_id, std::string_view device_id,
                       std::string_view room_id, int64_t event_pos) {
  absl::MutexLock lock(&mutex_);
  if (sent_.size() >= capacity_) sent_.clear();
  sent_.insert(Hash(user_id, device_id, room_id, event_pos));
}

}  // namespace parley::events
