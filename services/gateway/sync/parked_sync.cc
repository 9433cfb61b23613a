#include "services/gateway/sync/parked_sync.h"

#include <utility>

#include <absl/time/clock.h>

namespace parley::gateway {

ParkedSync::ParkedSync(Deps deps, rpc::Call call, SyncQuery query,
                       std::shared_ptr<Session> session, View view, http::Responder responder,
                       absl::Time deadline)
    : deps_(deps),
      call_(std::move(call)),
      query_(std::move(query)),
      session_(std::move(session)),
      view_(std::move(view)),
      deadline_(deadline),
      responder_(std::move(responder)) {}

void ParkedSync::Start() {
  {
    absl::MutexLock lock(&mutex_);
    running_ = true;
    responder_->OnPeerGone([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->Abandon();
    });
  }
  Run();
}

void ParkedSync::Run() {
  while (true) {
    const uint64_t seen = session_->wakes();
    auto difference = deps_.engine.Read(call_, query_, session_);
    if (!difference.ok() || IsWorthAnswering(*difference)) return Answer(difference);
    query_.since = std::move(difference->next);
    if (Park(seen)) return;
  }
}

bool ParkedSync::IsWorthAnswering(const Difference& difference) const {
  const bool is_over = absl::Now() >= deadline_ || deps_.ending;
  const bool must_answer = !query_.since || query_.full_state || is_over;
  return must_answer || !difference.empty();
}

bool ParkedSync::Park(uint64_t seen) {
  absl::MutexLock lock(&mutex_);
  if (!responder_) return true;
  const auto resume = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Resume();
  };
  ticket_ = session_->Park(seen, [self = shared_from_this()] { self->Resume(); });
  if (ticket_ == 0) return false;
  // One that fired while this ran has done nothing.
  if (timer_ != 0) deps_.timers.Cancel(timer_);
  timer_ = deps_.timers.At(deadline_, resume);
  running_ = false;
  return true;
}

// By a wake, or by the timer: whichever is first makes it run again.
void ParkedSync::Resume() {
  {
    absl::MutexLock lock(&mutex_);
    if (running_ || !responder_) return;
    running_ = true;
  }
  const bool posted = deps_.pool.TryPost([self = shared_from_this()] {
    self->Unpark();
    self->call_.deadline = absl::Now() + absl::Seconds(30);
    self->Run();
  });
  if (!posted) Answer(absl::ResourceExhaustedError("the gateway's work queue is full"));
}

void ParkedSync::Unpark() {
  uint64_t ticket = 0;
  {
    absl::MutexLock lock(&mutex_);
    ticket = std::exchange(ticket_, 0);
  }
  session_->Unpark(ticket);
}

void ParkedSync::Abandon() {
  std::optional<http::Responder> gone;
  {
    absl::MutexLock lock(&mutex_);
    gone = std::exchange(responder_, std::nullopt);
    if (timer_ != 0) deps_.timers.Cancel(timer_);
  }
  Unpark();
}

void ParkedSync::Answer(const absl::StatusOr<Difference>& difference) {
  std::optional<http::Responder> responder;
  {
    absl::MutexLock lock(&mutex_);
    responder = std::exchange(responder_, std::nullopt);
    if (timer_ != 0) deps_.timers.Cancel(timer_);
  }
  if (!responder) return;
  if (!difference.ok()) return responder->Send(http::ErrorResponse(difference.status()));
  http::Response response;
  response.body = view_(*difference);
  responder->Send(std::move(response));
}

}  // namespace parley::gateway
