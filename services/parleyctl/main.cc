#include <functional>
#include <iostream>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "common/status/macros.h"
#include "services/parleyctl/commands.h"
#include "services/parleyctl/keys.h"
#include "services/parleyctl/owner_channel.h"
#include "services/parleyctl/place.h"

namespace parley::ctl {
namespace {

struct Arguments {
  std::string data_dir = "data";
  std::string address;
  std::string user;
  std::string key_path;
  bool admin = false;
  bool rotates_key = false;  // the one command that asks no server
};

using Action = std::function<absl::Status(Commands&, const Arguments&)>;

absl::Status CreateUser(Commands& commands, const Arguments& arguments) {
  PARLEY_TRY(const std::string password, ReadPassword());
  return commands.CreateUser(arguments.user, password, arguments.admin);
}

absl::Status ResetPassword(Commands& commands, const Arguments& arguments) {
  PARLEY_TRY(const std::string password, ReadPassword());
  return commands.ResetPassword(arguments.user, password);
}

absl::Status Deactivate(Commands& commands, const Arguments& arguments) {
  return commands.Deactivate(arguments.user);
}

absl::Status ListUsers(Commands& commands, const Arguments&) {
  return commands.ListUsers();
}

absl::Status ProfileStatus(Commands& commands, const Arguments& arguments) {
  return commands.ProfileStatus(arguments.user);
}

absl::Status RotateKey(const Arguments& arguments) {
  return RotateSigningKey(arguments.data_dir, arguments.key_path, Clock::System(), Rng::System(),
                          std::cout);
}

absl::Status Run(const Arguments& arguments, const Action& action) {
  if (arguments.rotates_key) return RotateKey(arguments);
  PARLEY_TRY(const Place place, ReadPlace(arguments.data_dir));
  const std::string& address = arguments.address.empty() ? place.rpc_address : arguments.address;
  rpc::ChannelOptions options{.default_deadline = absl::Seconds(10)};
  PARLEY_TRY(options.token, RpcToken());
  OwnerChannel channel(address, options);
  accounts::AccountsClient accounts(channel);
  profile::ProfileClient profile(channel);
  Commands commands(accounts, profile, place.server_name, std::cout);
  return action(commands, arguments);
}

void AddCommands(CLI::App& app, Arguments& arguments, Action& action) {
  const auto add_to = [&](CLI::App& parent, const char* name, const char* text, Action what) {
    CLI::App* command = parent.add_subcommand(name, text);
    command->callback([&action, what] { action = what; });
    return command;
  };
  const auto add_for_user = [&](CLI::App& parent, const char* name, const char* text, Action what) {
    CLI::App* command = add_to(parent, name, text, std::move(what));
    command->add_option("user", arguments.user, "alice or @alice:example.org")->required();
    return command;
  };
  add_for_user(app, "create-user", "make an account", CreateUser)
      ->add_flag("--admin", arguments.admin, "an administrator");
  add_for_user(app, "reset-password", "set a new password", ResetPassword);
  add_for_user(app, "deactivate", "close an account for good", Deactivate);
  add_to(app, "list-users", "list all accounts", ListUsers);
  CLI::App* profile = app.add_subcommand("profile", "changes of names and avatars");
  profile->require_subcommand(1);
  add_for_user(*profile, "status", "how far the user's last change is on its way into rooms",
               ProfileStatus);
  CLI::App* key = app.add_subcommand("key", "the server's signing key");
  key->require_subcommand(1);
  CLI::App* rotate = key->add_subcommand("rotate", "a new key, while the server is stopped");
  rotate->add_option("--signing-key", arguments.key_path,
                     "the key's file, if it is not in the data folder");
  rotate->callback([&arguments] { arguments.rotates_key = true; });
}

int Main(int argc, char** argv) {
  CLI::App app("Administration of a Parley", "parleyctl");
  Arguments arguments;
  Action action;
  app.add_option("--data-dir", arguments.data_dir, "the server's data folder")
      ->capture_default_str();
  app.add_option("--address", arguments.address,
                 "where accounts (or profile) is called, if not where the data folder says");
  app.require_subcommand(1);
  app.fallthrough();
  AddCommands(app, arguments, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e);
  }
  const absl::Status status = Run(arguments, action);
  if (!status.ok()) std::cerr << "parleyctl: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace parley::ctl

int main(int argc, char** argv) {
  return parley::ctl::Main(argc, argv);
}
