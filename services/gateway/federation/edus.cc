#include "services/gateway/federation/edus.h"

#include <algorithm>
#include <optional>

#include "common/base/ids.h"
#include "common/status/macros.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/events/v1/room_federation.parley.h"
#include "parley/presence/v1/presence.parley.h"
#include "services/gateway/federation/remote_names.h"
#include "services/gateway/remote_rooms.h"

namespace parley::gateway {
namespace {

// Rooms of one m.receipt, users of one m.presence.
constexpr size_t kMaxEntries = 1'000;
constexpr size_t kMaxContentBytes = 1 << 20;

class EduReceiver {
 public:
  EduReceiver(const FederationDeps& deps, const rpc::Call& call, const std::string& origin)
      : deps_(deps.deps),
        remote_rooms_(deps.remote_rooms),
        remote_names_(deps.remote_names),
        call_(call),
        origin_(origin) {}

  // An error only when what must not get lost could not be kept.
  absl::Status Receive(const std::string& type, const json::Object& content) {
    if (type == "m.typing") TakeTyping(content);
    if (type == "m.receipt") TakeReceipts(content);
    if (type == "m.presence") TakePresence(content);
    if (type == "m.direct_to_device") return TakeToDevice(content);
    if (type == "m.device_list_update" || type == "m.signing_key_update")
      return TakeDeviceList(type, content);
    return absl::OkStatus();
  }

 private:
  // The user under this key, when it is one of the origin's.
  std::optional<std::string> OwnUser(const json::Object& content, std::string_view key) const {
    const std::string* text = json::FindString(content, key);
    if (text == nullptr || !IsOwn(*text)) return std::nullopt;
    return *text;
  }

  bool IsOwn(const std::string& user_id) const {
    const auto user = UserId::Parse(user_id);
    return user.ok() && user->server_name() == origin_;
  }

  void TakeRoomEdu(const std::string& type, const std::string& room_id,
                   const json::Object& content) {
    events::v1::ReceiveRoomEduRequest request;
    request.set_origin(origin_);
    request.set_edu_type(type);
    request.set_room_id(room_id);
    request.set_content(json::Serialize(content));
    deps_.room_federation.ReceiveRoomEdu(call_, request).IgnoreError();
  }

  void TakeTyping(const json::Object& content) {
    const std::string* room_id = json::FindString(content, "room_id");
    if (room_id == nullptr || !OwnUser(content, "user_id")) return;
    TakeRoomEdu("m.typing", *room_id, content);
  }

  void TakeReceipts(const json::Object& content) {
    size_t left = kMaxEntries;
    for (const auto& [room_id, receipts] : content) {
      if (left-- == 0) return;
      if (receipts.is_object()) TakeRoomEdu("m.receipt", room_id, *receipts.AsObject());
    }
  }

  void TakePresence(const json::Object& content) {
    const json::Array* push = json::FindArray(content, "push");
    if (push == nullptr) return;
    presence::v1::ReceiveRemoteRequest request;
    for (const json::Value& entry : *push) {
      if (static_cast<size_t>(request.users_size()) >= kMaxEntries) break;
      if (entry.is_object()) AddPresence(*entry.AsObject(), request);
    }
    if (request.users_size() > 0) deps_.presence.ReceiveRemote(call_, request).IgnoreError();
  }

  // Empty: nobody here may see the user.
  std::string SharedRoom(const std::string& user_id) const {
    const auto rooms = remote_rooms_.Of(call_, user_id);
    return rooms.ok() && !(*rooms)->empty() ? *(*rooms)->begin() : std::string();
  }

  void AddPresence(const json::Object& entry, presence::v1::ReceiveRemoteRequest& request) const {
    const auto user = OwnUser(entry, "user_id");
    const std::string* state = json::FindString(entry, "presence");
    if (!user || state == nullptr) return;
    const std::string room_id = SharedRoom(*user);
    if (room_id.empty()) return;
    remote_names_.Learn(call_, *user, room_id);
    presence::v1::RemoteUser& out = *request.add_users();
    out.set_user_id(*user);
    out.set_presence(*state);
    out.set_status_msg(std::string(json::StringOr(entry, "status_msg", "")));
    out.set_last_active_ago_ms(std::max<int64_t>(json::IntOr(entry, "last_active_ago", 0), 0));
    out.set_currently_active(json::BoolOr(entry, "currently_active", false));
  }

  absl::Status TakeToDevice(const json::Object& content) {
    const auto sender = OwnUser(content, "sender");
    const std::string* type = json::FindString(content, "type");
    const std::string* message_id = json::FindString(content, "message_id");
    const json::Object* messages = json::FindObject(content, "messages");
    if (!sender || type == nullptr || message_id == nullptr || messages == nullptr)
      return absl::OkStatus();
    accounts::v1::SendToDeviceRequest request;
    request.mutable_requester()->set_user_id(*sender);
    request.set_type(*type);
    request.set_txn_id(*message_id);
    request.set_body(json::Serialize(json::Object{{"messages", *messages}}));
    if (request.body().size() > kMaxContentBytes) return absl::OkStatus();
    return Kept(deps_.accounts.SendToDevice(call_, request).status());
  }

  absl::Status TakeDeviceList(const std::string& type, const json::Object& content) {
    const auto user = OwnUser(content, "user_id");
    if (!user) return absl::OkStatus();
    accounts::v1::ReceiveDeviceListUpdateRequest request;
    request.set_user_id(*user);
    request.set_edu_type(type);
    request.set_content(json::Serialize(content));
    if (request.content().size() > kMaxContentBytes) return absl::OkStatus();
    return Kept(deps_.accounts.ReceiveDeviceListUpdate(call_, request).status());
  }

  // Malformed ones are gone; those that our side could not keep are worth another attempt.
  static absl::Status Kept(const absl::Status& status) {
    const bool is_ours = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
                         absl::IsResourceExhausted(status) || absl::IsAborted(status);
    return is_ours ? absl::UnavailableError("an EDU could not be kept") : absl::OkStatus();
  }

  const Deps& deps_;
  RemoteRooms& remote_rooms_;
  RemoteNames& remote_names_;
  const rpc::Call& call_;
  const std::string& origin_;
};

}  // namespace

absl::Status ReceiveEdus(const FederationDeps& deps, const rpc::Call& call,
                         const std::string& origin, const json::Array& edus) {
  EduReceiver receiver(deps, call, origin);
  absl::Status status;
  for (const json::Value& edu : edus) {
    if (!edu.is_object()) continue;
    const std::string* type = json::FindString(*edu.AsObject(), "edu_type");
    const json::Object* content = json::FindObject(*edu.AsObject(), "content");
    if (type != nullptr && content != nullptr) status.Update(receiver.Receive(*type, *content));
  }
  return status;
}

}  // namespace parley::gateway
