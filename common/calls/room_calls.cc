#include "common/calls/room_calls.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

namespace parley::calls {
namespace {

using Kind = Signal::Kind;

constexpr size_t kMaxCalls = 64;
constexpr size_t kMaxSignals = 64;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

bool Earlier(const Signal& a, const Signal& b) {
  return std::tie(a.sent_at, a.event_id) < std::tie(b.sent_at, b.event_id);
}

// A server whose clock runs ahead does not make its invites last longer.
int64_t SentAt(const Signal& signal) {
  return std::min(signal.sent_at, signal.seen_at);
}

bool IsSameDevice(std::string_view party, std::string_view other) {
  return party.empty() || other.empty() || party == other;
}

bool IsCaller(const Signal& invite, const Signal& signal) {
  return signal.sender == invite.sender && IsSameDevice(invite.party_id, signal.party_id);
}

bool MayRespond(const Signal& invite, const Signal& signal) {
  if (signal.sender == invite.sender) return false;
  return invite.invitee.empty() || invite.invitee == signal.sender;
}

// Before anybody has answered, a callee's hangup rejects.
bool IsResponse(const Signal& invite, const Signal& signal) {
  const bool kind =
      signal.kind == Kind::kAnswer || signal.kind == Kind::kReject || signal.kind == Kind::kHangup;
  return kind && MayRespond(invite, signal);
}

const Signal* FirstOf(const std::vector<Signal>& signals, auto matches) {
  const auto found = std::find_if(signals.begin(), signals.end(), matches);
  return found == signals.end() ? nullptr : &*found;
}

const Signal* CallersHangup(const Signal& invite, const std::vector<Signal>& signals) {
  return FirstOf(signals, [&](const Signal& each) {
    return each.kind == Kind::kHangup && IsCaller(invite, each);
  });
}

// The response that decides: the one the caller selected, or the first.
const Signal* Decision(const Signal& invite, const std::vector<Signal>& signals) {
  const Signal* selection = FirstOf(signals, [&](const Signal& each) {
    return each.kind == Kind::kSelectAnswer && IsCaller(invite, each);
  });
  const auto is_response = [&](const Signal& each) { return IsResponse(invite, each); };
  if (selection != nullptr) {
    const Signal* selected = FirstOf(signals, [&](const Signal& each) {
      return is_response(each) && each.party_id == selection->selected_party_id;
    });
    if (selected != nullptr) return selected;
  }
  return FirstOf(signals, is_response);
}

// What ends an answered call.
const Signal* EndOfAnswered(const Signal& invite, const Signal& answer,
                            const std::vector<Signal>& signals) {
  return FirstOf(signals, [&](const Signal& each) {
    if (each.kind != Kind::kHangup) return false;
    return IsCaller(invite, each) ||
           (each.sender == answer.sender && IsSameDevice(answer.party_id, each.party_id));
  });
}

}  // namespace

std::string_view NameOf(CallState state) {
  switch (state) {
    case CallState::kRinging:
      return "ringing";
    case CallState::kConnected:
      return "connected";
    case CallState::kEnded:
      return "ended";
  }
  return "";
}

std::string_view NameOf(EndReason reason) {
  switch (reason) {
    case EndReason::kNone:
      return "";
    case EndReason::kHangup:
      return "hangup";
    case EndReason::kCancelled:
      return "cancelled";
    case EndReason::kRejected:
      return "rejected";
    case EndReason::kExpired:
      return "expired";
    case EndReason::kSuperseded:
      return "superseded";
    case EndReason::kRedacted:
      return "redacted";
  }
  return "";
}

// A call, and its invite as glare sees it.
struct RoomCalls::Judged {
  Call call;
  Invite invite;
};

bool RoomCalls::Apply(const Signal& signal) {
  if (signal.kind == Kind::kRedaction) {
    const bool ours = std::any_of(calls_.begin(), calls_.end(), [&](const auto& entry) {
      return entry.second.invite && entry.second.invite->event_id == signal.redacts;
    });
    // One that comes before its invite is kept, while there are few.
    if (!ours && redactions_.size() >= kMaxSignals) return false;
    return redactions_.try_emplace(signal.redacts, SentAt(signal)).second;
  }
  if (signal.call_id.empty()) return false;
  if (calls_.size() >= kMaxCalls && !calls_.contains(signal.call_id)) MakeRoom();
  Facts& facts = calls_[signal.call_id];
  facts.last_heard = std::max(facts.last_heard, SentAt(signal));
  if (signal.kind == Kind::kInvite) return AddInvite(facts, signal);
  const bool decides = signal.kind == Kind::kAnswer || signal.kind == Kind::kReject ||
                       signal.kind == Kind::kHangup || signal.kind == Kind::kSelectAnswer;
  if (!decides || facts.others.size() >= kMaxSignals) return false;
  const auto at = std::lower_bound(facts.others.begin(), facts.others.end(), signal, Earlier);
  if (at != facts.others.end() && at->event_id == signal.event_id) return false;
  facts.others.insert(at, signal);
  return true;
}

// Of two invites with one id the earlier counts.
bool RoomCalls::AddInvite(Facts& facts, const Signal& signal) {
  if (facts.invite && (facts.invite->event_id == signal.event_id || Earlier(*facts.invite, signal)))
    return false;
  facts.invite = signal;
  return true;
}

void RoomCalls::MakeRoom() {
  calls_.erase(std::min_element(calls_.begin(), calls_.end(), [](const auto& a, const auto& b) {
    return a.second.last_heard < b.second.last_heard;
  }));
}

RoomCalls::Judged RoomCalls::JudgeOne(const Facts& facts, int64_t redacted_at, int64_t now) {
  const Signal& invite = *facts.invite;
  Judged judged;
  Call& call = judged.call;
  call.call_id = invite.call_id;
  call.invite_event_id = invite.event_id;
  call.caller = invite.sender;
  call.caller_party = invite.party_id;
  call.invitee = invite.invitee;
  call.sent_at = SentAt(invite);
  call.expires_at = call.sent_at + std::min(invite.lifetime, kNever - call.sent_at);

  const auto end = [&call](EndReason reason, int64_t at, const Signal* signal = nullptr) {
    call.state = CallState::kEnded;
    call.end_reason = reason;
    call.ended_at = at;
    if (signal != nullptr) call.hangup_reason = signal->reason;
  };
  const Signal* response = Decision(invite, facts.others);
  const Signal* cancel = CallersHangup(invite, facts.others);
  const int64_t responded_at = response != nullptr ? response->sent_at : kNever;
  const int64_t cancelled_at = cancel != nullptr ? cancel->sent_at : kNever;
  const int64_t settled_at = std::min({responded_at, cancelled_at, redacted_at});

  if (settled_at == kNever) {
    if (now >= call.expires_at) end(EndReason::kExpired, call.expires_at);
  } else if (settled_at == cancelled_at && cancelled_at < responded_at) {
    end(cancel->reason == "invite_timeout" ? EndReason::kExpired : EndReason::kCancelled,
        cancelled_at, cancel);
  } else if (settled_at == redacted_at && redacted_at < responded_at) {
    end(EndReason::kRedacted, redacted_at);
  } else {
    call.callee = response->sender;
    call.callee_party = response->party_id;
    if (response->kind != Kind::kAnswer) {
      end(EndReason::kRejected, responded_at, response);
    } else {
      call.state = CallState::kConnected;
      call.answered_at = responded_at;
      const Signal* hangup = EndOfAnswered(invite, *response, facts.others);
      if (hangup != nullptr) end(EndReason::kHangup, hangup->sent_at, hangup);
    }
  }

  judged.invite = {invite.call_id, invite.sender,  invite.party_id, invite.invitee,
                   call.sent_at,   invite.seen_at, invite.lifetime, std::nullopt};
  if (settled_at != kNever) judged.invite.settled_at = settled_at;
  return judged;
}

std::vector<RoomCalls::Judged> RoomCalls::Judge(int64_t now) const {
  std::vector<Judged> judged;
  for (const auto& [call_id, facts] : calls_) {
    if (!facts.invite) continue;
    const auto redaction = redactions_.find(facts.invite->event_id);
    judged.push_back(
        JudgeOne(facts, redaction == redactions_.end() ? kNever : redaction->second, now));
  }
  return judged;
}

// A call gives way to the least of those it collides with, or to what that one gave way to.
void RoomCalls::ApplyGlare(std::vector<Judged>& judged) {
  // They stand in the order of call ids, so what a call gives way to stands before it and is
  // settled already.
  std::vector<size_t> winner(judged.size());
  std::iota(winner.begin(), winner.end(), 0);
  for (size_t i = 0; i < judged.size(); ++i) {
    for (size_t j = 0; j < i && winner[i] == i; ++j) {
      if (ResolveGlare(judged[j].invite, judged[i].invite) != Glare::kNone) winner[i] = winner[j];
    }
    if (winner[i] == i) continue;
    Judged& won = judged[winner[i]];
    Call& call = judged[i].call;
    call.state = CallState::kEnded;
    call.end_reason = EndReason::kSuperseded;
    call.ended_at = std::max(judged[i].invite.seen_at, won.invite.seen_at);
    call.superseded_by = won.call.call_id;
    won.call.supersedes.push_back(call.call_id);
  }
}

std::vector<Call> RoomCalls::At(int64_t now) const {
  std::vector<Judged> judged = Judge(now);
  ApplyGlare(judged);
  std::vector<Call> calls;
  for (Judged& each : judged) calls.push_back(std::move(each.call));
  return calls;
}

std::optional<int64_t> RoomCalls::NextExpiry(int64_t now) const {
  std::optional<int64_t> next;
  for (const Call& call : At(now)) {
    if (call.state == CallState::kRinging && (!next || call.expires_at < *next))
      next = call.expires_at;
  }
  return next;
}

void RoomCalls::Forget(int64_t ended_before, int64_t silent_before) {
  for (const Call& call : At(std::max(ended_before, silent_before))) {
    if (call.state != CallState::kEnded || call.ended_at >= ended_before) continue;
    redactions_.erase(call.invite_event_id);
    calls_.erase(call.call_id);
    // Or they would ring again.
    for (const std::string& superseded : call.supersedes) calls_.erase(superseded);
  }
  std::erase_if(calls_, [&](const auto& entry) { return entry.second.last_heard < silent_before; });
  std::erase_if(redactions_, [&](const auto& entry) { return entry.second < silent_before; });
}

}  // namespace parley::calls
