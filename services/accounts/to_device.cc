#include "services/accounts/to_device.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/federation/v1/federation.parley.h"
#include "services/accounts/body.h"
#include "services/accounts/tables/inbox.h"

namespace parley::accounts {
namespace {

constexpr size_t kMaxTypeBytes = 255;
constexpr size_t kMaxTransactionBytes = 512;
constexpr size_t kMaxRecipients = 10'000;
// Server-server API, "m.direct_to_device".
constexpr size_t kMessageIdBytes = 32;

using Contents = google::protobuf::Map<std::string, std::string>;

std::string ClientEvent(const v1::DeliverToDeviceRequest& request, std::string_view content) {
  std::string event;
  json::Writer writer(event);
  writer.BeginObject().Key("type").String(request.type()).Key("sender").String(request.sender().user_id());
  writer.Key("content").Raw(content).EndObject();
  return event;
}

// The same for each attempt of a client to send the same: the other server delivers it once.
std::string MessageId(const v1::SendToDeviceRequest& request) {
  const std::string text = StrCat(request.requester().user_id(), " ", request.requester().device_id(), " ",
                                  request.type(), " ", request.txn_id());
  return crypto::EncodeBase64Url(crypto::Sha256(text)).substr(0, kMessageIdBytes);
}

// An m.direct_to_device EDU.
std::string Edu(const v1::SendToDeviceRequest& request, std::string_view message_id,
                const std::map<std::string, std::map<std::string, std::string>>& messages) {
  std::string edu;
  json::Writer out(edu);
  out.BeginObject().Key("content").BeginObject().Key("message_id").String(message_id).Key("messages").BeginObject();
  for (const auto& [user, devices] : messages) {
    out.Key(user).BeginObject();
    for (const auto& [device_id, content] : devices) out.Key(device_id).Raw(content);
    out.EndObject();
  }
  out.EndObject().Key("sender").String(request.requester().user_id()).Key("type").String(request.type()).EndObject();
  out.Key("edu_type").String("m.direct_to_device").EndObject();
  return edu;
}

// The device's own message, or that for all devices.
const std::string* ContentFor(const Contents& devices, const std::string& device_id) {
  auto found = devices.find(device_id);
  if (found == devices.end()) found = devices.find("*");
  return found == devices.end() ? nullptr : &found->second;
}

tables::Transaction TransactionOf(const v1::DeliverToDeviceRequest& request) {
  return {request.sender().user_id(), request.sender().device_id(), request.txn_id()};
}

}  // namespace

absl::StatusOr<ToDevice::Messages> ToDevice::Parse(const json::Object& body) {
  PARLEY_TRY(const json::Object* users, RequiredObject(body, "messages"));
  if (users->size() > kMaxRecipients) return TooLarge("Too many recipients");
  Messages messages;
  for (const auto& [user, devices] : *users) {
    PARLEY_RETURN_IF_ERROR(UserId::Parse(user).status());
    if (!devices.is_object()) return BadJson("'messages' must hold an object for each user");
    for (const auto& [device_id, content] : *devices.AsObject()) {
      if (!content.is_object()) return BadJson("A message's content must be an object");
      messages[user][device_id] = json::Serialize(content);
    }
  }
  return messages;
}

// Those whose partition has not seen the transaction. Their locks keep a second request with it waiting.
absl::StatusOr<std::vector<LockedAccount>> ToDevice::LockRecipients(const v1::DeliverToDeviceRequest& request) {
  std::vector<UserId> users;
  for (const auto& recipient : request.recipients()) users.push_back(UserId::Trusted(recipient.user_id()));
  PARLEY_TRY(std::vector<LockedAccount> all, deps_.accounts.LockAll(std::move(users)));
  std::map<Partition, bool> seen;
  std::vector<LockedAccount> fresh;
  const auto find = [&](store::Reader& reader) -> absl::Status {
    for (LockedAccount& account : all) {
      if (!account->exists) continue;
      const Partition partition = account->partition;
      if (!seen.contains(partition)) {
        PARLEY_TRY(seen[partition], tables::HasTransaction(reader, partition, TransactionOf(request)));
      }
      if (!seen[partition]) fresh.push_back(std::move(account));
    }
    return absl::OkStatus();
  };
  PARLEY_RETURN_IF_ERROR(deps_.store.Read(find));
  return fresh;
}

absl::Status ToDevice::Send(const rpc::Call& call, const v1::SendToDeviceRequest& request) {
  PARLEY_RETURN_IF_ERROR(CheckLength("eventType", request.type(), kMaxTypeBytes));
  PARLEY_RETURN_IF_ERROR(CheckLength("txnId", request.txn_id(), kMaxTransactionBytes));
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  PARLEY_TRY(const Messages messages, Parse(body));
  PARLEY_RETURN_IF_ERROR(SendToOthers(call, request, messages));
  return SendToOwn(call, request, messages);
}

absl::Status ToDevice::SendToOthers(const rpc::Call& call, const v1::SendToDeviceRequest& request,
                                    const Messages& messages) {
  const std::string& own_server = deps_.config.server_name;
  if (UserId::Trusted(request.requester().user_id()).server_name() != own_server) return absl::OkStatus();
  std::map<std::string, Messages> by_server;
  for (const auto& [user, devices] : messages) {
    const std::string server(UserId::Trusted(user).server_name());
    if (server != own_server) by_server[server][user] = devices;
  }
  if (by_server.empty()) return absl::OkStatus();
  const std::string message_id = MessageId(request);
  federation::v1::SendEdusRequest edus;
  for (const auto& [server, of_server] : by_server) {
    federation::v1::Edu& edu = *edus.add_edus();
    edu.add_destinations(server);
    edu.set_durable(true);
    edu.set_key(StrCat("to_device ", message_id));
    edu.set_json(Edu(request, message_id, of_server));
  }
  return federation_.SendEdus(call, edus).status();
}

absl::Status ToDevice::SendToOwn(const rpc::Call& call, const v1::SendToDeviceRequest& request,
                                 const Messages& messages) {
  v1::DeliverToDeviceRequest delivery;
  *delivery.mutable_sender() = request.requester();
  delivery.set_type(request.type());
  delivery.set_txn_id(request.txn_id());
  for (const auto& [user, devices] : messages) {
    if (UserId::Trusted(user).server_name() != deps_.config.server_name) continue;
    v1::DeliverToDeviceRequest::Recipient& recipient = *delivery.add_recipients();
    recipient.set_user_id(user);
    recipient.mutable_devices()->insert(devices.begin(), devices.end());
  }
  if (delivery.recipients_size() == 0) return absl::OkStatus();
  return deps_.owners.DeliverToDevice(call, delivery).status();
}

absl::Status ToDevice::Deliver(const v1::DeliverToDeviceRequest& request) {
  PARLEY_TRY(std::vector<LockedAccount> recipients, LockRecipients(request));
  if (recipients.empty()) return absl::OkStatus();
  std::map<std::string_view, const Contents*> contents;
  for (const auto& recipient : request.recipients()) contents[recipient.user_id()] = &recipient.devices();
  std::map<std::string, int64_t> positions;
  const auto write = [&](store::Batch& batch, LockedAccount& account, int64_t position) {
    tables::PutTransaction(batch, account->partition, TransactionOf(request), deps_.clock.NowMs());
    const Contents& devices = *contents.at(account->id.str());
    for (const auto& [device_id, device] : account->devices) {
      const std::string* content = ContentFor(devices, device_id);
      if (content == nullptr) continue;
      tables::PutInboxEvent(batch, account->partition, account->id.str(), device_id, position,
                            ClientEvent(request, *content));
    }
    positions[account->id.str()] = position;
  };
  PARLEY_RETURN_IF_ERROR(deps_.changes.CommitAll(recipients, write));
  const size_t envelope = ClientEvent(request, "").size();
  for (LockedAccount& account : recipients) {
    const int64_t position = positions[account->id.str()];
    for (auto& [device_id, device] : account->devices) {
      const std::string* content = ContentFor(*contents.at(account->id.str()), device_id);
      if (content == nullptr) continue;
      Note(device, position, static_cast<int64_t>(envelope + content->size()));
      // It is tried again with the next message.
      Trim(account, device_id, device).IgnoreError();
    }
    account->last_change = position;
  }
  return absl::OkStatus();
}

void ToDevice::Note(Device& device, int64_t position, int64_t bytes) {
  if (device.inbox_first == 0) device.inbox_first = position;
  device.inbox_last = position;
  ++device.inbox_count;
  device.inbox_bytes += bytes;
}

absl::Status ToDevice::Trim(LockedAccount& account, const std::string& device_id, Device& device) {
  const tables::InboxSize most{static_cast<int64_t>(deps_.config.max_inbox_messages),
                               static_cast<int64_t>(deps_.config.max_inbox_bytes)};
  if (device.inbox_count <= most.count && device.inbox_bytes <= most.bytes) return absl::OkStatus();
  int64_t cut = 0;
  tables::InboxSize left;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    const std::string& user = account->id.str();
    const tables::InboxSize keep{most.count - most.count / 10, most.bytes - most.bytes / 10};
    PARLEY_TRY(cut, tables::InboxCut(reader, account->partition, user, device_id, keep));
    PARLEY_TRY(left, tables::MeasureInbox(reader, account->partition, user, device_id, cut));
    return absl::OkStatus();
  }));
  store::Batch batch;
  tables::DeleteInbox(batch, account->partition, account->id.str(), device_id, cut);
  PARLEY_RETURN_IF_ERROR(deps_.changes.CommitQuietly(account->partition, std::move(batch)));
  device.inbox_count = left.count;
  device.inbox_bytes = left.bytes;
  device.inbox_first = std::min(cut + 1, device.inbox_last);
  return absl::OkStatus();
}

