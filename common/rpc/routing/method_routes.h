#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <google/protobuf/message.h>

#include "common/base/partition.h"
#include "parley/rpc/v1/route.pb.h"

namespace parley::rpc {

// Which partitions a request is about, by the `route` option of its method. A value; threads: any.
class MethodRoute {
 public:
  // Dies when the option names a field that the request does not have: the contract is wrong.
  explicit MethodRoute(const google::protobuf::MethodDescriptor& method);
  // Of a method without the option.
  MethodRoute() = default;

  bool asks_every_owner() const { return every_owner_; }
  bool may_repeat() const { return !once_; }
  bool is_slow() const { return slow_; }
  bool splits() const { return !each_.empty(); }

  // Of the first key that is set, or of the token; nullopt: any owner will do.
  std::optional<Partition> KeyOf(const google::protobuf::Message& request, uint32_t partitions) const;
  // Of each element, in order, of a method that splits.
  std::vector<Partition> KeysOf(const google::protobuf::Message& request, uint32_t partitions) const;
  // The request with these elements only, which are given in ascending order.
  std::unique_ptr<google::protobuf::Message> Part(const google::protobuf::Message& request,
                                                  const std::vector<int>& elements) const;

 private:
  using Field = const google::protobuf::FieldDescriptor*;
  using Path = std::vector<Field>;  // from the request down

  std::vector<Path> keys_;
  Path token_;
  Path each_;  // a repeated field, and the key in its elements unless they are text themselves
  bool every_owner_ = false;
  bool once_ = false;
  bool slow_ = false;
};

// The routes of all contracts that are linked in, each looked up once. Threads: any.
class MethodRoutes {
 public:
  // `path` as in rpc::Method; stays valid as long as this object.
  const MethodRoute& Of(std::string_view path);

 private:
  absl::Mutex mutex_;
  std::unordered_map<std::string_view, MethodRoute> routes_ ABSL_GUARDED_BY(mutex_);  // keys are literals
};

}  // namespace parley::rpc
