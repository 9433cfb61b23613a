#include "services/parleyctl/place.h"

#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include <absl/strings/str_cat.h>

namespace parley::ctl {
namespace {

// The terminal does not show what is typed while this lives.
class NoEcho {
 public:
  NoEcho() {
    tcgetattr(STDIN_FILENO, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
  }
  ~NoEcho() { tcsetattr(STDIN_FILENO, TCSANOW, &before_); }

 private:
  termios before_{};
};

std::string Ask(const char* prompt) {
  std::cerr << prompt << std::flush;
  std::string line;
  {
    const NoEcho quiet;
    std::getline(std::cin, line);
  }
  std::cerr << "\n";
  return line;
}

}  // namespace

absl::StatusOr<Place> ReadPlace(const std::string& data_dir) {
  std::ifstream address(data_dir + "/rpc_address"), deployment(data_dir + "/deployment");
  Place place;
  std::string word;
  if (std::getline(address, place.rpc_address) && deployment >> word >> place.server_name) return place;
  return absl::NotFoundError(absl::StrCat("no server has been started on the data folder ", data_dir,
                                          ": name it with --data-dir"));
}

absl::StatusOr<std::string> ReadPassword() {
  std::string password;
  if (isatty(STDIN_FILENO)) {
    password = Ask("password: ");
    if (Ask("again: ") != password) return absl::InvalidArgumentError("the two passwords differ");
  } else {
    std::getline(std::cin, password);
  }
  if (password.empty()) return absl::InvalidArgumentError("a password is needed");
  return password;
}

absl::StatusOr<std::string> RpcToken() {
  if (const char* token = std::getenv("PARLEY_RPC_TOKEN")) return std::string(token);
  const char* path = std::getenv("PARLEY_RPC_TOKEN_FILE");
  if (path == nullptr) return std::string();
  std::ifstream file(path);
  std::string token;
  if (std::getline(file, token)) return token;
  return absl::NotFoundError(absl::StrCat("cannot read the token for internal calls in ", path));
}

}  // namespace parley::ctl
