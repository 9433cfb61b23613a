#include "services/events/read/receipts_view.h"

#include <map>

#include "common/json/splice.h"

namespace parley::events {
namespace {

using ByUser = std::map<std::string_view, const ReceiptRow*>;
using ByType = std::map<std::string_view, ByUser>;
using ByEvent = std::map<std::string_view, ByType>;

ByEvent Group(const std::vector<ReceiptRow>& receipts, std::string_view viewer) {
  ByEvent grouped;
  for (const ReceiptRow& receipt : receipts) {
    if (receipt.type == "m.read.private" && receipt.user_id != viewer) continue;
    grouped[receipt.event_id][receipt.type][receipt.user_id] = &receipt;
  }
  return grouped;
}

void WriteUsers(json::Writer& w, const ByUser& users) {
  w.BeginObject();
  for (const auto& [user_id, receipt] : users) {
    w.Key(user_id).BeginObject().Key("ts").Int(receipt->ts);
    if (!receipt->thread_id.empty()) w.Key("thread_id").String(receipt->thread_id);
    w.EndObject();
  }
  w.EndObject();
}

}  // namespace

std::string ReceiptEvent(const std::vector<ReceiptRow>& receipts, std::string_view viewer) {
  const ByEvent grouped = Group(receipts, viewer);
  std::string out;
  if (grouped.empty()) return out;
  json::Writer w(out);
  w.BeginObject().Key("type").String("m.receipt").Key("content").BeginObject();
  for (const auto& [event_id, types] : grouped) {
    w.Key(event_id).BeginObject();
    for (const auto& [type, users] : types) {
      w.Key(type);
      WriteUsers(w, users);
    }
    w.EndObject();
  }
  w.EndObject().EndObject();
  return out;
}

std::string TypingEvent(const std::vector<std::string>& user_ids) {
  std::string out;
  json::Writer w(out);
  w.BeginObject().Key("type").String("m.typing").Key("content").BeginObject();
  w.Key("user_ids").BeginArray();
  for (const std::string& user_id : user_ids) w.String(user_id);
  w.EndArray().EndObject().EndObject();
  return out;
}

}  // namespace parley::events
