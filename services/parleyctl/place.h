#pragma once

#include <string>

#include <absl/status/statusor.h>

namespace parley::ctl {

// What a data folder says of the server that runs on it.
struct Place {
  std::string rpc_address;
  std::string server_name;
};

// NotFound, one sentence, when no server has been started on `data_dir`.
absl::StatusOr<Place> ReadPlace(const std::string& data_dir);

// A password from the terminal, asked for twice and not shown, or the first line of standard input when that is no
// terminal. InvalidArgument when it is empty or the two differ.
absl::StatusOr<std::string> ReadPassword();

// What internal calls must carry: PARLEY_RPC_TOKEN, or the content of the file PARLEY_RPC_TOKEN_FILE, as the services
// themselves read them; empty when neither is set. NotFound when there is no such file.
absl::StatusOr<std::string> RpcToken();

}  // namespace parley::ctl
