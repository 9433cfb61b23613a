#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

// Two invites that crossed in one room: which call lives. Client-server API, "Glare"; seed S81–S92.
namespace parley::calls {

// What glare needs to know of an invite. Times are milliseconds since the epoch.
struct Invite {
  std::string call_id;
  std::string sender;
  // The sender's device; empty in calls of version 0.
  std::string party_id = {};
  // Whom it is for; empty: whoever is in the room.
  std::string invitee = {};
  int64_t sent_at = 0;
  // When whoever judges first saw it: on another server, and on a slow line, later than it was
  // sent.
  int64_t seen_at = 0;
  int64_t lifetime = 0;
  // When it was answered, rejected, hung up or redacted first, by the sender's time; absent: it
  // still waits.
  std::optional<int64_t> settled_at = {};

  bool ExpiredAt(int64_t now) const { return now - sent_at >= lifetime; }
};

enum class Glare {
  kNone,    // they don't collide: each is a call of its own
  kFirst,   // the first one's call lives, the other is aborted
  kSecond,  // the other way round
};

namespace glare_internal {

// One who calls twice from one device has begun anew; with version 0 nobody can tell devices apart.
inline bool SameCaller(const Invite& a, const Invite& b) {
  return a.sender == b.sender &&
         (a.party_id == b.party_id || a.party_id.empty() || b.party_id.empty());
}

// Whether the two calls are between the same people. Calls of one user's devices are: both go to
// the room (S81).
inline bool SameParties(const Invite& a, const Invite& b) {
  const auto reaches = [](const Invite& from, const Invite& to) {
    return from.invitee.empty() || from.invitee == to.sender;
  };
  if (a.sender == b.sender) return a.invitee == b.invitee;
  return reaches(a, b) && reaches(b, a);
}

// Whether `earlier` was still open when `later` was sent.
inline bool OpenWhenSent(const Invite& earlier, const Invite& later) {
  return !earlier.settled_at || *earlier.settled_at >= later.sent_at;
}

}  // namespace glare_internal

// Two calls to one room collide when each was sent before the other was settled, and neither had
// expired when the second of them was seen. Then the lesser call id lives (S84), compared byte by
// byte, which is code point order in UTF-8 (S88). The order of the arguments, and of arrival, makes
// no difference (S87). Pure: both clients, and every server between them, come to the same choice.
inline Glare ResolveGlare(const Invite& first, const Invite& second) {
  using namespace glare_internal;
  if (first.call_id == second.call_id || SameCaller(first, second) || !SameParties(first, second))
    return Glare::kNone;
  if (!OpenWhenSent(first, second) || !OpenWhenSent(second, first)) return Glare::kNone;
  const int64_t met = std::max(first.seen_at, second.seen_at);
  if (first.ExpiredAt(met) || second.ExpiredAt(met)) return Glare::kNone;
  return first.call_id < second.call_id ? Glare::kFirst : Glare::kSecond;
}

}  // namespace parley::calls
