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

// The methods that a process serves, by their path on the wire. Generated code fills it
// (`Serve(AccountsService&, Dispatcher&)`), a server reads it.
//
// Threads: fill it first; after that Find and what it returns may be used from any thread.
// Lifetime: borrows the services.
class Dispatcher {
 public:
  using Answer = absl::StatusOr<std::unique_ptr<google::protobuf::MessageLite>>;
  using Handler = std::function<Answer(const Call&, google::protobuf::io::ZeroCopyInputStream& request)>;

  struct Entry {
    Method method;
    Handler handler;
  };

  // `handle` is a member function of the service's interface.
  template <class Service, class Request, class Response>
  void Add(const Method& method, Service& service,
           absl::StatusOr<Response> (Service::*handle)(const Call&, const Request&)) {
    entries_[method.path] = {method, [&service, handle](const Call& call, auto& stream) -> Answer {
                               Request request;
                               if (!request.ParseFromZeroCopyStream(&stream)) {
                                 return absl::InvalidArgumentError("the request is not of the method's type");
                               }
                               absl::StatusOr<Response> response = (service.*handle)(call, request);
                               if (!response.ok()) return std::move(response).status();
                               return std::make_unique<Response>(*std::move(response));
                             }};
  }

  // Null when nothing serves `path`.
  const Entry* Find(std::string_view path) const {
    const auto found = entries_.find(path);
    return found == entries_.end() ? nullptr : &found->second;
  }

 private:
  std::unordered_map<std::string_view, Entry> entries_;
};

}  // namespace parley::rpc
