#include "services/profile/propagator.h"

#include <algorithm>

#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/stream/position.h"

namespace parley::profile {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(30);
// How late a worker sees that a step has become due.
constexpr absl::Duration kLook = absl::Milliseconds(100);

rpc::Call NewCall(const std::string& user_id, int64_t generation) {
  rpc::Call call;
  call.deadline = absl::Now() + kCallTimeout;
  call.request_id = StrCat("profile/", user_id, "/", generation);
  return call;
}

void Fill(const Names::Name& name, common::v1::ProfileFields& fields) {
  if (name.displayname) fields.set_displayname(*name.displayname);
  if (name.avatar_url) fields.set_avatar_url(*name.avatar_url);
}

// The user is not in this room any more, or may not write to it: nothing to do there.
bool IsFinal(const absl::Status& status) {
  const int http_status = FromStatus(status).http_status;
  return http_status == 403 || http_status == 404;
}

}  // namespace

Propagator::Propagator(const Config& config, Deps deps) : config_(config), deps_(std::move(deps)) {
  const std::string_view users = stream::NameOf(stream::StreamKind::kAccounts);
  subscription_ = deps_.bus.Subscribe(bus::Interest::Of(bus::AllTopics(users, config_.partitions)),
                                      [this](const bus::Wake& wake) { OnWake(wake); });
  for (int i = 0; i < config_.room_threads; ++i) threads_.emplace_back([this] { Run(); });
}

Propagator::~Propagator() {
  subscription_.reset();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

void Propagator::Add(const std::string& user_id) {
  const auto name = deps_.names.Find(user_id);
  if (!name || !name->pending()) return;
  absl::MutexLock lock(&mutex_);
  const absl::Time now = absl::Now();
  const auto [found, is_new] = jobs_.try_emplace(user_id, name->generation, now);
  Job& job = found->second;
  if (!is_new && name->generation <= job.generation()) return;
  if (!is_new) job.Renew(name->generation, now);
  ready_.push_back({user_id, Step::Kind::kAnnounce});
  ListAgain(user_id, job);
}

// The rooms of a user who changes rooms and name at once are looked at again.
void Propagator::OnWake(const bus::Wake& wake) {
  absl::MutexLock lock(&mutex_);
  const auto job = jobs_.find(wake.key);
  if (job != jobs_.end()) ListAgain(job->first, job->second);
}

std::optional<Propagator::Progress> Propagator::ProgressOf(const std::string& user_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = jobs_.find(user_id);
  if (found == jobs_.end()) return std::nullopt;
  const Job& job = found->second;
  return Progress{job.rooms_pending(), job.rooms_done(), job.started(), job.IsSettled()};
}

bool Propagator::HasStepOrEnds() const {
  return stopping_ || !ready_.empty() || (!due_.empty() && due_.begin()->first <= absl::Now());
}

void Propagator::MoveDue() {
  const absl::Time now = absl::Now();
  while (!due_.empty() && due_.begin()->first <= now) {
    ready_.push_back(due_.begin()->second);
    due_.erase(due_.begin());
  }
}

std::optional<Propagator::Step> Propagator::NextStep() {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    MoveDue();
    if (!ready_.empty()) {
      const Step step = std::move(ready_.front());
      ready_.pop_front();
      return step;
    }
    if (due_.empty()) {
      mutex_.Await(absl::Condition(this, &Propagator::HasStepOrEnds));
    } else {
      mutex_.AwaitWithDeadline(absl::Condition(this, &Propagator::HasStepOrEnds),
                               std::min(due_.begin()->first, absl::Now() + kLook));
    }
  }
  return std::nullopt;
}

void Propagator::Run() {
  while (const auto step = NextStep()) Do(*step);
}

// The latest name, in the generation that the job is in.
std::optional<Propagator::Work> Propagator::WorkOf(const std::string& user_id) const {
  auto name = deps_.names.Find(user_id);
  if (!name || !name->pending()) return std::nullopt;
  const int64_t generation = name->generation;
  return Work{generation, *std::move(name)};
}

void Propagator::Do(const Step& step) {
  const auto work = WorkOf(step.user_id);
  if (!work) {
    absl::MutexLock lock(&mutex_);
    jobs_.erase(step.user_id);
    Measure();
    return;
  }
  absl::Status status;
  switch (step.kind) {
    case Step::Kind::kAnnounce:
      status = Announce(step, *work);
      break;
    case Step::Kind::kList:
      status = List(step, *work);
      break;
    case Step::Kind::kRoom:
      status = WriteRoom(step, *work);
      break;
    case Step::Kind::kEnd:
      status = End(step, *work);
      break;
  }
  if (!status.ok()) return TryLater(step, status);
  absl::MutexLock lock(&mutex_);
  backoff_.erase(step);
  Measure();
}

void Propagator::TryLater(const Step& step, const absl::Status& status) {
  log::Warning("a profile change waits", {{"user", step.user_id}, {"status", status.ToString()}});
  deps_.metrics.retries.Add();
  absl::MutexLock lock(&mutex_);
  absl::Duration& wait = backoff_.try_emplace(step, config_.retry_after).first->second;
  due_.insert({absl::Now() + wait, step});
  wait = std::min(wait * 2, config_.max_retry_after);
}

absl::Status Propagator::Announce(const Step& step, const Work& work) {
  presence::AnnounceProfileRequest request;
  request.set_user_id(step.user_id);
  Fill(work.name, *request.mutable_profile());
  PARLEY_RETURN_IF_ERROR(
      deps_.presence.AnnounceProfile(NewCall(step.user_id, work.generation), request).status());
  absl::MutexLock lock(&mutex_);
  const auto found = jobs_.find(step.user_id);
  if (found == jobs_.end() || found->second.generation() != work.generation)
    return absl::OkStatus();
  found->second.announced = true;
  Settle(step.user_id, found->second);
  return absl::OkStatus();
}

