#pragma once

#include <string>

#include "common/json/value.h"
#include "common/rpc/call.h"
#include "services/gateway/federation/routes.h"

// EDUs of other servers. Server-server API, "EDUs".
namespace parley::gateway {

// Takes in the EDUs of one transaction. `origin` has signed it, and must own every user that an EDU
// speaks for; what is not its own, malformed or unknown is dropped alone and in silence. What a
// service could not take is dropped too, except that nothing here fails a transaction: an EDU that
// matters (to-device messages) is sent again when the answer is an error, so the caller answers one
// if this does: Unavailable.
absl::Status ReceiveEdus(const FederationDeps& deps, const rpc::Call& call,
                         const std::string& origin, const json::Array& edus);

}  // namespace parley::gateway
