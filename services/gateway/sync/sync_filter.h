#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "common/filter/filter.h"
#include "parley/events/v1/events.pb.h"
#include "services/gateway/sync/difference.h"

namespace parley::gateway {

// A /sync filter, divided into what the owners of rooms apply and what the gateway applies to what they answer. Immutable:
// safe from any thread.
class SyncFilter {
 public:
  // No filter was given.
  static const std::shared_ptr<const SyncFilter>& Default();
  // M_NOT_JSON, M_BAD_JSON.
  static absl::StatusOr<std::shared_ptr<const SyncFilter>> Parse(std::string_view json);

  // How the owners of rooms are to read them.
  const events::v1::SyncOptions& options() const { return options_; }
  bool include_leave() const { return filter_.room.include_leave; }
  bool AcceptsRoom(std::string_view room_id) const { return filter_.room.AcceptsRoom(room_id); }
  bool AcceptsEphemeral(std::string_view type) const { return filter_.room.ephemeral.Accepts({type, ""}); }
  bool WantsPresence() const { return !filter_.presence.AcceptsNothing(); }
  bool WantsAllPresenceStates() const { return filter_.all_presence_states; }

  // Takes out of account data and presence what the filter does not let through.
  void Apply(Difference& difference) const;

  // Null unless the filter has event_fields.
  const filter::FieldSet* event_fields() const {
    return filter_.event_fields ? &*filter_.event_fields : nullptr;
  }

 private:
  filter::Filter filter_;
  events::v1::SyncOptions options_;
};

}  // namespace parley::gateway
