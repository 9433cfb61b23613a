#include "services/parley/routed_channel.h"

#include <algorithm>
#include <utility>

#include <absl/time/clock.h>

#include "common/base/strings.h"

namespace parley {
namespace {

constexpr absl::Duration kLongestCall = absl::Seconds(30);
// How long to look for another owner before the same one is tried again.
constexpr absl::Duration kLook = absl::Milliseconds(250);

}  // namespace

RoutedChannel::RoutedChannel(std::string service, lease::Directory& directory, rpc::Observer& observer,
                             std::string token)
    : service_(std::move(service)),
      directory_(directory),
      observer_(observer),
      options_{.default_deadline = kLongestCall, .wait_for_ready = false, .token = std::move(token)} {}

absl::Status RoutedChannel::Unary(const rpc::Method& method, const rpc::Call& call,
                                  const google::protobuf::MessageLite& request,
                                  google::protobuf::MessageLite& response) {
  const absl::Time deadline = std::min(call.deadline, absl::Now() + kLongestCall);
  absl::Status status = absl::UnavailableError(StrCat("nobody runs ", service_));
  auto place = directory_.Find(service_, 0, deadline);
  while (place.owner != 0) {
    status = To(place)->Unary(method, {deadline, call.request_id}, request, response);
    if (!rpc::IsUnanswered(status) || absl::Now() >= deadline) return status;
    const auto next = directory_.Find(service_, place.owner, std::min(deadline, absl::Now() + kLook));
    if (next.owner != 0) place = next;
  }
  return status;
}

std::shared_ptr<rpc::Channel> RoutedChannel::To(const lease::Directory::Place& place) {
  absl::MutexLock lock(&mutex_);
  if (!channel_ || owner_ != place.owner) {
    channel_ = rpc::MakeChannel(place.address, observer_, options_);
    owner_ = place.owner;
  }
  return channel_;
}

}  // namespace parley
