#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/time/time.h>

namespace parley::accounts {

// All options of accounts; the field's comment is its text in the documentation.
struct Config {
  // What stands behind the ':' of our users' ids.
  std::string server_name = "localhost";
  // Into how many partitions users are divided; set when a deployment is created.
  uint32_t partitions = 256;

  // Anybody may register with m.login.dummy. Leave it off on a public server.
  bool open_registration = false;
  // Whoever knows one of these may register with m.login.registration_token.
  std::vector<std::string> registration_tokens;
  // Guests may register (POST /register?kind=guest).
  bool allow_guests = false;
  // Whoever knows this may make accounts through /_synapse/admin/v1/register; empty: nobody.
  std::string registration_shared_secret;
  // Localparts that nobody may register; a trailing '*' stands for any ending.
  std::vector<std::string> reserved_localparts;

  // Cost of argon2id: passes, and memory in KiB.
  uint32_t password_passes = 2;
  uint32_t password_memory_kib = 64 * 1024;
  // Passwords that are checked at one time; others wait.
  uint32_t password_checks_at_once = 4;

  // How long an access token lives that was asked for with a refresh token; others do not expire.
  absl::Duration access_token_lifetime = absl::Hours(1);
  // How long an m.login.token lives.
  absl::Duration login_token_lifetime = absl::Minutes(2);
  absl::Duration openid_token_lifetime = absl::Hours(1);
  // How long a user may take between the steps of user-interactive authentication.
  absl::Duration uia_session_lifetime = absl::Minutes(15);

  // Wrong passwords of one user that are taken at once, and how often a further one is; 0: no limit.
  double login_failure_burst = 10;
  absl::Duration login_failure_interval = absl::Minutes(1);

  // Users whose account is kept in memory.
  size_t cached_users = 20'000;
  // To-device messages of a transaction are remembered so long, so that a retry doubles nothing.
  absl::Duration transaction_retention = absl::Hours(24);

  // What may wait for one device: messages, and their bytes. Beyond either the oldest tenth goes; sending never fails.
  size_t max_inbox_messages = 10'000;
  size_t max_inbox_bytes = 50 << 20;

  // Bounds of what one user may store.
  size_t max_account_data_bytes = 1 << 20;
  size_t max_filters = 1'000;
  size_t max_devices = 1'000;
  size_t max_one_time_keys = 1'000;
};

}  // namespace parley::accounts
