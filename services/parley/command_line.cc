#include "services/parley/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace parley {

int ParseAndRun(int argc, char** argv, const RunCommand& run) {
  CLI::App app("Parley, a Matrix homeserver", "parley");
  CommandLine line;
  app.set_version_flag("--version", "parley " PARLEY_VERSION);
  app.add_option("--config", line.config_path, "YAML file with options; deploy/configuration.md describes them");
  app.add_option("--target", line.target, "services to run, separated by commas (default: all)");
  app.fallthrough();
  CLI::App* migrate = app.add_subcommand("migrate", "bring the store up to the schema of this version instead of serving");
  migrate->add_flag("--restored", line.restored, "it comes from a backup: clients that know more than it start afresh");
  migrate->callback([&line] { line.command = CommandLine::Command::kMigrate; });
  CLI::App* move = app.add_subcommand("move", "carry a stopped server's embedded store to PostgreSQL, where --config says");
  move->add_option("--from", line.move_from, "the stopped server's data folder")->required();
  move->add_option("--store", line.move_store, "its store's file, if it is not parley.db in that folder");
  move->callback([&line] { line.command = CommandLine::Command::kMove; });
  CLI::App* schema = app.add_subcommand("schema", "print statements about the schema of this version");
  schema->require_subcommand(1);
  schema->add_subcommand("citus", "SQL that spreads every table over the nodes of a Citus, by its key")
      ->callback([&line] { line.command = CommandLine::Command::kCitus; });
  app.add_subcommand("doctor", "look at all that the deployment rests on, and say what to do, instead of serving")
      ->callback([&line] { line.command = CommandLine::Command::kDoctor; });
  CLI::App* config = app.add_subcommand("config", "look at the configuration instead of serving");
  config->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, CommandLine::Command command) {
    config->add_subcommand(name, text)->callback([&line, command] { line.command = command; });
  };
  add("check", "say whether the configuration is right", CommandLine::Command::kCheckConfig);
  add("print", "print every option, its explanation and its value", CommandLine::Command::kPrintConfig);
  add("reference", "print the reference page", CommandLine::Command::kPrintReference);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e);
  }
  return run(line);
}

}  // namespace parley
