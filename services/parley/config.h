#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/config/table.h"
#include "services/accounts/config.h"
#include "services/calls/config.h"
#include "services/events/config.h"
#include "services/federation/config.h"
#include "services/gateway/config.h"
#include "services/media/config.h"
#include "services/presence/config.h"
#include "services/profile/config.h"

namespace parley {

// All options of the program; each service has a struct of its own. Their names and texts are in options.cc.
struct Config {
  std::string server_name = "localhost";
  std::string data_dir = "data";
  uint32_t partitions = 256;
  std::string signing_key_path;

  struct Listen {
    std::string client = "127.0.0.1:8008";
    std::string federation;
    std::string metrics = "127.0.0.1:9008";
    std::string rpc;
    std::string rpc_advertise;
  } listen;

  // Where the services that do not run in this process are.
  struct Services {
    std::string accounts, events, presence, profile, calls, federation, media;
  } services;

  struct Rpc {
    int threads = 64;
    size_t max_queued = 4096;
    std::string token;
  } rpc;

  struct Leases {
    absl::Duration lifetime = absl::Seconds(10);
    absl::Duration heartbeat = absl::Milliseconds(500);
  } leases;

  struct Bus {
    std::string url = "memory";
    std::string user;
    std::string password;
    bool drop_all = false;
  } bus;

  struct Store {
    std::string engine = "sqlite";
    std::string path;
    size_t read_connections = 16;
    size_t writer_cache = 64 << 20;
    size_t reader_cache = 4 << 20;
    struct Postgres {
      std::string host = "localhost";
      uint16_t port = 5432;
      std::string database = "parley";
      std::string user = "parley";
      std::string password;
      std::string ssl_mode = "prefer";
      std::string ssl_root_cert;
      absl::Duration connect_timeout = absl::Seconds(5);
      absl::Duration statement_timeout = absl::Seconds(30);
    } postgres;
  } store;

  // Processes share one store, and find each other through it.
  bool is_cluster() const { return store.engine == "postgres"; }

  // The listener of other servers.
  struct Federation {
    bool on_client_listener = false;
    std::string tls_certificate;
    std::string tls_key;
    int handler_threads = 0;
  } inbound;

  struct Log {
    std::string format = "plain";
    std::string level = "info";
  } log;

  std::optional<bool> rate_limits;
  std::optional<bool> open_registration;

  accounts::Config accounts;
  calls::Config calls;
  events::Config events;
  federation::Config federation;
  gateway::Config gateway;
  gateway::Config federation_gateway;  // of its own listener; follows from the other
  media::Config media;
  presence::Config presence;
  profile::Config profile;
};

// The one table that says everything about every option. Borrows `config`.
config::Table OptionsOf(Config& config);

// Fills in what follows from other options: paths below data_dir, `auto` values, what services share. InvalidArgument with
// one sentence when options contradict each other. Once, after loading.
absl::Status Complete(Config& config);

// "127.0.0.1:8008", "[::1]:0" as host and port.
struct Endpoint {
  std::string host;
  uint16_t port = 0;
  bool is_loopback() const;
};
absl::StatusOr<Endpoint> ParseEndpoint(const std::string& text);

}  // namespace parley
