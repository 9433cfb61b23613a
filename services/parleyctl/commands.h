#pragma once

#include <iosfwd>
#include <string>

#include <absl/status/status.h>

#include "parley/accounts/v1/accounts.parley.h"
#include "parley/profile/v1/profile.parley.h"

namespace parley::ctl {

// What parleyctl does. Each writes what it has to say to `out`. Errors are those of the service.
class Commands {
 public:
  // `server_name` completes user names that are only localparts.
  Commands(accounts::AccountsService& accounts, profile::ProfileService& profile,
           std::string server_name, std::ostream& out)
      : accounts_(accounts), profile_(profile), server_name_(std::move(server_name)), out_(out) {}

  absl::Status CreateUser(const std::string& name, const std::string& password, bool is_admin);
  absl::Status ResetPassword(const std::string& name, const std::string& password);
  absl::Status Deactivate(const std::string& name);
  absl::Status ListUsers();
  // How far a user's last change of name or avatar is.
  absl::Status ProfileStatus(const std::string& name);

 private:
  // "alice" or "@alice:example.org" as a user id of this server.
  absl::StatusOr<std::string> UserIdOf(const std::string& name) const;

  accounts::AccountsService& accounts_;
  profile::ProfileService& profile_;
  const std::string server_name_;
  std::ostream& out_;
};

}  // namespace parley::ctl
