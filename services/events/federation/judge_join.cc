#include "services/events/federation/judge_join.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "common/event/authorise.h"
#include "common/event/event_types.h"
#include "common/event/state_tuple.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::events {
namespace {

class Judge {
 public:
  explicit Judge(const event::VerifiedPdu& join) : join_(join) {}

  absl::StatusOr<GivenRoom> Run(const std::vector<event::VerifiedPdu>& state,
                                const std::vector<event::VerifiedPdu>& auth_chain) {
    for (const event::VerifiedPdu& event : state) Take(event);
    for (const event::VerifiedPdu& event : auth_chain) Take(event);
    PARLEY_RETURN_IF_ERROR(FindCreate());
    for (const auto& [id, event] : given_) Visit(*event);
    PARLEY_RETURN_IF_ERROR(TakeState(state));
    PARLEY_RETURN_IF_ERROR(CheckJoin());
    room_.version = join_->version;
    room_.join = join_.pdu();
    return std::move(room_);
  }

 private:
  void Take(const event::VerifiedPdu& event) {
    if (event->room_id != join_->room_id || !event->IsState()) return;
    given_.try_emplace(event->event_id, &event);
  }

  absl::Status FindCreate() {
    for (const auto& [id, event] : given_) {
      if (!(*event)->IsState(event::kCreate, "")) continue;
      if (create_ != nullptr) return BadJson("The room has two create events");
      create_ = event->pdu().get();
    }
    if (create_ == nullptr) return BadJson("The room has no create event");
    if (json::StringOr(create_->content, "room_version", "1") != join_->version->id) {
      return BadJson("The room is of another version");
    }
    return absl::OkStatus();
  }

  // Depth first along auth_events, without recursion. What is on the way already is behind itself:
  // nothing can rest on it.
  void Visit(const event::VerifiedPdu& root) {
    struct Step {
      const event::VerifiedPdu* event;
      size_t next = 0;
    };
    if (!visited_.insert(root->event_id).second) return;
    std::vector<Step> path = {{&root}};
    while (!path.empty()) {
      Step& step = path.back();
      const auto& rests_on = (*step.event)->auth_events;
      if (step.next == rests_on.size()) {
        Decide(*step.event);
        path.pop_back();
        continue;
      }
      const auto found = given_.find(rests_on[step.next++]);
      if (found == given_.end() || !visited_.insert(found->first).second) continue;
      path.push_back({found->second});
    }
  }

  void Decide(const event::VerifiedPdu& event) {
    std::vector<event::AuthEvent> auth;
    for (const EventId& id : event->auth_events) {
      const auto found = allowed_.find(id);
      if (found == allowed_.end()) return;
      auth.push_back({found->second.get(), false});
    }
    if (!event::AuthoriseOutlier(event, auth, {create_, false}).ok()) return;
    allowed_.emplace(event->event_id, event.pdu());
    room_.outliers.push_back(event.pdu());
  }

  absl::Status TakeState(const std::vector<event::VerifiedPdu>& state) {
    for (const event::VerifiedPdu& event : state) {
      if (!allowed_.contains(event->event_id)) continue;
      const auto [known, added] =
          state_.try_emplace({event->type, *event->state_key}, event.pdu().get());
      if (added) {
        room_.state.push_back(event.pdu());
      } else if (known->second->event_id != event->event_id) {
        return BadJson("The room's state says two things of one");
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckJoin() const {
    const auto find = [this](std::string_view type, std::string_view key) -> const event::Pdu* {
      const auto found = state_.find({std::string(type), std::string(key)});
      return found == state_.end() ? nullptr : found->second;
    };
    if (find(event::kCreate, "") == nullptr) return BadJson("The state has no create event");
    return event::Authorise(join_, find).status();
  }

  const event::VerifiedPdu& join_;
  absl::flat_hash_map<EventId, const event::VerifiedPdu*> given_;
  const event::Pdu* create_ = nullptr;
  absl::flat_hash_set<EventId> visited_;
  absl::flat_hash_map<EventId, event::PduPtr> allowed_;
  absl::flat_hash_map<event::StateTuple, const event::Pdu*> state_;
  GivenRoom room_;
};

}  // namespace

absl::StatusOr<GivenRoom> JudgeJoin(const event::VerifiedPdu& join,
                                    const std::vector<event::VerifiedPdu>& state,
                                    const std::vector<event::VerifiedPdu>& auth_chain) {
  return Judge(join).Run(state, auth_chain);
}

}  // namespace parley::events
