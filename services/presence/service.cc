#include "services/presence/service.h"

#include <algorithm>

#include "common/base/ids.h"
#include "common/base/partition.h"
#include "common/base/strings.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/presence/client_json.h"
#include "services/presence/store.h"

namespace parley::presence {
namespace {

constexpr absl::Duration kTickPeriod = absl::Seconds(1);
// Another server may say that its user was last seen at any time.
constexpr absl::Duration kLongestAgo = absl::Hours(24 * 365);

Profile ToProfile(const common::v1::ProfileFields& fields) {
  Profile profile;
  if (fields.has_displayname()) profile.displayname = fields.displayname();
  if (fields.has_avatar_url()) profile.avatar_url = fields.avatar_url();
  return profile;
}

// Where the viewer is in the stream of `partition`; nothing when it was never there, or in an older epoch.
std::optional<int64_t> CounterSince(const ReadSinceRequest& request, Partition partition, int64_t epoch) {
  for (const common::v1::Head& head : request.since()) {
    if (head.partition() == partition && head.epoch() == epoch) return head.position();
  }
  return std::nullopt;
}

// Whom others' users let see them, their servers have judged.
bool MaySee(const Directory::User& user, const std::string& reader, Visibility server) {
  return user.remote_until || user.audience.Includes(reader, server);
}

// The viewer of a user, and since when.
struct Viewer {
  bool is_user = false;
  bool may_see = false;
  std::optional<int64_t> since = std::nullopt;
};

// Nothing tells a user who may not be seen from one who was never there.
View ViewOf(const Directory::User& user, const Viewer& viewer) {
  if (viewer.is_user) return user.presence.own;
  return viewer.may_see ? user.presence.shown : View();
}

// To a viewer who was never here, everything that is not the default is news.
bool IsNews(const Directory::User& user, const Viewer& viewer) {
  if (!viewer.since) return ViewOf(user, viewer).state != State::kOffline;
  if (viewer.is_user) return user.own_at > *viewer.since;
  return (viewer.may_see ? user.shown_at : user.audience_at) > *viewer.since;
}

// Ordered, each once, as far as is kept.
std::vector<std::string> DirectFrom(const SetAudienceRequest::Direct& direct) {
  std::vector<std::string> users(direct.user_ids().begin(), direct.user_ids().end());
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  std::erase_if(users, [](const std::string& user) { return !UserId::Parse(user).ok(); });
  if (users.size() > kMaxDirect) users.resize(kMaxDirect);
  return users;
}

}  // namespace

Service::Service(const Config& config, Deps deps)
    : config_(config),
      visibility_(VisibilityOf(config.visibility).value_or(Visibility::kOff)),
      deps_(deps),
      metrics_(deps.registry) {}

absl::StatusOr<std::unique_ptr<Service>> Service::Open(const Config& config, Deps deps) {
  std::unique_ptr<Service> service(new Service(config, deps));
  PARLEY_RETURN_IF_ERROR(service->Load());
  service->timer_ = std::thread([service = service.get()] { service->Run(); });
  return service;
}

Service::~Service() {
  stopping_.Notify();
  if (timer_.joinable()) timer_.join();
}

absl::Status Service::Load() {
  PARLEY_TRY(states_, deps_.store.TakeOver(kStream, AllPartitions(config_.partitions)));
  const absl::Time now = deps_.clock.Now();
  for (Partition p = 0; p < config_.partitions; ++p) {
    directories_.push_back(std::make_unique<Directory>(config_, deps_.bus, p, states_[p].epoch, now));
  }
  return deps_.store.Read([this, now](store::Reader& db) -> absl::Status {
    PARLEY_RETURN_IF_ERROR(ScanAudiences(db, [this](SavedAudience saved) {
      if (saved.partition >= directories_.size()) return;
      directories_[saved.partition]->RestoreAudience(saved.user_id, std::move(saved.audience));
    }));
    return ScanUsers(db, [this, now](SavedUser saved) {
      if (saved.partition >= directories_.size()) return;
      directories_[saved.partition]->Restore(std::move(saved), now);
    });
  });
}

void Service::Run() {
  while (!stopping_.WaitForNotificationWithTimeout(kTickPeriod)) Tick();
}

void Service::Tick() {
  const absl::Time now = deps_.clock.Now();
  for (Partition p = 0; p < directories_.size(); ++p) {
    directories_[p]->Tick(now);
    SaveChanged(p);
  }
}

Partition Service::PartitionFor(const std::string& user_id) const { return PartitionOf(user_id, config_.partitions); }

void Service::Apply(const std::string& user_id, const Input& input) {
  if (DirectoryOf(user_id).Apply(user_id, input, deps_.clock.Now())) metrics_.told_others.Add();
}

// What is read of memory and queued under the lock is written in the order of what happened. Each is a chain of its own:
// one that fails takes none of the later ones with it.
absl::Status Service::Save(Partition partition, absl::FunctionRef<void(store::Batch&)> fill) {
  const store::StreamState& state = states_[partition];
  absl::Notification done;
  absl::Status saved;
  {
    absl::MutexLock lock(&saving_);
    store::Batch batch;
    fill(batch);
    if (batch.empty()) return absl::OkStatus();
    PARLEY_RETURN_IF_ERROR(deps_.store.Enqueue(std::move(batch),
                                               store::Fence{kStream, partition, state.epoch, state.head, state.head, ++saves_},
                                               [&](absl::Status status) {
                                                 saved = std::move(status);
                                                 done.Notify();
                                               }));
  }
  done.WaitForNotification();
  return saved;
}

// What is lost when it fails is what a crash in this second would lose.
void Service::SaveChanged(Partition partition) {
  const absl::Status saved = Save(partition, [&](store::Batch& batch) {
    for (const SavedUser& user : directories_[partition]->TakeUnsaved()) SaveUser(batch, user);
  });
  if (!saved.ok()) log::Warning("presence was not saved", {{"status", saved.ToString()}});
}

absl::StatusOr<SetPresenceResponse> Service::SetPresence(const rpc::Call&, const SetPresenceRequest& request) {
  const std::optional<State> state = StateOf(request.presence());
  if (!state || (*state == State::kBusy && !config_.busy))
    return InvalidParam("presence must be online, unavailable, offline, free_for_chat or hidden");
  if (request.status_msg().size() > config_.max_status_msg_bytes) return TooLarge("status_msg is too long");
  if (visibility_ == Visibility::kOff) return SetPresenceResponse();
  Chosen chosen;
  chosen.device_id = request.requester().device_id();
  chosen.state = *state;
  if (request.has_status_msg()) chosen.status_msg = request.status_msg();
  const std::string& user_id = request.requester().user_id();
  Apply(user_id, chosen);
  PARLEY_RETURN_IF_ERROR(Save(PartitionFor(user_id), [&](store::Batch& batch) {
    SaveUser(batch, DirectoryOf(user_id).Save(user_id));
  }));
  return SetPresenceResponse();
}

absl::StatusOr<GetPresenceResponse> Service::GetPresence(const rpc::Call&, const GetPresenceRequest& request) {
  const std::string& reader = request.requester().user_id();
  Viewer viewer{.is_user = request.user_id() == reader, .may_see = visibility_ == Visibility::kRooms};
  View view;
  DirectoryOf(request.user_id()).Read(request.user_id(), [&](const Directory::User* user, stream::EphemeralPosition) {
    if (user == nullptr) return;
    viewer.may_see = MaySee(*user, reader, visibility_);
    view = ViewOf(*user, viewer);
  });
  if (!viewer.is_user && !viewer.may_see) return Forbidden("This user's presence is not for you");
  GetPresenceResponse response;
  response.set_json(StatusJson(view, WordsFor(request.all_states()), deps_.clock.Now()));
  return response;
}

absl::StatusOr<ReportSessionsResponse> Service::ReportSessions(const rpc::Call&,
                                                               const ReportSessionsRequest& request) {
  for (const Session& session : request.sessions()) {
    const std::optional<State> state =
        session.set_presence().empty() ? std::optional(State::kOnline) : StateOf(session.set_presence());
    if (session.ended()) {
      Apply(session.user_id(), StreamEnded{session.device_id()});
    } else if (state && (*state <= State::kOnline || (*state == State::kBusy && config_.busy))) {
      Apply(session.user_id(), StreamSeen{session.device_id(), *state});
    }
    metrics_.reports.Add();
  }
  return ReportSessionsResponse();
}

absl::StatusOr<RecordActivityResponse> Service::RecordActivity(const rpc::Call&,
                                                               const RecordActivityRequest& request) {
  for (const Activity& activity : request.activities()) {
    const absl::Duration ago = absl::Milliseconds(std::max<int64_t>(activity.ago_ms(), 0));
    Apply(activity.user_id(), Acted{ago});
  }
  return RecordActivityResponse();
}

absl::StatusOr<AnnounceProfileResponse> Service::AnnounceProfile(const rpc::Call&,
                                                                 const AnnounceProfileRequest& request) {
  if (visibility_ == Visibility::kOff) return AnnounceProfileResponse();
  DirectoryOf(request.user_id()).SetProfile(request.user_id(), ToProfile(request.profile()), /*announce=*/true);
  metrics_.profiles.Add();
  return AnnounceProfileResponse();
}

absl::StatusOr<ReceiveRemoteResponse> Service::ReceiveRemote(const rpc::Call&, const ReceiveRemoteRequest& request) {
  if (visibility_ == Visibility::kOff) return ReceiveRemoteResponse();
  for (const RemoteUser& user : request.users()) {
    const std::optional<State> state = StateOf(user.presence());
    if (!state || *state > State::kOnline || user.status_msg().size() > config_.max_status_msg_bytes) continue;
    View view;
    view.state = *state;
    view.status_msg = user.status_msg();
    view.currently_active = user.currently_active();
    const absl::Time now = deps_.clock.Now();
    view.last_active = now - std::min(absl::Milliseconds(user.last_active_ago_ms()), kLongestAgo);
    if (DirectoryOf(user.user_id()).SetRemote(user.user_id(), std::move(view), now))
      metrics_.told_others.Add();
  }
  return ReceiveRemoteResponse();
}

absl::StatusOr<SetAudienceResponse> Service::SetAudience(const rpc::Call&, const SetAudienceRequest& request) {
  const std::string& user_id = request.user_id();
  const auto visibility =
      request.visibility().empty() ? Visibility::kRooms : VisibilityOf(request.visibility());
  if (!visibility) return InvalidParam("visibility must be rooms, direct or off");
  PARLEY_RETURN_IF_ERROR(Save(PartitionFor(user_id), [&](store::Batch& batch) {
    Audience audience = DirectoryOf(user_id).AudienceOf(user_id);
    if (request.has_visibility()) audience.visibility = *visibility;
    if (request.has_direct()) audience.direct = DirectFrom(request.direct());
    SaveAudience(batch, {PartitionFor(user_id), user_id, audience});
    DirectoryOf(user_id).SetAudience(user_id, std::move(audience));
  }));
  return SetAudienceResponse();
}

absl::Status Service::LearnProfiles(const rpc::Call& call, const std::vector<std::string>& user_ids) {
  if (user_ids.empty()) return absl::OkStatus();
  profile::GetManyRequest request;
  for (const std::string& user_id : user_ids) request.add_user_ids(user_id);
  PARLEY_TRY(const profile::GetManyResponse response, deps_.profile.GetMany(call, request));
  for (const std::string& user_id : user_ids) {
    const auto found = response.profiles().find(user_id);
    DirectoryOf(user_id).SetProfile(user_id, found == response.profiles().end() ? Profile() : ToProfile(found->second),
                                    /*announce=*/false);
  }
  return absl::OkStatus();
}

absl::StatusOr<ReadSinceResponse> Service::ReadSince(const rpc::Call& call, const ReadSinceRequest& request) {
  struct News {
    std::string user_id;
    View view;
    std::optional<Profile> profile;
  };
  std::vector<News> news;
  std::vector<std::string> nameless;
  std::map<Partition, stream::EphemeralPosition> heads;
  for (const std::string& user_id : request.users()) {
    const Partition partition = PartitionFor(user_id);
    const std::string& reader = request.requester().user_id();
    DirectoryOf(user_id).Read(user_id, [&](const Directory::User* user, stream::EphemeralPosition head) {
      // The first head of a partition: of users read later, what came between is told again rather than never.
      heads.try_emplace(partition, head);
      if (user == nullptr) return;
      const Viewer viewer{.is_user = user_id == reader,
                          .may_see = MaySee(*user, reader, visibility_),
                          .since = CounterSince(request, partition, head.epoch)};
      if (!IsNews(*user, viewer)) return;
      news.push_back({user_id, ViewOf(*user, viewer), user->profile});
      if (!user->profile) nameless.push_back(user_id);
    });
  }
  PARLEY_RETURN_IF_ERROR(LearnProfiles(call, nameless));

  ReadSinceResponse response;
  const absl::Time now = deps_.clock.Now();
  for (News& entry : news) {
    if (!entry.profile) {
      DirectoryOf(entry.user_id).Read(entry.user_id, [&](const Directory::User* user, stream::EphemeralPosition) {
        entry.profile = user->profile;
      });
    }
    response.add_events(EventJson(entry.user_id, entry.view, entry.profile.value_or(Profile()),
                                  WordsFor(request.all_states()), now));
  }
  for (const auto& [partition, head] : heads) {
    common::v1::Head& out = *response.add_heads();
    out.set_partition(partition);
    out.set_position(head.counter);
    out.set_epoch(head.epoch);
  }
  return response;
}

absl::StatusOr<common::v1::HeadsResponse> Service::Heads(const rpc::Call&, const common::v1::HeadsRequest&) {
  common::v1::HeadsResponse response;
  for (Partition p = 0; p < directories_.size(); ++p) {
    directories_[p]->Read("", [&](const Directory::User*, stream::EphemeralPosition position) {
      common::v1::Head& head = *response.add_heads();
      head.set_partition(p);
      head.set_position(position.counter);
      head.set_epoch(position.epoch);
    });
  }
  return response;
}

}  // namespace parley::presence
