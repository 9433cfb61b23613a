#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/calls/glare.h"
#include "common/calls/signal.h"

namespace parley::calls {

enum class CallState { kRinging, kConnected, kEnded };

enum class EndReason {
  kNone,        // it has not ended
  kHangup,      // after it was answered
  kCancelled,   // by the caller, before
  kRejected,    // by the callee
  kExpired,     // nobody answered within its lifetime
  kSuperseded,  // glare: `superseded_by` lives
  kRedacted,    // its invite was redacted before anybody answered
};

std::string_view NameOf(CallState state);
std::string_view NameOf(EndReason reason);

// One call as it stands. Times are milliseconds since the epoch; 0: has not happened.
struct Call {
  std::string call_id;
  std::string invite_event_id;
  std::string caller;
  std::string caller_party;
  std::string invitee;
  CallState state = CallState::kRinging;
  EndReason end_reason = EndReason::kNone;
  std::string hangup_reason = {};  // as the hangup gave it
  std::string callee = {};         // who answered or rejected
  std::string callee_party = {};
  int64_t sent_at = 0;
  int64_t expires_at = 0;
  int64_t answered_at = 0;
  int64_t ended_at = 0;
  std::string superseded_by = {};
  std::vector<std::string> supersedes = {};

  friend bool operator==(const Call&, const Call&) = default;
};

// The calls of one room, from the signals that were seen of it. What it says depends on which
// signals there are and on the time, never on the order they came in: a late candidate, or an
// answer behind a hangup, changes nothing (S73), and every server and client that has seen the same
// comes to the same (S87).
//
// A call is answered by the response that its caller selected, or else by the first one by the
// senders' times; a hangup of somebody who did not respond ends the call as well, that of a device
// that was not chosen does not.
//
// Bounded: 64 calls, of each 64 signals; the oldest call goes first. Threads: none of its own, a
// value.
class RoomCalls {
 public:
  // True if it was news.
  bool Apply(const Signal& signal);

  // Every call whose invite was seen, in the order of call ids.
  std::vector<Call> At(int64_t now) const;

  // The next time after `now` at which At() changes by itself.
  std::optional<int64_t> NextExpiry(int64_t now) const;

  // Forgets calls that ended before this time, and those that were not heard of since
  // `silent_before`.
  void Forget(int64_t ended_before, int64_t silent_before);

  bool empty() const { return calls_.empty(); }

 private:
  struct Facts {
    std::optional<Signal> invite;
    std::vector<Signal> others;  // in the order of (sent_at, event_id); no candidates
    int64_t last_heard = 0;
  };
  struct Judged;

  bool AddInvite(Facts& facts, const Signal& signal);
  void MakeRoom();
  // Each call by itself, glare left out.
  std::vector<Judged> Judge(int64_t now) const;
  static Judged JudgeOne(const Facts& facts, int64_t redacted_at, int64_t now);
  static void ApplyGlare(std::vector<Judged>& judged);

  std::map<std::string, Facts> calls_;
  std::map<std::string, int64_t> redactions_;  // event id → when
};

}  // namespace parley::calls
