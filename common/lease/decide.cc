#include "common/lease/decide.h"

#include <algorithm>
#include <map>

namespace parley::lease {
namespace {

// The units of each member that is there, and those of nobody.
struct Shares {
  std::map<MemberId, std::vector<Partition>> owned;
  std::vector<Partition> free;
};

Shares SharesOf(const View& view) {
  Shares shares;
  for (const MemberId member : view.members) shares.owned[member];
  std::vector<bool> taken(view.units, false);
  for (const Holding& holding : view.holdings) {
    const auto owner = shares.owned.find(holding.owner);
    if (holding.expired || owner == shares.owned.end() || holding.unit >= view.units) continue;
    owner->second.push_back(holding.unit);
    taken[holding.unit] = true;
  }
  for (auto& [member, units] : shares.owned) std::sort(units.begin(), units.end());
  for (Partition unit = 0; unit < view.units; ++unit) {
    if (!taken[unit]) shares.free.push_back(unit);
  }
  return shares;
}

// Whoever has most may keep one more when the units do not divide evenly.
std::vector<MemberId> ByShare(const Shares& shares) {
  std::vector<MemberId> order;
  for (const auto& [member, units] : shares.owned) order.push_back(member);
  std::stable_sort(order.begin(), order.end(), [&](MemberId a, MemberId b) {
    return shares.owned.at(a).size() > shares.owned.at(b).size();
  });
  return order;
}

}  // namespace

Decision Decide(MemberId me, const View& view) {
  const Shares shares = SharesOf(view);
  if (!shares.owned.contains(me)) return {};
  const size_t members = shares.owned.size();
  Decision decision;
  size_t rank = 0, next_free = 0;
  for (const MemberId member : ByShare(shares)) {
    const size_t quota = view.units / members + (rank++ < view.units % members ? 1 : 0);
    const std::vector<Partition>& owned = shares.owned.at(member);
    const size_t missing = quota > owned.size() ? quota - owned.size() : 0;
    const size_t end = std::min(shares.free.size(), next_free + missing);
    if (member == me) {
      decision.claim.assign(shares.free.begin() + next_free, shares.free.begin() + end);
      if (owned.size() > quota) decision.release.assign(owned.begin() + quota, owned.end());
    }
    next_free = end;
  }
  return decision;
}

}  // namespace parley::lease
