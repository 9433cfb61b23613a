#include "common/rpc/grpc/channel.h"

#include <algorithm>

#include <absl/strings/cord.h>
#include <absl/strings/match.h>
#include <absl/time/clock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/channel_arguments.h>

#include "common/rpc/grpc/status_codec.h"

namespace parley::rpc {
namespace {

constexpr char kUnanswered[] = "parley.rpc/unanswered";
// What gRPC says of a call for which it found no connection.
constexpr char kNoConnection[] = "failed to connect";

using google::protobuf::MessageLite;

grpc::ChannelArguments Arguments(const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  arguments.SetMaxSendMessageSize(static_cast<int>(options.max_message_bytes));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

class GrpcChannel final : public Channel {
 public:
  GrpcChannel(const std::string& address, Observer& observer, const ChannelOptions& options)
      : options_(options),
        observer_(observer),
        channel_(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), Arguments(options))) {}

  absl::Status Unary(const Method& method, const Call& call, const MessageLite& request,
                     MessageLite& response) override {
    const absl::Time begin = absl::Now();
    const absl::Status status = Send(method, call, request, response, begin);
    observer_.Finished(method, status, absl::Now() - begin);
    return status;
  }

 private:
  absl::Status Send(const Method& method, const Call& call, const MessageLite& request, MessageLite& response,
                    absl::Time now) {
    grpc::ClientContext context;
    context.set_wait_for_ready(options_.wait_for_ready);
    if (!options_.token.empty()) context.AddMetadata(kTokenKey, options_.token);
    context.set_deadline(absl::ToChronoTime(std::min(call.deadline, now + options_.default_deadline)));
    if (!call.request_id.empty()) context.AddMetadata("x-request-id", call.request_id);
    const grpc::internal::RpcMethod wire(method.path, grpc::internal::RpcMethod::NORMAL_RPC, channel_);
    const grpc::Status status = grpc::internal::BlockingUnaryCall<MessageLite, MessageLite, MessageLite, MessageLite>(
        channel_.get(), wire, &context, request, &response);
    if (status.ok()) return absl::OkStatus();
    absl::Status decoded = DecodeStatus(status.error_code(), status.error_message(), status.error_details());
    if (context.GetServerTrailingMetadata().count(kAnsweredKey) == 0) decoded.SetPayload(kUnanswered, absl::Cord());
    return decoded;
  }

  const ChannelOptions options_;
  Observer& observer_;
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace

bool IsUnsent(const absl::Status& status) {
  return IsUnanswered(status) && absl::StartsWith(status.message(), kNoConnection);
}

bool IsUnanswered(const absl::Status& status) {
  // Cancelled: what came over a connection that the other side was about to close.
  const bool broke_off = absl::IsUnavailable(status) || absl::IsCancelled(status);
  return broke_off && status.GetPayload(kUnanswered).has_value();
}

std::unique_ptr<Channel> MakeChannel(const std::string& address, Observer& observer, const ChannelOptions& options) {
  return std::make_unique<GrpcChannel>(address, observer, options);
}

}  // namespace parley::rpc