absl::Status ToDevice::Acknowledge(LockedAccount& account, const std::string& device_id, Device& device,
                                   int64_t until) {
  if (device.inbox_first == 0 || until < device.inbox_first) return absl::OkStatus();
  tables::InboxSize left;
  if (until < device.inbox_last) {
    PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
      PARLEY_TRY(left, tables::MeasureInbox(reader, account->partition, account->id.str(), device_id, until));
      return absl::OkStatus();
    }));
  }
  store::Batch batch;
  tables::DeleteInbox(batch, account->partition, account->id.str(), device_id, until);
  deps_.changes.PostQuietly(account->partition, std::move(batch));
  const bool is_empty = until >= device.inbox_last;
  device.inbox_first = is_empty ? 0 : until + 1;
  if (is_empty) device.inbox_last = 0;
  device.inbox_count = left.count;
  device.inbox_bytes = left.bytes;
  return absl::OkStatus();
}

absl::StatusOr<ToDevice::Delivery> ToDevice::Read(LockedAccount& account, const std::string& device_id, int64_t since,
                                                  uint32_t limit) {
  Delivery delivery;
  delivery.until = since;
  Device* device = account->FindDevice(device_id);
  if (device == nullptr) return delivery;
  PARLEY_RETURN_IF_ERROR(Acknowledge(account, device_id, *device, since));
  if (device->inbox_last <= since) return delivery;
  std::vector<tables::InboxEvent> events;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(events, tables::ReadInbox(reader, account->partition, account->id.str(), device_id, since, limit + 1));
    return absl::OkStatus();
  }));
  delivery.more = events.size() > limit;
  if (delivery.more) events.pop_back();
  for (tables::InboxEvent& event : events) {
    delivery.until = event.position;
    delivery.events.push_back(std::move(event.json));
  }
  return delivery;
}

}  // namespace parley::accounts
