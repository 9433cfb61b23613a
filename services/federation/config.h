#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/time/time.h>

namespace parley::federation {

// All options of the service.
struct Config {
  std::string server_name = "localhost";
  uint32_t partitions = 256;

  // A PEM file of authorities that other servers' certificates may come from besides the system's.
  std::string ca_file;
  // Blocks of addresses: requests leave for the public Internet alone, and what `allow` names;
  // never for what `deny` names.
  std::vector<std::string> allow_addresses;
  std::vector<std::string> deny_addresses;
  // Servers that are asked for the keys of those that don't answer.
  std::vector<std::string> notaries;
  // One request to another server, finding it included.
  absl::Duration request_timeout = absl::Seconds(30);
  // The same for one whose answer may be large (a room's whole state).
  absl::Duration long_request_timeout = absl::Minutes(3);
  // For how long others may trust our keys before they ask again.
  absl::Duration key_lifetime = absl::Hours(24);
  // Event loops of outbound requests, and threads that fetch keys.
  int client_threads = 2;
  int key_threads = 32;
};

}  // namespace parley::federation
