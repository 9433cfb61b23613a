#include "services/gateway/sync/sync_filter.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/filter/parse.h"
#include "common/json/value.h"
#include "common/status/macros.h"

namespace parley::gateway {
namespace {

constexpr int64_t kDefaultTimeline = 10;
constexpr int64_t kMaxTimeline = 100;

// Keys that are read into SyncOptions by themselves: a filter of nothing else need not be matched against each event.
constexpr std::string_view kOptionKeys[] = {"limit", "lazy_load_members",
                                            "include_redundant_members",
                                            "unread_thread_notifications"};

bool IsOptionKey(std::string_view key) {
  return std::find(std::begin(kOptionKeys), std::end(kOptionKeys), key) != std::end(kOptionKeys);
}

// The RoomEventFilter at room.<key> as the owners of rooms get it; empty when it lets everything through.
std::string RoomFilterBytes(const json::Object& filter, std::string_view key) {
  const json::Object* room = json::FindObject(filter, "room");
  const json::Object* part = room == nullptr ? nullptr : json::FindObject(*room, key);
  if (part == nullptr) return "";
  const bool matches_events = std::any_of(
      part->begin(), part->end(), [](const auto& member) { return !IsOptionKey(member.first); });
  return matches_events ? json::Serialize(*part) : "";
}

events::v1::SyncOptions OptionsFrom(const filter::Filter& parsed, const json::Object& filter) {
  const filter::RoomFilter& room = parsed.room;
  events::v1::SyncOptions options;
  options.set_timeline_limit(room.timeline.LimitOr(kDefaultTimeline, kMaxTimeline));
  options.set_timeline_filter(RoomFilterBytes(filter, "timeline"));
  options.set_state_filter(RoomFilterBytes(filter, "state"));
  options.set_ephemeral_filter(RoomFilterBytes(filter, "ephemeral"));
  options.set_lazy_load_members(room.state.lazy_load_members);
  options.set_include_redundant_members(room.state.include_redundant_members);
  options.set_unread_thread_notifications(room.timeline.unread_thread_notifications);
  options.set_raw_events(parsed.event_format == filter::EventFormat::kFederation);
  return options;
}

// The sender of an m.presence event, which is our own JSON.
std::string PresenceSender(const std::string& event) {
  const auto parsed = json::ParseObject(event);
  return parsed.ok() ? std::string(json::StringOr(*parsed, "sender", "")) : std::string();
}

}  // namespace

const std::shared_ptr<const SyncFilter>& SyncFilter::Default() {
  static const auto* const filter =
      new std::shared_ptr<const SyncFilter>(*SyncFilter::Parse("{}"));
  return *filter;
}

absl::StatusOr<std::shared_ptr<const SyncFilter>> SyncFilter::Parse(std::string_view json) {
  PARLEY_TRY(const json::Object object, json::ParseObject(json));
  PARLEY_TRY(filter::Filter parsed, filter::ParseFilter(object));
  auto filter = std::make_shared<SyncFilter>();
  filter->options_ = OptionsFrom(parsed, object);
  filter->filter_ = std::move(parsed);
  return filter;
}

void SyncFilter::Apply(Difference& difference) const {
  std::erase_if(difference.account_data, [this](const accounts::v1::AccountDatum& datum) {
    if (datum.room_id().empty()) return !filter_.account_data.Accepts(datum.type(), "");
    return !AcceptsRoom(datum.room_id()) ||
           !filter_.room.account_data.AcceptsRoom(datum.room_id()) ||
           !filter_.room.account_data.Accepts({datum.type(), ""});
  });
  if (filter_.presence.AcceptsEverything()) return;
  std::erase_if(difference.presence, [this](const std::string& event) {
    return !filter_.presence.Accepts("m.presence", PresenceSender(event));
  });
}

}  // namespace parley::gateway
