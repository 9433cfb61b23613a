#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <absl/status/statusor.h>
#include <google/protobuf/io/zero_copy_stream.h>
#include <google/protobuf/message_lite.h>

#include "common/rpc/channel.h"

namespace parley::rpc {

// Says of each call whether this process may answer it now: where several share a service, only the
// owner of what the call is about may. Threads: called from any.
class Guard {
 public:
  virtual ~Guard() = default;

  // What a call holds until it has its answer; may be null.
  using Pass = std::shared_ptr<void>;
  // The error that the caller gets instead: WrongOwner (common/status/wrong_owner.h).
  virtual absl::StatusOr<Pass> Enter(const Method& method, const google::protobuf::MessageLite& request) = 0;
};

// The methods that a process serves, by their path on the wire. Generated code fills it
// (`Serve(AccountsService&, Dispatcher&)`), a server reads it.
//
// Threads: fill it first; after that Find, Run and what they return may be used from any thread.
// Lifetime: borrows the services and the guard.
class Dispatcher {
 public:
  using Answer = absl::StatusOr<std::unique_ptr<google::protobuf::MessageLite>>;

  struct Entry {
    Method method;
    // An empty request of the method's type.
    std::function<std::unique_ptr<google::protobuf::MessageLite>()> make_request;
    std::function<Answer(const Call&, const google::protobuf::MessageLite& request)> handler;
  };

  // `handle` is a member function of the service's interface.
  template <class Service, class Request, class Response>
  void Add(const Method& method, Service& service,
           absl::StatusOr<Response> (Service::*handle)(const Call&, const Request&)) {
    entries_[method.path] = {method, [] { return std::make_unique<Request>(); },
                             [&service, handle](const Call& call, const auto& request) -> Answer {
                               absl::StatusOr<Response> response =
                                   (service.*handle)(call, static_cast<const Request&>(request));
                               if (!response.ok()) return std::move(response).status();
                               return std::make_unique<Response>(*std::move(response));
                             }};
  }

  // From now on every call asks it first.
  void SetGuard(Guard& guard) { guard_ = &guard; }

  // Null when nothing serves `path`.
  const Entry* Find(std::string_view path) const {
    const auto found = entries_.find(path);
    return found == entries_.end() ? nullptr : &found->second;
  }

  // `request` is of the type that entry.make_request makes.
  Answer Run(const Entry& entry, const Call& call, const google::protobuf::MessageLite& request) const {
    Guard::Pass pass;
    if (guard_ != nullptr) {
      auto entered = guard_->Enter(entry.method, request);
      if (!entered.ok()) return std::move(entered).status();
      pass = *std::move(entered);
    }
    return entry.handler(call, request);
  }

  // The same for a message that is yet to be parsed.
  Answer Run(const Entry& entry, const Call& call, google::protobuf::io::ZeroCopyInputStream& stream) const {
    const std::unique_ptr<google::protobuf::MessageLite> request = entry.make_request();
    if (!request->ParseFromZeroCopyStream(&stream)) {
      return absl::InvalidArgumentError("the request is not of the method's type");
    }
    return Run(entry, call, *request);
  }

 private:
  std::unordered_map<std::string_view, Entry> entries_;
  Guard* guard_ = nullptr;
};

}  // namespace parley::rpc
