#include "services/parley/routed_channel.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/status/wrong_owner.h"

namespace parley {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr absl::Duration kLongestCall = absl::Seconds(30);
// One that has not answered after this may stand still: who else owns it by then is asked, or the same once more.
constexpr absl::Duration kLongestAttempt = absl::Seconds(12);
// How long to look for another owner before the same one is tried again.
constexpr absl::Duration kLook = absl::Milliseconds(100);
// Addresses of processes that have gone are forgotten with all others, now and then.
constexpr size_t kMostChannels = 256;

uint32_t Random(size_t below) {
  thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_int_distribution<uint32_t>(0, static_cast<uint32_t>(below) - 1)(random);
}

// Texts that several parts answered are in the whole once.
void DropDoubles(Message& message) {
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (!field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) continue;
    if (field->type() != FieldDescriptor::TYPE_STRING) continue;
    absl::flat_hash_set<std::string> seen;
    int kept = 0;
    for (int at = 0; at < reflection.FieldSize(message, field); ++at) {
      if (!seen.insert(reflection.GetRepeatedString(message, field, at)).second) continue;
      reflection.SwapElements(&message, field, kept++, at);
    }
    while (reflection.FieldSize(message, field) > kept) reflection.RemoveLast(&message, field);
  }
}

}  // namespace

void OwnServices::AnswerAt(const std::string& address) {
  absl::MutexLock lock(&mutex_);
  address_ = address;
}

rpc::Channel* OwnServices::At(const std::string& address) const {
  absl::MutexLock lock(&mutex_);
  return address == address_ ? &channel_ : nullptr;
}

RoutedChannel::RoutedChannel(std::string service, lease::Directory& directory, const OwnServices& own,
                             rpc::Observer& observer, std::string token)
    : service_(std::move(service)),
      units_(directory.UnitsOf(service_)),
      directory_(directory),
      own_(own),
      observer_(observer),
      options_{.default_deadline = kLongestCall, .wait_for_ready = false, .token = std::move(token)} {}

absl::Status RoutedChannel::Unary(const rpc::Method& method, const rpc::Call& call,
                                  const google::protobuf::MessageLite& request,
                                  google::protobuf::MessageLite& response) {
  const rpc::MethodRoute& route = routes_.Of(method.path);
  const Ask ask{method, route, {std::min(call.deadline, absl::Now() + kLongestCall), call.request_id}};
  const auto& asked = static_cast<const Message&>(request);
  auto& answer = static_cast<Message&>(response);
  if (units_ == 1) return AskOwner(ask, 0, asked, answer);
  if (route.asks_every_owner()) return AskEveryOwner(ask, asked, answer);
  if (route.splits()) return AskOwnersOfParts(ask, asked, answer);
  return AskOwner(ask, route.KeyOf(asked, units_), asked, answer);
}

absl::Status RoutedChannel::AskOwner(const Ask& ask, std::optional<Partition> unit, const Message& request,
                                     Message& response) {
  absl::Status status = Nobody();
  for (Place place = Pick(unit, ask.call.deadline); place.owner != 0; place = Next(unit, place, ask.call.deadline)) {
    status = AskAt(place, ask, request, response);
    if (!MayAskAgain(ask, status)) return status;
  }
  return status;
}

// What nobody owns at the moment has no part in the answer.
absl::Status RoutedChannel::AskEveryOwner(const Ask& ask, const Message& request, Message& response) {
  if (directory_.Owners(service_).empty()) Pick(std::nullopt, ask.call.deadline);
  absl::Status status = Nobody();
  bool any = false;
  for (const Place& place : directory_.Owners(service_)) {
    const std::unique_ptr<Message> part(response.New());
    const absl::Status answered = AskAt(place, ask, request, *part);
    if (answered.ok()) {
      response.MergeFrom(*part);
      any = true;
    } else if (MayAskAgain(ask, answered)) {
      status = answered;
      directory_.LookSoon();
    } else {
      return answered;
    }
  }
  return any ? absl::OkStatus() : status;
}

