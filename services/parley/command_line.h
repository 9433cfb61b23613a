#pragma once

#include <functional>
#include <string>

namespace parley {

struct CommandLine {
  enum class Command { kServe, kMigrate, kMove, kCitus, kDoctor, kCheckConfig, kPrintConfig, kPrintReference };

  Command command = Command::kServe;
  std::string config_path;
  std::string target;
  bool restored = false;   // with kMigrate
  std::string move_from;   // a data folder
  std::string move_store;  // its store's file; empty: where the folder has it by default
};

// What main() does with a parsed command line; returns the exit status.
using RunCommand = std::function<int(const CommandLine&)>;

// Parses the arguments and calls `run`; prints help, version or a complaint instead when that is due.
int ParseAndRun(int argc, char** argv, const RunCommand& run);

}  // namespace parley
