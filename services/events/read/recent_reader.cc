#include "services/events/read/recent_reader.h"

#include <algorithm>
#include <map>

#include "common/base/partition.h"
#include "common/event/client_format.h"
#include "common/event/event_types.h"
#include "services/events/read/lazy_members.h"
#include "services/events/read/room_token.h"
#include "services/events/read/sent_by.h"
#include "services/events/read/typing_view.h"

namespace parley::events {
namespace {

using Events = std::vector<TimelineEventPtr>;

// A message that nothing has happened to.
bool IsPlain(const TimelineEvent& event) {
  return !event.pdu->IsState() && event.flags == 0 && !event.related && event.pdu->type != event::kRedaction;
}

// One ReadSince. Each step returns false when memory does not suffice.
class Pass {
 public:
  Pass(const RecentReader::Deps& deps, const v1::ReadSinceRequest& request, const SyncFrame& frame)
      : deps_(deps), request_(request), frame_(frame), now_ms_(deps.clock.NowMs()) {}

  bool Run() {
    for (const v1::RoomSince& room : request_.rooms()) {
      if (!AddRoom(room)) return false;
    }
    for (const auto& [partition, head] : heads_) {
      auto* out = response.add_heads();
      out->set_partition(partition);
      out->set_position(head);
      AddTypingHead(deps_.typing, partition, response);
    }
    return true;
  }

  v1::ReadSinceResponse response;

 private:
  // The head is read before the timelines are, so that they hold everything up to it.
  int64_t HeadOf(Partition partition) {
    const auto [known, added] = heads_.try_emplace(partition, 0);
    if (added) known->second = deps_.streams.For(partition).committed_head();
    return known->second;
  }

  bool AddRoom(const v1::RoomSince& asked) {
    const int64_t since = asked.since();
    if (asked.membership() != "join" || since == 0) return false;
    const RoomPtr room = deps_.rooms.FindLoaded(asked.room_id());
    if (room == nullptr) return false;
    const int64_t head = HeadOf(room->partition);
    if (since > head || room->receipts_until > since || deps_.device_changes.Until(room->partition) > since) return false;
    if (!WasJoinedSince(*room, since)) return false;
    const auto events = NewEvents(*room, since, head);
    if (!events) return false;
    v1::RoomUpdate update;
    update.set_room_id(asked.room_id());
    update.set_membership("join");
    if (!AddTimeline(*room, *events, head, update)) return false;
    AddTyping(deps_.typing, frame_.ephemeral_filter, asked, update);
    if (!update.has_news()) return true;
    if (!Count(*room, head, update)) return false;
    *response.add_rooms() = std::move(update);
    return true;
  }

  bool WasJoinedSince(const Room& room, int64_t since) const {
    const auto member = room.state.FindMember(request_.requester().user_id());
    return member && member->membership == event::Membership::kJoin && member->from_pos > 0 && member->from_pos <= since;
  }

  static std::optional<Events> NewEvents(const Room& room, int64_t since, int64_t head) {
    auto events = room.timeline.Since(since);
    if (!events) return std::nullopt;
    while (!events->empty() && events->back()->pos > head) events->pop_back();
    const bool plain = std::all_of(events->begin(), events->end(), [](const auto& event) { return IsPlain(*event); });
    return plain ? std::move(events) : std::nullopt;
  }

  bool AddTimeline(const Room& room, const Events& events, int64_t head, v1::RoomUpdate& update) {
    const size_t limit = frame_.options.timeline_limit();
    const auto begin = events.size() > limit ? events.end() - limit : events.begin();
    for (auto it = begin; it != events.end(); ++it) {
      if (!KnowsSender(room, (*it)->pdu->sender.str())) return false;
      Append(**it, *update.add_timeline());
    }
    update.set_limited(events.size() > limit);
    update.set_prev_batch(RoomToken(begin == events.end() ? LiveOrder(head) : LiveOrder((*begin)->pos) - 1));
    update.set_state_is_after(frame_.options.state_after());
    update.set_has_news(!events.empty());
    return true;
  }

  // Lazy loading owes the client the member events of those who speak.
  bool KnowsSender(const Room& room, const std::string& sender) const {
    if (!frame_.options.lazy_load_members()) return true;
    if (frame_.options.include_redundant_members()) return false;
    const auto member = room.state.FindMember(sender);
    const auto& viewer = request_.requester();
    return member && member->event_pos > 0 &&
           frame_.lazy_members.WasSent(viewer.user_id(), viewer.device_id(), room.id, member->event_pos);
  }

  void Append(const TimelineEvent& event, std::string& out) const {
    const auto& viewer = request_.requester();
    event::UnsignedFields extra{.age_ms = std::max<int64_t>(0, now_ms_ - event.pdu->origin_server_ts),
                                .membership = "join"};
    std::string sent_by;
    AddSentBy({event.pdu->sender.str(), event.txn_device, event.txn_id}, viewer.user_id(), viewer.device_id(), extra,
              sent_by);
    out.reserve(event.client_prefix.size() + 128);
    out = event.client_prefix;
    event::AppendUnsignedAndClose(out, extra, event::ClientShape::kWithoutRoomId);
  }

  bool Count(const Room& room, int64_t head, v1::RoomUpdate& update) const {
    return deps_.unread.CountRecent(room, request_.requester().user_id(), head, now_ms_, request_.push_rule_changes(),
                                    frame_.options.unread_thread_notifications(), update);
  }

  const RecentReader::Deps& deps_;
  const v1::ReadSinceRequest& request_;
  const SyncFrame& frame_;
  const int64_t now_ms_;
  std::map<Partition, int64_t> heads_;
};

}  // namespace

std::optional<v1::ReadSinceResponse> RecentReader::ReadSince(const v1::ReadSinceRequest& request,
                                                             const SyncFrame& frame) const {
  const bool filtered = !frame.timeline_filter.KeepsAll() || !frame.ignored_users.empty();
  if (filtered || frame.options.full_state()) return std::nullopt;
  Pass pass(deps_, request, frame);
  if (!pass.Run()) return std::nullopt;
  return std::move(pass.response);
}

}  // namespace parley::events
