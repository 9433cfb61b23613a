#pragma once

#include <cstdint>
#include <string_view>

// Two invites that crossed in one room: which call lives. Client-server API, "Glare"; seed S81–S92. Pure, so that both
// sides, and every server between, come to the same choice.
namespace parley::calls {

struct Invite {
  std::string_view call_id;
  std::string_view sender;
  int64_t sent_at_ms = 0;
  int64_t lifetime_ms = 0;

  bool ExpiredAt(int64_t now_ms) const { return now_ms - sent_at_ms >= lifetime_ms; }
};

enum class Glare {
  kNone,    // they don't collide: one has expired, or both are of one sender
  kFirst,   // the first one's call lives, the other is hung up
  kSecond,  // the other way round
};

// Compares the call ids byte by byte (which is code point order in UTF-8): the lesser lives (S84, S88). `first` and
// `second` may stand in either order.
inline Glare ResolveGlare(const Invite& first, const Invite& second, int64_t now_ms) {
  const bool collide = first.sender != second.sender && !first.ExpiredAt(now_ms) && !second.ExpiredAt(now_ms);
  if (!collide || first.call_id == second.call_id) return Glare::kNone;
  return first.call_id < second.call_id ? Glare::kFirst : Glare::kSecond;
}

}  // namespace parley::calls
