#include "services/calls/client/room_agent.h"

#include <algorithm>

namespace parley::calls::client {
namespace {

using Kind = Signal::Kind;

const Call* Find(const std::vector<Call>& calls, const std::string& call_id) {
  const auto found = std::find_if(calls.begin(), calls.end(),
                                  [&](const Call& call) { return call.call_id == call_id; });
  return found == calls.end() ? nullptr : &*found;
}

}  // namespace

bool RoomAgent::IsForUs(const Call& call) const {
  return call.caller != user_id_ && (call.invitee.empty() || call.invitee == user_id_);
}

Effect RoomAgent::SendOf(Kind kind, const std::string& call_id) const {
  Effect effect{.kind = Effect::Kind::kSend, .call_id = call_id};
  effect.signal.kind = kind;
  effect.signal.call_id = call_id;
  effect.signal.sender = user_id_;
  effect.signal.party_id = device_id_;
  return effect;
}

void RoomAgent::Become(State state, const std::string& call_id) {
  state_ = state;
  call_id_ = call_id;
}

// The call that the room has: one that is connected before one that rings.
const Call* RoomAgent::Live(const std::vector<Call>& calls) const {
  const Call* live = nullptr;
  for (const Call& call : calls) {
    const bool ours = call.caller == user_id_ || IsForUs(call);
    if (call.state == CallState::kEnded || !ours) continue;
    if (live == nullptr ||
        (live->state != CallState::kConnected && call.state == CallState::kConnected))
      live = &call;
  }
  return live;
}

void RoomAgent::End(Effects& effects, bool hang_up, const char* reason) {
  if (state_ == State::kIdle) return;
  if (state_ == State::kRinging)
    effects.push_back({.kind = Effect::Kind::kStopRinging, .call_id = call_id_});
  if (hang_up) {
    Effect hangup = SendOf(Kind::kHangup, call_id_);
    hangup.signal.reason = reason;
    effects.push_back(std::move(hangup));
  }
  effects.push_back({.kind = Effect::Kind::kEnded, .call_id = call_id_});
  if (has_media_) effects.push_back({.kind = Effect::Kind::kReleaseMedia, .call_id = call_id_});
  has_media_ = false;
  in_flight_.reset();
  Become(State::kIdle, "");
}

void RoomAgent::AcceptCall(const Call& call, Effects& effects) {
  if (state_ == State::kRinging)
    effects.push_back({.kind = Effect::Kind::kStopRinging, .call_id = call.call_id});
  if (has_media_ && call_id_ != call.call_id) {
    effects.push_back(
        {.kind = Effect::Kind::kMoveMedia, .call_id = call.call_id, .from = call_id_});
  }
  has_media_ = true;
  in_flight_.reset();
  Become(State::kConnected, call.call_id);
  effects.push_back(SendOf(Kind::kAnswer, call.call_id));
  effects.push_back({.kind = Effect::Kind::kConnected, .call_id = call.call_id});
}

Effects RoomAgent::Prepare(const std::string& call_id, int64_t now) {
  if (state_ == State::kRinging) return Accept(now);
  if (state_ != State::kIdle) return {};
  has_media_ = true;
  Become(State::kPreparing, call_id);
  return Settle(now);
}

Effects RoomAgent::MediaReady(int64_t now, int64_t lifetime) {
  if (state_ != State::kPreparing) return {};
  Effect invite = SendOf(Kind::kInvite, call_id_);
  invite.signal.lifetime = lifetime;
  in_flight_ = invite.signal;
  in_flight_->sent_at = in_flight_->seen_at = now;
  state_ = State::kCalling;
  Effects effects{std::move(invite)};
  for (Effect& more : Settle(now)) effects.push_back(std::move(more));
  return effects;
}

Effects RoomAgent::Accept(int64_t now) {
  if (state_ != State::kRinging) return {};
  const std::vector<Call> calls = room_.At(now);
  Effects effects;
  const Call* call = Find(calls, call_id_);
  if (call != nullptr && call->state == CallState::kRinging) AcceptCall(*call, effects);
  return effects;
}

Effects RoomAgent::HangUp(int64_t) {
  Effects effects;
  if (state_ == State::kRinging) {
    effects.push_back(SendOf(Kind::kReject, call_id_));
    End(effects, /*hang_up=*/false, "");
  } else {
    End(effects, state_ == State::kCalling || state_ == State::kConnected, "user_hangup");
  }
  return effects;
}

Effects RoomAgent::Receive(const Signal& signal, int64_t now) {
  room_.Apply(signal);
  if (in_flight_ && signal.kind == Kind::kInvite && signal.call_id == in_flight_->call_id)
    in_flight_.reset();
  return Settle(now);
}

// What the room's calls mean for what this device does. A step may make the next one possible.
Effects RoomAgent::Settle(int64_t now) {
  Effects effects;
  RoomCalls room = room_;
  if (in_flight_) room.Apply(*in_flight_);
  const std::vector<Call> calls = room.At(now);
  if (state_ != State::kIdle) SettleOwn(calls, effects);
  if (state_ == State::kIdle) SettleIdle(calls, effects);
  return effects;
}

void RoomAgent::SettleOwn(const std::vector<Call>& calls, Effects& effects) {
  const Call* own = state_ == State::kPreparing ? nullptr : Find(calls, call_id_);
  const bool was_calling = state_ == State::kPreparing || state_ == State::kCalling;
  if (own != nullptr && own->state == CallState::kConnected) {
    if (IsOwn(*own)) {
      if (selected_ != own->call_id) {
        selected_ = own->call_id;
        Effect select = SendOf(Kind::kSelectAnswer, own->call_id);
        select.signal.selected_party_id = own->callee_party;
        effects.push_back(std::move(select));
      }
      if (state_ == State::kCalling) {
        // Another call of the room may have been answered first.
        state_ = State::kConnected;
        effects.push_back({.kind = Effect::Kind::kConnected, .call_id = call_id_});
      }
      return;
    }
    // Answered here, or on another device of this user.
    const bool elsewhere = own->callee != user_id_ || own->callee_party != device_id_;
    if (elsewhere) End(effects, /*hang_up=*/false, "");
    return;
  }
  const bool waits = own != nullptr && own->state == CallState::kRinging;
  const Call* live = Live(calls);
  // Another device's call has taken the place of the one that rang here, or that we accepted (S89).
  const bool moved = own != nullptr && !IsOwn(*own) && own->end_reason == EndReason::kSuperseded &&
                     live != nullptr && live->state == CallState::kRinging && IsForUs(*live);
  if (moved && state_ == State::kRinging) return Become(State::kRinging, live->call_id);
  if (moved) return AcceptCall(*live, effects);
  // A call of this room that is not ours takes the place of one that we have not got through with
  // (S82, S85).
  const bool another = live != nullptr && live->call_id != call_id_;
  if (was_calling && another && (!waits || live->state == CallState::kConnected)) {
    if (state_ == State::kCalling) {
      Effect abort = SendOf(Kind::kHangup, call_id_);
      abort.signal.reason = "user_hangup";
      effects.push_back(std::move(abort));
    }
    if (IsForUs(*live) && live->state == CallState::kRinging) return AcceptCall(*live, effects);
    End(effects, /*hang_up=*/false, "");
    return;
  }
  if (waits || state_ == State::kPreparing) return;
  // Ours is over. The abort of a greater call is a hangup for it (S91).
  const bool superseded = own != nullptr && own->end_reason == EndReason::kSuperseded;
  const bool expired = own != nullptr && own->end_reason == EndReason::kExpired;
  const bool must_say = own != nullptr && IsOwn(*own) && (superseded || expired);
  End(effects, must_say, expired ? "invite_timeout" : "user_hangup");
}

void RoomAgent::SettleIdle(const std::vector<Call>& calls, Effects& effects) {
  const Call* live = Live(calls);
  // While the user calls or talks on another device, nothing rings here.
  if (live == nullptr || live->state != CallState::kRinging || !IsForUs(*live)) return;
  // It took the place of a call that another device of this user placed or accepted: that one takes
  // it.
  const bool taken = std::any_of(
      live->supersedes.begin(), live->supersedes.end(), [&](const std::string& call_id) {
        const Call* superseded = Find(calls, call_id);
        return superseded != nullptr &&
               (superseded->caller == user_id_ || superseded->callee == user_id_);
      });
  if (taken) return;
  Become(State::kRinging, live->call_id);
  effects.push_back({.kind = Effect::Kind::kRing, .call_id = live->call_id});
}

}  // namespace parley::calls::client
