#include "common/rpc/grpc/server.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <openssl/crypto.h>

#include "common/rpc/grpc/status_codec.h"
#include "common/runtime/log.h"

namespace parley::rpc {
namespace {

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      EncodeDetails(status));
}

Call CallOf(const grpc::CallbackServerContext& context) {
  Call call;
  call.deadline = absl::FromChrono(context.deadline());
  const auto id = context.client_metadata().find("x-request-id");
  if (id != context.client_metadata().end()) call.request_id.assign(id->second.data(), id->second.size());
  return call;
}

// In a time that does not tell how much of it was right.
bool ShowsToken(const grpc::GenericCallbackServerContext& context, const std::string& token) {
  if (token.empty()) return true;
  const auto shown = context.client_metadata().find(kTokenKey);
  if (shown == context.client_metadata().end() || shown->second.size() != token.size()) return false;
  return CRYPTO_memcmp(shown->second.data(), token.data(), token.size()) == 0;
}

// One call: read the request, hand it to the pool, answer. Deletes itself when gRPC is done with it.
class Reactor final : public grpc::ServerGenericBidiReactor {
 public:
  Reactor(grpc::CallbackServerContext& context, const Dispatcher& dispatcher, const Dispatcher::Entry& entry,
          WorkPool& pool, Observer& observer)
      : context_(context), dispatcher_(dispatcher), entry_(entry), pool_(pool), observer_(observer) {
    context.AddTrailingMetadata(kAnsweredKey, "1");
    StartRead(&request_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "a request message is missing"));
    // gRPC's own threads are few and must not block: they only hand over.
    if (!pool_.TryPost([this] { Answer(); })) End(absl::ResourceExhaustedError("the work queue is full"));
  }

  void Answer() {
    if (context_.IsCancelled()) return End(absl::CancelledError("the caller has gone"));
    const absl::Status status = Handle();
    if (!status.ok()) return End(status);
    observer_.Finished(entry_.method, status, absl::Now() - begin_);
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }

  // Apart from Answer(), because nothing that refers to this object may outlive the call that ends it.
  absl::Status Handle() {
    const Call call = CallOf(context_);
    const log::RequestScope logged(call.request_id);
    grpc::ProtoBufferReader stream(&request_);
    const Dispatcher::Answer answer = dispatcher_.Run(entry_, call, stream);
    if (!answer.ok()) return answer.status();
    bool owns = false;
    const grpc::Status status =
        grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::MessageLite>(**answer, &response_, &owns);
    return status.ok() ? absl::OkStatus() : absl::InternalError("the response could not be serialised");
  }

  void End(const absl::Status& status) {
    observer_.Finished(entry_.method, status, absl::Now() - begin_);
    Finish(ToGrpc(status));
  }

  void OnDone() override { delete this; }

  const grpc::CallbackServerContext& context_;
  const Dispatcher& dispatcher_;
  const Dispatcher::Entry& entry_;
  WorkPool& pool_;
  Observer& observer_;
  const absl::Time begin_ = absl::Now();
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  Refusal(grpc::StatusCode code, const char* why) { Finish(grpc::Status(code, why)); }

 private:
  void OnDone() override { delete this; }
};

class Generic final : public grpc::CallbackGenericService {
 public:
  Generic(const Dispatcher& dispatcher, WorkPool& pool, Observer& observer, std::string token)
      : dispatcher_(dispatcher), pool_(pool), observer_(observer), token_(std::move(token)) {}

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    const Dispatcher::Entry* entry = dispatcher_.Find(context->method());
    if (!ShowsToken(*context, token_)) return new Refusal(grpc::StatusCode::PERMISSION_DENIED, "rpc.token differs");
    if (entry == nullptr) return new Refusal(grpc::StatusCode::UNIMPLEMENTED, "no such method here");
    return new Reactor(*context, dispatcher_, *entry, pool_, observer_);
  }

 private:
  const Dispatcher& dispatcher_;
  WorkPool& pool_;
  Observer& observer_;
  const std::string token_;
};

class GrpcServer final : public Server {
 public:
  GrpcServer(const Dispatcher& dispatcher, WorkPool& pool, Observer& observer, std::string token)
      : service_(dispatcher, pool, observer, std::move(token)) {}
  ~GrpcServer() override { Stop(absl::ZeroDuration()); }

  absl::Status Listen(const ServerOptions& options) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    std::vector<int> ports(options.addresses.size(), 0);
    for (size_t i = 0; i < options.addresses.size(); ++i) {
      builder.AddListeningPort(options.addresses[i], grpc::InsecureServerCredentials(), &ports[i]);
    }
    builder.RegisterCallbackGenericService(&service_);
    builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
    builder.SetMaxSendMessageSize(static_cast<int>(options.max_message_bytes));
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    server_ = builder.BuildAndStart();
    return CheckListening(options, ports);
  }

  int port() const override { return port_; }

  void SetServing(bool serving) override { server_->GetHealthCheckService()->SetServingStatus(serving); }

  void Stop(absl::Duration grace) override {
    if (server_) server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
  }

 private:
  absl::Status CheckListening(const ServerOptions& options, const std::vector<int>& ports) {
    for (size_t i = 0; i < ports.size(); ++i) {
      if (server_ == nullptr || ports[i] == 0) {
        return absl::InvalidArgumentError(absl::StrCat("cannot listen on ", options.addresses[i]));
      }
      if (port_ == 0 && !absl::StartsWith(options.addresses[i], "unix:")) port_ = ports[i];
    }
    SetServing(false);
    return absl::OkStatus();
  }

  Generic service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, const Dispatcher& dispatcher,
                                                      WorkPool& pool, Observer& observer) {
  auto server = std::make_unique<GrpcServer>(dispatcher, pool, observer, options.token);
  if (absl::Status status = server->Listen(options); !status.ok()) return status;
  return server;
}

}  // namespace parley::rpc
