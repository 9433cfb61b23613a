#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/functional/any_invocable.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "parley/accounts/v1/accounts.pb.h"

namespace parley::gateway {

// What this gateway remembers of one user who syncs here: the last answer of `accounts`, so that a sync with news in one
// room asks nobody but that room's owner. Always a cache: everything in it can be read again.
struct UserSnapshot {
  int64_t accounts_position = 0;
  std::vector<accounts::v1::Membership> memberships;
  std::string push_rule_changes;
  std::vector<std::string> ignored_users;
};

// What a device is owed in every answer, whatever changed.
struct DeviceSnapshot {
  int64_t accounts_position = 0;
  std::vector<std::pair<std::string, int64_t>> one_time_keys;
  std::vector<std::string> unused_fallback_types;
  // The device has had the to-device messages up to here, and `accounts` knows it.
  int64_t to_device_acknowledged = 0;
  // Its inbox holds more than the last answer took.
  bool more_to_device = false;
};

// One user's sync sessions on this gateway: the snapshot above and the requests that wait.
//
// Threads: safe from any.
class Session {
 public:
  using Wake = absl::AnyInvocable<void()>;

  explicit Session(std::string user_id) : user_id_(std::move(user_id)) {}

  const std::string& user_id() const { return user_id_; }

  std::shared_ptr<const UserSnapshot> user() const;
  std::shared_ptr<const DeviceSnapshot> device(std::string_view device_id) const;
  // Keeps the newer of what is known and what is given.
  void Remember(std::shared_ptr<const UserSnapshot> user, std::string_view device_id,
                std::shared_ptr<const DeviceSnapshot> device);
  // The device is gone from here (logout).
  void Drop(std::string_view device_id);

  // Grows with each wake. Read it before looking for news, and hand it to Park.
  uint64_t wakes() const;
  // Calls `wake` once, at the next wake, on the thread that brings it: it must be short. Returns 0, and keeps nothing, if
  // there was a wake since `seen`: look again. Otherwise a ticket for Unpark.
  uint64_t Park(uint64_t seen, Wake wake);
  // After it returns, the ticket's wake is not called any more (it may have been before).
  void Unpark(uint64_t ticket);
  // Something of this user's may have changed.
  void WakeAll();

  bool HasWaiters() const;
  absl::Time last_used() const;
  void Touch(absl::Time now);

 private:
  const std::string user_id_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const UserSnapshot> user_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::shared_ptr<const DeviceSnapshot>> devices_
      ABSL_GUARDED_BY(mutex_);
  uint64_t wakes_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t next_ticket_ ABSL_GUARDED_BY(mutex_) = 1;
  std::vector<std::pair<uint64_t, Wake>> waiters_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_used_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

// All sessions of this gateway, and which of them listen to which room.
//
// Threads: safe from any. Memory: sessions unused for `idle` and with nobody waiting are dropped by Sweep.
class SessionTable {
 public:
  std::shared_ptr<Session> Get(std::string_view user_id, absl::Time now);
  // The user's session if there is one; does not count as a use.
  std::shared_ptr<Session> Find(std::string_view user_id) const;
  // The rooms whose wakes this session wants from now on; replaces what it listened to.
  void Listen(const std::shared_ptr<Session>& session, std::vector<std::string> room_ids);

  void WakeUser(std::string_view user_id);
  void WakeRoom(std::string_view room_id);
  void WakeEverybody();
  // Everybody who listens to such a room, or is such a user: after lost wakes of a whole partition.
  void WakeRoomsIf(const std::function<bool(std::string_view room_id)>& matches);
  void WakeUsersIf(const std::function<bool(std::string_view user_id)>& matches);

  void Sweep(absl::Time now, absl::Duration idle);
  size_t size() const;
  size_t waiting() const;

 private:
  struct Entry {
    std::shared_ptr<Session> session;
    absl::flat_hash_set<std::string> rooms;
  };
  using Sessions = std::vector<std::shared_ptr<Session>>;

  void StopListening(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> sessions_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Sessions> listeners_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::gateway
