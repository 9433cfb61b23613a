#pragma once

#include <optional>
#include <string_view>

#include "common/base/partition.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/changes.h"
#include "services/accounts/config.h"

// Requests whose body alone says what they are about come to any replica. These read where that is;
// nothing when the body names nothing, or is wrong: then any replica may say so.
namespace parley::accounts {

// Of the user who logs in, or of the login token.
std::optional<Partition> PartitionOfLogin(std::string_view body, const Config& config);
std::optional<Partition> PartitionOfRefreshToken(std::string_view body, const Config& config);
// Of the session of user-interactive authentication that goes on; a requester has them in a
// partition of its own.
std::optional<Partition> PartitionOfUiaSession(std::string_view body, const Config& config);
std::optional<Partition> PartitionOfUiaSession(const v1::BodyRequest& request,
                                               const Config& config);
std::optional<Partition> PartitionOfNonce(std::string_view body, const Config& config);

// The request as it is handed to the owner of `partition`; nothing when it is to be answered here.
template <class Request>
std::optional<Request> ForOwner(const Request& request, std::optional<Partition> partition,
                                const Changes& changes) {
  if (request.has_partition() || !partition || changes.Owns(*partition)) return std::nullopt;
  Request handed_on = request;
  handed_on.set_partition(*partition);
  return handed_on;
}

}  // namespace parley::accounts
