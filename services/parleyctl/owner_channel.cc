#include "services/parleyctl/owner_channel.h"

#include <utility>

#include "common/status/wrong_owner.h"

namespace parley::ctl {
namespace {

// Owners may change meanwhile, but not for ever.
constexpr int kMaxMoves = 4;

}  // namespace

OwnerChannel::OwnerChannel(std::string address, rpc::ChannelOptions options)
    : options_(std::move(options)) {
  Open(std::move(address));
}

absl::Status OwnerChannel::Unary(const rpc::Method& method, const rpc::Call& call,
                                 const google::protobuf::MessageLite& request,
                                 google::protobuf::MessageLite& response) {
  absl::Status status = channel_->Unary(method, call, request, response);
  for (int moves = 0; moves < kMaxMoves && IsWrongOwner(status); ++moves) {
    const std::string owner = RightAddress(status);
    if (owner.empty() || owner == address_) break;
    Open(owner);
    status = channel_->Unary(method, call, request, response);
  }
  return status;
}

void OwnerChannel::Open(std::string address) {
  address_ = std::move(address);
  channel_ = rpc::MakeChannel(address_, rpc::NoObserver(), options_);
}

}  // namespace parley::ctl
