#pragma once

#include <string>
#include <string_view>

#include <absl/time/time.h>

#include "services/parley/config.h"
#include "services/parley/doctor/report.h"

// What `parley doctor` looks at, one function for each. Every wait is bounded by a few seconds.
namespace parley::doctor {

// The folder that holds everything, and the room on its disk.
void CheckDataFolder(const Config& config, Report& report);
// The signing key: there, readable, and by its owner alone.
void CheckSigningKey(const Config& config, Report& report);
// The store's server, when it is one.
void CheckDatabase(const Config& config, Report& report);
void CheckRedis(const Config& config, Report& report);
// As another server finds this one: well-known, SRV, address, certificate, and the key that it gets
// there. Server-Server API, "Resolving server names".
void CheckFederation(const Config& config, Report& report);
// As a client finds it. Client-Server API, "Well-known URI".
void CheckClients(const Config& config, Report& report);
void CheckTurn(const Config& config, Report& report);
// Against the clock of a notary.
void CheckClock(const Config& config, Report& report);

// What a database says of itself.
struct DatabaseFacts {
  int standbys = 0;
  int synchronous_standbys = 0;
  absl::Duration ahead;  // its clock, of ours
};
void JudgeDatabase(const DatabaseFacts& facts, Report& report);

// `ahead`: another clock, of ours. `whose`: as in "the clock of example.org".
void JudgeClock(absl::Duration ahead, std::string_view whose, Report& report);

// "turn:turn.example.org:3478?transport=udp", RFC 7065.
struct TurnUri {
  std::string host;
  uint16_t port = 0;
  bool tls = false;
  bool udp = true;
};
absl::StatusOr<TurnUri> ParseTurnUri(std::string_view text);

}  // namespace parley::doctor
