#pragma once

#include <cstdint>
#include <string_view>

namespace parley::stream {

// Kinds of streams that a sync token can hold. Numbers are part of tokens that clients keep: they
// never change.
enum class StreamKind : uint8_t {
  kEvents = 1,  // rooms: timeline, state, receipts, device-list changes; all of a room partition's
                // durable news
  kReceipts = 2,  // reserved for receipts apart from events
  kTyping = 3,    // ephemeral
  kAccounts = 4,  // users: account data, memberships, devices
  kPresence = 5,  // ephemeral
  kProfile = 6,
  kCalls = 7,
  kToDevice = 8,
  kDeviceLists = 9,
};
inline constexpr int kStreamKinds = 10;  // numbers are below this

// The name in the store and on the bus: "events", "to_device" …
std::string_view NameOf(StreamKind kind);

// A position in an ephemeral stream: a counter that begins anew, from 1, with each epoch of the
// partition's lease. What was handed out in an older epoch says nothing: send the current set.
struct EphemeralPosition {
  int64_t epoch = 0;
  int64_t counter = 0;

  // One number that grows with both, as a wake carries it. Holds epochs below 2^31 and counters
  // below 2^32.
  int64_t Packed() const { return epoch << 32 | counter; }
  static EphemeralPosition Unpack(int64_t packed) { return {packed >> 32, packed & 0xffff'ffff}; }

  friend bool operator==(const EphemeralPosition&, const EphemeralPosition&) = default;
};

}  // namespace parley::stream
