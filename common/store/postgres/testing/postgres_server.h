#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/testing/temporary_folder.h"

namespace parley::store {

// A real PostgreSQL server of its own, reached by a socket in a temporary folder, for the life of
// the object. Everybody on the machine who may open the folder is let in as the user "parley".
// Threads: one.
class PostgresServer {
 public:
  // `settings`: more of the server's, such as "fsync=off".
  explicit PostgresServer(std::vector<std::string> settings = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // What to connect to.
  const std::string& host() const { return folder_.path(); }
  // Makes an empty database.
  void CreateDatabase(const std::string& name);
  // Runs statements there, as a client of its own.
  void Run(const std::string& database, const std::string& sql);

  // At once, as in a loss of power of the process; its data stay.
  void Kill();
  // Returns when it accepts connections.
  void Start();

 private:
  std::vector<std::string> settings_;
  TemporaryFolder folder_;
  pid_t pid_ = -1;
};

}  // namespace parley::store
