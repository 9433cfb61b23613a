#include "common/event/visibility.h"

namespace parley::event {
namespace {

bool MaySeeAt(HistoryVisibility visibility, Membership membership, bool joined_since) {
  if (visibility == HistoryVisibility::kWorldReadable) return true;
  if (membership == Membership::kJoin) return true;
  if (visibility == HistoryVisibility::kShared) return joined_since;
  return visibility == HistoryVisibility::kInvited && membership == Membership::kInvite;
}

}  // namespace

bool MaySee(const VisibilityFacts& facts) {
  for (const HistoryVisibility visibility : {facts.visibility_before, facts.visibility_after}) {
    for (const Membership membership : {facts.membership_before, facts.membership_after}) {
      if (MaySeeAt(visibility, membership, facts.joined_since)) return true;
    }
  }
  return false;
}

}  // namespace parley::event