absl::Status RoutedChannel::AskOwnersOfParts(const Ask& ask, const Message& request, Message& response) {
  const std::vector<Partition> keys = ask.route.KeysOf(request, units_);
  if (keys.empty()) return AskOwner(ask, std::nullopt, request, response);
  std::vector<int> left(keys.size());
  std::iota(left.begin(), left.end(), 0);
  int parts = 0;
  while (!left.empty()) {
    std::map<lease::MemberId, std::pair<Place, std::vector<int>>> by_owner;
    for (const int element : left) {
      const Place place = Pick(keys[element], ask.call.deadline);
      if (place.owner == 0) return Nobody();
      auto& group = by_owner[place.owner];
      group.first = place;
      group.second.push_back(element);
    }
    left.clear();
    for (const auto& [owner, group] : by_owner) {
      const bool whole = group.second.size() == keys.size();
      const std::unique_ptr<Message> part = whole ? nullptr : ask.route.Part(request, group.second);
      const std::unique_ptr<Message> answer(response.New());
      const absl::Status status = AskAt(group.first, ask, whole ? request : *part, *answer);
      if (status.ok()) {
        if (parts++ == 0) response.GetReflection()->Swap(&response, answer.get());
        else response.MergeFrom(*answer);
        continue;
      }
      if (!MayAskAgain(ask, status)) return status;
      left.insert(left.end(), group.second.begin(), group.second.end());
      Next(keys[group.second.front()], group.first, ask.call.deadline);
    }
    std::sort(left.begin(), left.end());
  }
  if (parts > 1) DropDoubles(response);
  return absl::OkStatus();
}

RoutedChannel::Place RoutedChannel::Pick(std::optional<Partition> unit, absl::Time deadline) {
  const Partition one = unit.value_or(Random(units_));
  Place place = directory_.Of(service_, one);
  if (place.owner != 0) return place;
  if (!unit) {
    const std::vector<Place> owners = directory_.Owners(service_);
    if (!owners.empty()) return owners[Random(owners.size())];
  }
  return directory_.Find(service_, one, 0, deadline);
}

// Whoever refused, or did not answer, is asked again only when nobody else has come up.
RoutedChannel::Place RoutedChannel::Next(std::optional<Partition> unit, const Place& last, absl::Time deadline) {
  directory_.LookSoon();
  if (absl::Now() >= deadline) return {};
  const absl::Time patience = std::min(deadline, absl::Now() + kLook);
  const Place next = directory_.Find(service_, unit.value_or(Random(units_)), last.owner, patience);
  return next.owner != 0 ? next : Pick(unit, deadline);
}

absl::Status RoutedChannel::AskAt(const Place& place, const Ask& ask, const Message& request, Message& response) {
  if (rpc::Channel* own = own_.At(place.address)) return own->Unary(ask.method, ask.call, request, response);
  rpc::Call attempt = ask.call;
  if (ask.route.may_repeat() && !ask.route.is_slow()) attempt.deadline = std::min(attempt.deadline, absl::Now() + kLongestAttempt);
  return To(place.address)->Unary(ask.method, attempt, request, response);
}

bool RoutedChannel::MayAskAgain(const Ask& ask, const absl::Status& status) const {
  if (absl::Now() >= ask.call.deadline) return false;
  if (IsWrongOwner(status) || rpc::IsUnsent(status)) return true;
  return ask.route.may_repeat() && (rpc::IsUnanswered(status) || absl::IsDeadlineExceeded(status));
}

absl::Status RoutedChannel::Nobody() const { return absl::UnavailableError(StrCat("nobody runs ", service_)); }

std::shared_ptr<rpc::Channel> RoutedChannel::To(const std::string& address) {
  absl::MutexLock lock(&mutex_);
  if (channels_.size() > kMostChannels) channels_.clear();
  std::shared_ptr<rpc::Channel>& channel = channels_[address];
  if (!channel) channel = rpc::MakeChannel(address, observer_, options_);
  return channel;
}

}  // namespace parley
