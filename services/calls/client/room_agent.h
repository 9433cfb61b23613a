#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/calls/room_calls.h"
#include "common/calls/signal.h"

// The client's side of calls in one room, on one device. Client-server API, "Voice over IP",
// "Glare"; seed S71–S92.
namespace parley::calls::client {

// What the device is to do. In the order they are given.
struct Effect {
  enum class Kind {
    kSend,  // `signal`: kind, call_id, party_id, invitee, lifetime, selected_party_id, reason
    kRing,  // show the incoming call
    kStopRinging,
    kConnected,  // media flows over `call_id`
    kMoveMedia,  // `from` is over: what was set up for it is used for `call_id` (S90)
    kEnded,      // the device has no part in `call_id` any more
    kReleaseMedia,
  };
  Kind kind;
  std::string call_id = {};
  std::string from = {};
  Signal signal = {};
};
using Effects = std::vector<Effect>;

// One device in one room: what its user does, and the room's call events in the order they arrive,
// go in; what to send, ring and connect comes out. No network, no clock, no media. Both devices run
// the same RoomCalls over the same events as the server does, so all come to the same call.
//
// Times are milliseconds by the server's clock (origin_server_ts plus age). Threads: none of its
// own.
class RoomAgent {
 public:
  RoomAgent(std::string user_id, std::string device_id)
      : user_id_(std::move(user_id)), device_id_(std::move(device_id)) {}

  // The user wants to call: media are being set up. Nothing is sent yet. In a room with a call that
  // rings here, it is that one which is accepted.
  Effects Prepare(const std::string& call_id, int64_t now);
  // Media are there: the invite goes out, unless another call has taken its place (S82, S83).
  Effects MediaReady(int64_t now, int64_t lifetime = 60'000);
  Effects Accept(int64_t now);
  // Hangs up, cancels or rejects, whatever there is.
  Effects HangUp(int64_t now);
  // An event of the room, own ones included.
  Effects Receive(const Signal& signal, int64_t now);
  // Time has passed: invites run out.
  Effects Tick(int64_t now) { return Settle(now); }

  enum class State { kIdle, kPreparing, kCalling, kRinging, kConnected };
  State state() const { return state_; }
  const std::string& call_id() const { return call_id_; }

 private:
  Effects Settle(int64_t now);
  void SettleOwn(const std::vector<Call>& calls, Effects& effects);
  void SettleIdle(const std::vector<Call>& calls, Effects& effects);
  const Call* Live(const std::vector<Call>& calls) const;

  bool IsOwn(const Call& call) const {
    return call.caller == user_id_ && call.caller_party == device_id_;
  }
  bool IsForUs(const Call& call) const;
  void AcceptCall(const Call& call, Effects& effects);
  void Become(State state, const std::string& call_id);
  void End(Effects& effects, bool hang_up, const char* reason);
  Effect SendOf(Signal::Kind kind, const std::string& call_id) const;

  const std::string user_id_;
  const std::string device_id_;
  RoomCalls room_;
  State state_ = State::kIdle;
  std::string call_id_;
  // The own invite, until it comes back: to us it was sent behind everything that has arrived.
  std::optional<Signal> in_flight_;
  bool has_media_ = false;
  std::string selected_;  // the call whose answer we have selected
};

}  // namespace parley::calls::client
