#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/partition.h"
#include "parley/accounts/v1/accounts.pb.h"

namespace parley::accounts {

// What is kept in memory of one device.
struct Device {
  std::optional<std::string> display_name;
  int64_t last_seen_ms = 0;
  std::string last_seen_ip;
  std::string last_seen_agent;
  bool has_keys = false;
  // By algorithm; how many are left to claim.
  std::map<std::string, int64_t> one_time_keys;
  // Algorithm → the fallback key was never handed out.
  std::map<std::string, bool> fallback_unused;
  // Positions of the oldest and newest to-device message that waits; 0: none does.
  int64_t inbox_first = 0;
  int64_t inbox_last = 0;
  // All that wait: how many, and their bytes.
  int64_t inbox_count = 0;
  int64_t inbox_bytes = 0;
};

struct Datum {
  std::string content;
  int64_t position = 0;
};

struct UserFlags {
  bool is_admin = false;
  bool is_guest = false;
  bool is_deactivated = false;
  bool is_locked = false;
  bool is_suspended = false;
};

// Room id (empty: global) and type.
using DatumKey = std::pair<std::string, std::string>;

// A user as it is committed: all that /sync and most requests need, so that they ask no table. Keys, tokens, filters
// and backups stay in their tables. A value; AccountCache guards it.
struct Account {
  UserId id;
  Partition partition = 0;
  // False: no such user; all below is empty.
  bool exists = false;

  // Empty: nobody can log in with a password.
  std::string password_hash = {};
  UserFlags flags = {};
  int64_t created_at_ms = 0;

  // Changes to the default rules, in the stored form of common/push_rules.
  std::string push_rules = {};
  // Positions, in the stream of the user's partition, of the latest change of these; 0: never.
  int64_t push_rules_position = 0;
  int64_t device_list_position = 0;

  std::map<std::string, Device> devices = {};
  // By room id.
  std::map<std::string, v1::Membership> memberships = {};
  std::map<DatumKey, Datum> data = {};
  // Other users whose keys this user has signed → position of the latest signature.
  std::map<std::string, int64_t> users_signed = {};
  // Position of the latest change that /sync shows, to-device messages included.
  int64_t last_change = 0;

  // Null when there is no such device.
  Device* FindDevice(const std::string& device_id) {
    const auto found = devices.find(device_id);
    return found == devices.end() ? nullptr : &found->second;
  }
  const Device* FindDevice(const std::string& device_id) const {
    return const_cast<Account*>(this)->FindDevice(device_id);
  }
};

}  // namespace parley::accounts
