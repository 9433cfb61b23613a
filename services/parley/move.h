#pragma once

#include <iosfwd>
#include <string>

#include <absl/status/status.h>

#include "services/parley/config.h"

namespace parley {

// A server on this machine, stopped, with an embedded store.
struct MoveSource {
  std::string data_dir;
  std::string store_path = {};  // empty: parley.db in data_dir
};

// Carries all that the source's store holds into the PostgreSQL of `config`, which is that of the
// cluster; incarnation and streams too, so that every token stays good. Then compares both sides
// row by row. A move that was broken off goes on where it stopped when it is run again; until it
// has ended, no server starts on the database. Writes progress to `out`, and at the end what is
// left to do. The source is not changed.
//
// FailedPrecondition, one sentence: a server runs on the source; the database is not empty; either
// side's schema is not this binary's; name or number of partitions are others than in `config`.
absl::Status Move(const Config& config, const MoveSource& source, std::ostream& out);

}  // namespace parley