void Propagator::ListAgain(const std::string& user_id, Job& job) {
  job.complete = false;
  if (!job.listing) ready_.push_back({user_id, Step::Kind::kList});
  job.listing = true;
}

// A room that the user joined meanwhile may have been given the old name, so rooms are listed until
// none is new.
absl::Status Propagator::List(const Step& step, const Work& work) {
  {
    absl::MutexLock lock(&mutex_);
    const auto found = jobs_.find(step.user_id);
    if (found == jobs_.end()) return absl::OkStatus();
    found->second.listing = false;  // a wake from now on asks for another list
    found->second.complete = true;
  }
  const auto rooms = JoinedRooms(step, work);
  absl::MutexLock lock(&mutex_);
  const auto found = jobs_.find(step.user_id);
  if (found == jobs_.end()) return absl::OkStatus();
  Job& job = found->second;
  if (!rooms.ok()) {
    job.complete = false;
    return rooms.status();
  }
  for (const Partition lane : job.SetRooms(*rooms, config_.partitions)) {
    job.complete = false;
    ready_.push_back({step.user_id, Step::Kind::kRoom, lane});
  }
  Settle(step.user_id, job);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Propagator::JoinedRooms(const Step& step,
                                                                 const Work& work) {
  accounts::ListMembershipsRequest request;
  request.set_user_id(step.user_id);
  request.add_memberships("join");
  PARLEY_TRY(const accounts::ListMembershipsResponse response,
             deps_.accounts.ListMemberships(NewCall(step.user_id, work.generation), request));
  std::vector<std::string> rooms;
  for (const accounts::Membership& membership : response.memberships())
    rooms.push_back(membership.room_id());
  return rooms;
}

// One room of a lane; the lane's next one waits behind the other jobs, so that a user of many rooms
// holds up nobody.
absl::Status Propagator::WriteRoom(const Step& step, const Work& work) {
  std::string room;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = jobs_.find(step.user_id);
    if (found == jobs_.end()) return absl::OkStatus();
    Job& job = found->second;
    auto taken = job.Take(step.lane);
    if (!taken) {
      if (job.AtRest()) ListAgain(step.user_id, job);
      return absl::OkStatus();
    }
    room = *std::move(taken);
  }
  const absl::Status status = UpdateRoom(step, work, room);
  absl::MutexLock lock(&mutex_);
  const auto found = jobs_.find(step.user_id);
  if (found == jobs_.end()) return absl::OkStatus();
  found->second.Finish(step.lane, room, work.generation, status.ok());
  if (status.ok()) ready_.push_back(step);
  return status;
}

absl::Status Propagator::UpdateRoom(const Step& step, const Work& work,
                                    const std::string& room_id) {
  events::ChangeMembershipRequest request;
  request.mutable_requester()->set_user_id(step.user_id);
  request.set_room_id(room_id);
  request.set_target_user_id(step.user_id);
  request.set_action(events::MEMBERSHIP_ACTION_UPDATE_PROFILE);
  request.set_txn_id(StrCat(step.user_id, "/", work.generation));
  request.set_profile_generation(work.generation);
  Fill(work.name, *request.mutable_profile());
  const absl::Status status =
      deps_.events.ChangeMembership(NewCall(step.user_id, work.generation), request).status();
  if (!status.ok() && !IsFinal(status)) return status;
  deps_.metrics.rooms.Add();
  return absl::OkStatus();
}

void Propagator::Settle(const std::string& user_id, Job& job) {
  if (!job.IsSettled()) return;
  due_.insert({job.renewed() + config_.settle, {user_id, Step::Kind::kEnd}});
}

// Every request that could have carried the old name has ended by now: a last look, and the job is
// over.
absl::Status Propagator::End(const Step& step, const Work& work) {
  const auto is_over = [&](const Job& job) {
    return job.IsSettled() && job.generation() == work.generation &&
           job.renewed() + config_.settle <= absl::Now();
  };
  {
    absl::MutexLock lock(&mutex_);
    const auto found = jobs_.find(step.user_id);
    if (found == jobs_.end() || !is_over(found->second)) return absl::OkStatus();
  }
  PARLEY_TRY(const std::vector<std::string> rooms, JoinedRooms(step, work));
  {
    absl::MutexLock lock(&mutex_);
    const auto found = jobs_.find(step.user_id);
    if (found == jobs_.end() || !is_over(found->second)) return absl::OkStatus();
    Job& job = found->second;
    for (const Partition lane : job.SetRooms(rooms, config_.partitions)) {
      job.complete = false;
      ready_.push_back({step.user_id, Step::Kind::kRoom, lane});
    }
    if (!job.complete) return absl::OkStatus();
  }
  PARLEY_RETURN_IF_ERROR(deps_.done(step.user_id, work.generation));
  absl::MutexLock lock(&mutex_);
  const auto found = jobs_.find(step.user_id);
  if (found != jobs_.end() && found->second.generation() == work.generation) jobs_.erase(found);
  return absl::OkStatus();
}

void Propagator::Measure() {
  size_t rooms = 0;
  absl::Time oldest = absl::InfiniteFuture();
  for (const auto& [user_id, job] : jobs_) {
    rooms += job.rooms_pending();
    if (!job.IsSettled()) oldest = std::min(oldest, job.started());
  }
  deps_.metrics.SetPending(jobs_.size(), rooms, oldest);
}

}  // namespace parley::profile
