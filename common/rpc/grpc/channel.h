#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <absl/time/time.h>

#include "common/rpc/channel.h"
#include "common/rpc/observer.h"

namespace parley::rpc {

struct ChannelOptions {
  absl::Duration default_deadline = absl::Seconds(30);
  size_t max_message_bytes = 64 << 20;
  // A call made while the other side is away waits for it until its deadline, or fails at once.
  bool wait_for_ready = true;
  // Shown to the other side, which refuses callers without it if it has one.
  std::string token = {};
};

// True for the error of a call that nobody answered: the other side is away, or ended meanwhile.
bool IsUnanswered(const absl::Status& status);
// True for one that did not even leave, since there was no connection: it surely was not executed.
bool IsUnsent(const absl::Status& status);

// One kept-alive gRPC connection to `address` ("host:port" or "unix:/path"); it is made with the first call and made
// again when it breaks. Borrows `observer`.
std::unique_ptr<Channel> MakeChannel(const std::string& address, Observer& observer, const ChannelOptions& options = {});

}  // namespace parley::rpc
