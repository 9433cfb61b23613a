#include "common/rpc/routing/method_routes.h"

#include <absl/base/internal/raw_logging.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>

#include "common/base/strings.h"
#include "common/base/token.h"

namespace parley::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using Path = std::vector<const FieldDescriptor*>;

Path Resolve(const Descriptor* message, const std::string& text) {
  Path path;
  for (const auto& name : std::vector<std::string>(absl::StrSplit(text, '.'))) {
    const FieldDescriptor* field = message ? message->FindFieldByName(name) : nullptr;
    ABSL_RAW_CHECK(field != nullptr, ("a route names no field: " + text).c_str());
    path.push_back(field);
    message = field->message_type();
  }
  return path;
}

std::string Text(const Message& message, const FieldDescriptor& field) {
  return message.GetReflection()->GetString(message, &field);
}

// The message that holds the path's last field.
const Message& HolderOf(const Message& request, const Path& path) {
  const Message* at = &request;
  for (size_t i = 0; i + 1 < path.size(); ++i) at = &at->GetReflection()->GetMessage(*at, path[i]);
  return *at;
}

// Nothing for a field that is not set.
std::optional<Partition> PartitionAt(const Message& request, const Path& path, uint32_t partitions) {
  const Message& holder = HolderOf(request, path);
  const FieldDescriptor& field = *path.back();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    if (!holder.GetReflection()->HasField(holder, &field)) return std::nullopt;
    return holder.GetReflection()->GetUInt32(holder, &field) % partitions;
  }
  const std::string text = Text(holder, field);
  if (text.empty()) return std::nullopt;
  return PartitionOf(text, partitions);
}

std::string ElementKey(const Message& request, const Path& each, int element) {
  const auto& reflection = *request.GetReflection();
  if (each.size() == 1) return reflection.GetRepeatedString(request, each[0], element);
  return Text(reflection.GetRepeatedMessage(request, each[0], element), *each[1]);
}

}  // namespace

MethodRoute::MethodRoute(const MethodDescriptor& method) {
  const v1::Route& route = method.options().GetExtension(v1::route);
  for (const std::string& key : route.key()) keys_.push_back(Resolve(method.input_type(), key));
  if (!route.token().empty()) token_ = Resolve(method.input_type(), route.token());
  if (!route.each().empty()) each_ = Resolve(method.input_type(), route.each());
  every_owner_ = route.every_owner();
  once_ = route.once();
  slow_ = route.slow();
}

std::optional<Partition> MethodRoute::KeyOf(const Message& request, uint32_t partitions) const {
  for (const Path& key : keys_) {
    if (const auto partition = PartitionAt(request, key, partitions)) return partition;
  }
  if (token_.empty()) return std::nullopt;
  return TokenPartition(Text(HolderOf(request, token_), *token_.back()), partitions);
}

std::vector<Partition> MethodRoute::KeysOf(const Message& request, uint32_t partitions) const {
  std::vector<Partition> keys;
  const int elements = request.GetReflection()->FieldSize(request, each_[0]);
  keys.reserve(elements);
  for (int i = 0; i < elements; ++i) keys.push_back(PartitionOf(ElementKey(request, each_, i), partitions));
  return keys;
}

std::unique_ptr<Message> MethodRoute::Part(const Message& request, const std::vector<int>& elements) const {
  std::unique_ptr<Message> part(request.New());
  part->CopyFrom(request);
  const auto& reflection = *part->GetReflection();
  int kept = 0;
  for (const int element : elements) reflection.SwapElements(part.get(), each_[0], kept++, element);
  while (reflection.FieldSize(*part, each_[0]) > kept) reflection.RemoveLast(part.get(), each_[0]);
  return part;
}

const MethodRoute& MethodRoutes::Of(std::string_view path) {
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (const auto found = routes_.find(path); found != routes_.end()) return found->second;
  }
  const std::string name = absl::StrReplaceAll(Abs(path.substr(1)), {{"/", "."}});
  const MethodDescriptor* method = DescriptorPool::generated_pool()->FindMethodByName(name);
  absl::MutexLock lock(&mutex_);
  return routes_.try_emplace(path, method ? MethodRoute(*method) : MethodRoute()).first->second;
}

}  // namespace parley::rpc
