#include <iostream>
#include <optional>

#include <absl/synchronization/mutex.h>

#include "common/config/load.h"
#include "common/config/print.h"
#include "common/rpc/grpc/grpc_log.h"
#include "common/runtime/exit_deadline.h"
#include "common/runtime/log.h"
#include "common/runtime/signals.h"
#include "services/parley/citus.h"
#include "services/parley/command_line.h"
#include "services/parley/config.h"
#include "services/parley/doctor/doctor.h"
#include "services/parley/move.h"
#include "services/parley/process.h"
#include "services/parley/targets.h"

namespace parley {
namespace {

// What takes requests has two graces of five seconds; threads that wait for other processes, which stop too, have the rest.
constexpr absl::Duration kLongestShutdown = absl::Seconds(12);

int Complain(const absl::Status& status) {
  std::cerr << "parley: " << status.message() << "\n";
  return 1;
}

// Debian's Abseil looks for lock cycles at every lock; that is for tests, which keep it.
void SkipDeadlockDetection() {
#ifdef NDEBUG
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

int Serve(const Config& config, const Targets& targets) {
  SkipDeadlockDetection();
  log::Init(config.log.format == "json" ? log::Format::kJson : log::Format::kPlain,
            log::LevelFromName(config.log.level));
  rpc::LogThroughOurs();
  StopSignal stop;
  std::optional<ExitDeadline> deadline;  // ends last
  const auto process = Process::Start(config, targets);
  if (absl::IsCancelled(process.status())) return 0;  // stopped while it stood by
  if (!process.ok()) return Complain(process.status());
  stop.Wait();
  deadline.emplace(kLongestShutdown);
  (*process)->Stop();
  return 0;
}

int Migrate(const Config& config, bool restored) {
  if (const absl::Status status = MigrateStore(config, restored); !status.ok()) return Complain(status);
  std::cout << "the store has the schema of this version\n";
  return 0;
}

int MoveInto(const Config& config, const CommandLine& line) {
  const absl::Status status = Move(config, {line.move_from, line.move_store}, std::cout);
  return status.ok() ? 0 : Complain(status);
}

int Run(const CommandLine& line) {
  using Command = CommandLine::Command;
  Config config;
  const config::Table options = OptionsOf(config);
  if (line.command == Command::kPrintReference) {
    std::cout << config::PrintReference(options);
    return 0;
  }
  if (line.command == Command::kCitus) {
    std::cout << CitusStatements();
    return 0;
  }
  if (const absl::Status status = config::Load(options, line.config_path); !status.ok()) return Complain(status);
  if (line.command == Command::kPrintConfig) {
    std::cout << config::PrintYaml(options);
    return 0;
  }
  if (const absl::Status status = Complete(config); !status.ok()) return Complain(status);
  const auto targets = Targets::Parse(line.target);
  if (!targets.ok()) return Complain(targets.status());
  if (line.command == Command::kCheckConfig) {
    std::cout << "the configuration is right\n";
    return 0;
  }
  if (line.command == Command::kMigrate) return Migrate(config, line.restored);
  if (line.command == Command::kMove) return MoveInto(config, line);
  if (line.command == Command::kDoctor) return doctor::Examine(config, std::cout) == 0 ? 0 : 1;
  return Serve(config, *targets);
}

}  // namespace
}  // namespace parley

int main(int argc, char** argv) { return parley::ParseAndRun(argc, argv, parley::Run); }
