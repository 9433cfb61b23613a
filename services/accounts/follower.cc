#include "services/accounts/follower.h"

#include <algorithm>
#include <set>

#include "common/base/strings.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/events/v1/events.parley.h"
#include "parley/federation/v1/federation.parley.h"
#include "parley/profile/v1/profile.parley.h"
#include "services/accounts/device_list_edu.h"
#include "services/accounts/tables/inbox.h"
#include "services/accounts/tables/sessions.h"
#include "services/accounts/tables/uia.h"

namespace parley::accounts {
namespace {

constexpr absl::Duration kRetryPause = absl::Seconds(1);
constexpr absl::Duration kJobDeadline = absl::Seconds(20);
constexpr absl::Duration kPruningInterval = absl::Hours(1);
constexpr uint32_t kJobsAtOnce = 100;

// The other side may answer later; any other error will not go away by trying again.
bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status) ||
         absl::IsCancelled(status) || absl::IsInternal(status) || absl::IsAborted(status);
}

}  // namespace

Follower::Follower(const Deps& deps, KeyQuery& key_query, events::EventsService& events,
                   profile::ProfileService& profile, federation::FederationService& federation)
    : deps_(deps),
      key_query_(key_query),
      events_(events),
      profile_(profile),
      federation_(federation),
      next_pruning_(deps.clock.Now()) {}

Follower::~Follower() {
  deps_.outbox.Stop();
  if (thread_.joinable()) thread_.join();
}

void Follower::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Follower::Loop() {
  std::set<Partition> again;
  while (!deps_.outbox.stopped()) {
    std::set<Partition> work = deps_.outbox.TakeWork(again.empty() ? kPruningInterval : kRetryPause);
    work.merge(again);
    again.clear();
    for (const Partition partition : work) {
      if (deps_.outbox.stopped()) return;
      if (!RunAll(partition)) again.insert(partition);
    }
    PruneIfDue();
  }
}

bool Follower::RunAll(Partition partition) {
  if (!deps_.changes.Owns(partition)) return true;  // whoever does is told by opening it
  std::vector<tables::Job> jobs;
  const absl::Status read = deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(jobs, tables::ListJobs(reader, partition, kJobsAtOnce));
    return absl::OkStatus();
  });
  bool all_done = read.ok() && jobs.size() < kJobsAtOnce;
  for (const tables::Job& job : jobs) {
    if (!Run(job).ok()) all_done = false;
  }
  return all_done;
}

absl::Status Follower::Run(const tables::Job& job) {
  const absl::Status done = Do(job);
  if (IsTransient(done)) return done;
  if (!done.ok()) {
    log::Warning("gave up telling of a user", {{"job", job.kind}, {"user", job.user_id}, {"error", done.ToString()}});
  }
  store::Batch batch;
  tables::DeleteJob(batch, job);
  return deps_.changes.CommitQuietly(job.partition, std::move(batch));
}

absl::Status Follower::Do(const tables::Job& job) {
  if (job.kind == tables::kDeviceListJob) return TellDeviceListChange(job);
  if (job.kind == tables::kSigningKeysJob) return TellSigningKeys(job);
  if (job.kind == tables::kCreateProfileJob) return CreateProfile(job);
  if (job.kind == tables::kEraseJob) return Erase(job);
  if (job.kind == tables::kLeaveRoomsJob) return LeaveRooms(job);
  return absl::InvalidArgumentError("unknown kind of job");
}

rpc::Call Follower::NewCall() const {
  rpc::Call call;
  call.deadline = absl::Now() + kJobDeadline;
  return call;
}

absl::StatusOr<std::vector<std::string>> Follower::RoomsOf(const UserId& user,
                                                           std::initializer_list<std::string_view> kinds) {
  PARLEY_TRY(const LockedAccount account, deps_.accounts.Lock(user));
  std::vector<std::string> rooms;
  for (const auto& [room_id, membership] : account->memberships) {
    if (std::find(kinds.begin(), kinds.end(), membership.membership()) != kinds.end()) rooms.push_back(room_id);
  }
  return rooms;
}

