#include "services/parleyctl/commands.h"

#include <ostream>

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley::ctl {
namespace {

constexpr uint32_t kPage = 500;

}  // namespace

absl::StatusOr<std::string> Commands::UserIdOf(const std::string& name) const {
  const bool whole = !name.empty() && name[0] == '@';
  PARLEY_TRY(const UserId user, UserId::Parse(whole ? name : StrCat("@", name, ":", server_name_)));
  return user.str();
}

absl::Status Commands::CreateUser(const std::string& name, const std::string& password,
                                  bool is_admin) {
  PARLEY_TRY(const std::string user_id, UserIdOf(name));
  accounts::CreateUserRequest request;
  request.set_localpart(std::string(UserId::Trusted(user_id).localpart()));
  request.set_password(password);
  request.set_is_admin(is_admin);
  PARLEY_TRY(const accounts::CreateUserResponse made, accounts_.CreateUser({}, request));
  out_ << "made " << made.user_id() << "\n";
  return absl::OkStatus();
}

absl::Status Commands::ResetPassword(const std::string& name, const std::string& password) {
  PARLEY_TRY(const std::string user_id, UserIdOf(name));
  accounts::ResetPasswordRequest request;
  request.set_user_id(user_id);
  request.set_new_password(password);
  request.set_logout_devices(true);
  PARLEY_RETURN_IF_ERROR(accounts_.ResetPassword({}, request).status());
  out_ << "new password for " << user_id << "; all its sessions have ended\n";
  return absl::OkStatus();
}

absl::Status Commands::Deactivate(const std::string& name) {
  PARLEY_TRY(const std::string user_id, UserIdOf(name));
  accounts::DeactivateUserRequest request;
  request.set_user_id(user_id);
  PARLEY_RETURN_IF_ERROR(accounts_.DeactivateUser({}, request).status());
  out_ << "deactivated " << user_id << "\n";
  return absl::OkStatus();
}

absl::Status Commands::ListUsers() {
  accounts::ListUsersRequest request;
  request.set_limit(kPage);
  while (true) {
    PARLEY_TRY(const accounts::ListUsersResponse page, accounts_.ListUsers({}, request));
    for (const accounts::User& user : page.users()) {
      out_ << user.user_id() << (user.is_admin() ? " admin" : "")
           << (user.is_deactivated() ? " deactivated" : "") << "\n";
    }
    if (page.users().empty()) return absl::OkStatus();
    request.set_after(page.users().rbegin()->user_id());
  }
}

absl::Status Commands::ProfileStatus(const std::string& name) {
  PARLEY_TRY(const std::string user_id, UserIdOf(name));
  profile::GetPropagationRequest request;
  request.set_user_id(user_id);
  PARLEY_TRY(const profile::GetPropagationResponse status, profile_.GetPropagation({}, request));
  out_ << user_id << ": change " << status.generation();
  if (status.started_ms() == 0) {
    out_ << " is in every room\n";
    return absl::OkStatus();
  }
  const absl::Duration age = absl::Now() - absl::FromUnixMillis(status.started_ms());
  out_ << (status.settling() ? " is in every room, late joins are watched for; "
                             : " is under way; ")
       << status.rooms_done() << " rooms have it, " << status.rooms_pending()
       << " are to come; began " << absl::FormatDuration(absl::Trunc(age, absl::Seconds(1)))
       << " ago\n";
  return absl::OkStatus();
}

}  // namespace parley::ctl