absl::Status Follower::TellDeviceListChange(const tables::Job& job) {
  events::RecordDeviceListChangeRequest request;
  PARLEY_TRY(const auto rooms, RoomsOf(UserId::Trusted(job.user_id), {"join"}));
  if (rooms.empty()) return absl::OkStatus();
  request.set_user_id(job.user_id);
  request.set_generation(job.generation);
  for (const std::string& room : rooms) request.add_room_ids(room);
  PARLEY_RETURN_IF_ERROR(events_.RecordDeviceListChange(NewCall(), request).status());
  return TellOtherServers(job, rooms);
}

absl::Status Follower::TellOtherServers(const tables::Job& job, const std::vector<std::string>& rooms) {
  std::string device_id;
  {
    PARLEY_TRY(const LockedAccount account, deps_.accounts.Lock(UserId::Trusted(job.user_id)));
    if (!account->devices.empty()) device_id = account->devices.begin()->first;
  }
  return SendDurably(rooms, StrCat("device_list ", job.user_id), DeviceListEdu(job.user_id, device_id, job.generation));
}

absl::Status Follower::TellSigningKeys(const tables::Job& job) {
  const UserId user = UserId::Trusted(job.user_id);
  PARLEY_TRY(const auto rooms, RoomsOf(user, {"join"}));
  if (rooms.empty()) return absl::OkStatus();
  PARLEY_TRY(const json::Object devices, key_query_.Devices(user));
  std::string edu = SigningKeysEdu(job.user_id, devices);
  if (edu.empty()) return absl::OkStatus();
  return SendDurably(rooms, StrCat("signing_keys ", job.user_id), std::move(edu));
}

absl::Status Follower::SendDurably(const std::vector<std::string>& rooms, std::string key, std::string json) {
  federation::v1::SendEdusRequest request;
  federation::v1::Edu& edu = *request.add_edus();
  edu.mutable_room_ids()->Assign(rooms.begin(), rooms.end());
  edu.set_json(std::move(json));
  edu.set_durable(true);
  edu.set_key(std::move(key));
  return federation_.SendEdus(NewCall(), request).status();
}

absl::Status Follower::CreateProfile(const tables::Job& job) {
  profile::CreateProfileRequest request;
  request.set_user_id(job.user_id);
  request.set_displayname(std::string(UserId::Trusted(job.user_id).localpart()));
  return profile_.CreateProfile(NewCall(), request).status();
}

absl::Status Follower::Erase(const tables::Job& job) {
  events::EraseUserRequest request;
  request.set_user_id(job.user_id);
  PARLEY_TRY(const auto response, events_.EraseUser(NewCall(), request));
  const std::set<uint32_t> done(response.partitions().begin(), response.partitions().end());
  const bool everywhere = done.size() == deps_.changes.partitions();
  return everywhere ? absl::OkStatus() : absl::UnavailableError("some rooms have no owner at the moment");
}

absl::Status Follower::LeaveRooms(const tables::Job& job) {
  PARLEY_TRY(const auto rooms, RoomsOf(UserId::Trusted(job.user_id), {"join", "invite", "knock"}));
  for (const std::string& room : rooms) {
    if (const absl::Status left = LeaveRoom(job.user_id, room); IsTransient(left)) return left;
  }
  profile::EraseProfileRequest erase;
  erase.set_user_id(job.user_id);
  return profile_.EraseProfile(NewCall(), erase).status();
}

absl::Status Follower::LeaveRoom(const std::string& user_id, const std::string& room_id) {
  events::ChangeMembershipRequest request;
  request.mutable_requester()->set_user_id(user_id);
  request.set_room_id(room_id);
  request.set_target_user_id(user_id);
  request.set_action(events::MEMBERSHIP_ACTION_LEAVE);
  return events_.ChangeMembership(NewCall(), request).status();
}

void Follower::PruneIfDue() {
  if (deps_.clock.Now() < next_pruning_) return;
  next_pruning_ = deps_.clock.Now() + kPruningInterval;
  const int64_t now = deps_.clock.NowMs();
  const int64_t forgotten = absl::ToUnixMillis(deps_.clock.Now() - deps_.config.transaction_retention);
  for (const Partition partition : deps_.changes.Owned()) {
    store::Batch batch;
    tables::PruneTransactions(batch, partition, forgotten);
    tables::PruneShortTokens(batch, partition, now);
    tables::PruneUiaSessions(batch, partition, now);
    deps_.changes.PostQuietly(partition, std::move(batch));
  }
}

}  // namespace parley::accounts
