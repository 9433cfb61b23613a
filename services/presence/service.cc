#include "services/presence/service.h"

#include <algorithm>
#include <map>
#include <utility>

#include <absl/synchronization/notification.h>

#include "common/base/ids.h"
#include "common/base/partition.h"
#include "common/base/strings.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/status/wrong_owner.h"
#include "common/stream/open_all.h"
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

struct Service::Part {
  Part(const Config& config, bus::Bus& bus, Partition partition, store::StreamState taken_over, absl::Time now)
      : partition(partition), state(taken_over), directory(config, bus, partition, taken_over.epoch, now) {}

  const Partition partition;
  const store::StreamState state;  // as taken over
  Directory directory;
  absl::Mutex saving;
  int64_t saves ABSL_GUARDED_BY(saving) = 0;
};

Service::Service(const Config& config, Deps deps)
    : config_(config),
      visibility_(VisibilityOf(config.visibility).value_or(Visibility::kOff)),
      deps_(deps),
      metrics_(deps.registry),
      parts_(config.partitions),
      tick_(std::make_unique<Periodic>("presence-tick", kTickPeriod, [this] { Tick(); })) {}

absl::StatusOr<std::unique_ptr<Service>> Service::Open(const Config& config, Deps deps) {
  return stream::OpenAll<Service>(config, deps);
}

absl::Status Service::OpenPartitions(absl::Span<const Partition> opened) {
  PARLEY_TRY(const std::vector<store::StreamState> states, deps_.store.TakeOver(kStream, opened));
  const absl::Time now = deps_.clock.Now();
  for (size_t i = 0; i < opened.size(); ++i) {
    auto part = std::make_shared<Part>(config_, deps_.bus, opened[i], states[i], now);
    PARLEY_RETURN_IF_ERROR(Restore(*part, now));
    absl::MutexLock lock(&mutex_);
    parts_[opened[i]] = std::move(part);
  }
  return absl::OkStatus();
}

void Service::ClosePartitions(absl::Span<const Partition> closed) {
  for (const Partition p : closed) {
    const PartPtr part = Find(p);
    if (part == nullptr) continue;
    SaveChanged(*part);
    absl::MutexLock lock(&mutex_);
    parts_[p] = nullptr;
  }
}

absl::Status Service::Restore(Part& part, absl::Time now) {
  return deps_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_RETURN_IF_ERROR(ScanAudiences(db, part.partition, config_.partitions, [&](SavedAudience saved) {
      part.directory.RestoreAudience(saved.user_id, std::move(saved.audience));
    }));
    return ScanUsers(db, part.partition, config_.partitions,
                     [&](SavedUser saved) { part.directory.Restore(std::move(saved), now); });
  });
}

void Service::Tick() {
  const absl::Time now = deps_.clock.Now();
  for (const PartPtr& part : Owned()) {
    part->directory.Tick(now);
    SaveChanged(*part);
  }
}

Service::PartPtr Service::Find(Partition partition) const {
  absl::ReaderMutexLock lock(&mutex_);
  return parts_[partition];
}

absl::StatusOr<Service::PartPtr> Service::PartOf(const std::string& user_id) const {
  const Partition partition = PartitionOf(user_id, config_.partitions);
  PartPtr part = Find(partition);
  if (part == nullptr) return WrongOwner(StrCat(kStream, "/", partition));
  return part;
}

std::vector<Service::PartPtr> Service::Owned() const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<PartPtr> owned = parts_;
  std::erase(owned, nullptr);
  return owned;
}

absl::Status Service::Apply(const std::string& user_id, const Input& input) {
  PARLEY_TRY(const PartPtr part, PartOf(user_id));
  if (part->directory.Apply(user_id, input, deps_.clock.Now())) metrics_.told_others.Add();
  return absl::OkStatus();
}

// What is read of memory and queued under the lock is written in the order of what happened. Each is a chain of its own:
// one that fails takes none of the later ones with it.
absl::Status Service::Save(Part& part, absl::FunctionRef<void(store::Batch&)> fill) {
  absl::Notification done;
  absl::Status saved;
  {
    absl::MutexLock lock(&part.saving);
    store::Batch batch;
    fill(batch);
    if (batch.empty()) return absl::OkStatus();
    const store::StreamState& state = part.state;
    const store::Fence fence{kStream, part.partition, state.epoch, state.head, state.head, ++part.saves};
    PARLEY_RETURN_IF_ERROR(deps_.store.Enqueue(std::move(batch), fence, [&](absl::Status status) {
      saved = std::move(status);
      done.Notify();
    }));
  }
  done.WaitForNotification();
  if (absl::IsAborted(saved)) return WrongOwner(StrCat(kStream, "/", part.partition));
  return saved;
}

// What is lost when it fails is what a crash in this second would lose.
void Service::SaveChanged(Part& part) {
  const absl::Status saved = Save(part, [&](store::Batch& batch) {
    for (const SavedUser& user : part.directory.TakeUnsaved()) SaveUser(batch, user);
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
  PARLEY_RETURN_IF_ERROR(Apply(user_id, chosen));
  PARLEY_TRY(const PartPtr part, PartOf(user_id));
  PARLEY_RETURN_IF_ERROR(
      Save(*part, [&](store::Batch& batch) { SaveUser(batch, part->directory.Save(user_id)); }));
  return SetPresenceResponse();
}

absl::StatusOr<GetPresenceResponse> Service::GetPresence(const rpc::Call&, const GetPresenceRequest& request) {
  const std::string& reader = request.requester().user_id();
  Viewer viewer{.is_user = request.user_id() == reader, .may_see = visibility_ == Visibility::kRooms};
  View view;
  PARLEY_TRY(const PartPtr part, PartOf(request.user_id()));
  part->directory.Read(request.user_id(), [&](const Directory::User* user, stream::EphemeralPosition) {
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
      PARLEY_RETURN_IF_ERROR(Apply(session.user_id(), StreamEnded{session.device_id()}));
    } else if (state && (*state <= State::kOnline || (*state == State::kBusy && config_.busy))) {
      PARLEY_RETURN_IF_ERROR(Apply(session.user_id(), StreamSeen{session.device_id(), *state}));
    }
    metrics_.reports.Add();
  }
  return ReportSessionsResponse();
}

absl::StatusOr<RecordActivityResponse> Service::RecordActivity(const rpc::Call&,
                                                               const RecordActivityRequest& request) {
  for (const Activity& activity : request.activities()) {
    const absl::Duration ago = absl::Milliseconds(std::max<int64_t>(activity.ago_ms(), 0));
    PARLEY_RETURN_IF_ERROR(Apply(activity.user_id(), Acted{ago}));
  }
  return RecordActivityResponse();
}

absl::StatusOr<AnnounceProfileResponse> Service::AnnounceProfile(const rpc::Call&,
                                                                 const AnnounceProfileRequest& request) {
  if (visibility_ == Visibility::kOff) return AnnounceProfileResponse();
  PARLEY_TRY(const PartPtr part, PartOf(request.user_id()));
  part->directory.SetProfile(request.user_id(), ToProfile(request.profile()), /*announce=*/true);
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
    PARLEY_TRY(const PartPtr part, PartOf(user.user_id()));
    if (part->directory.SetRemote(user.user_id(), std::move(view), now)) metrics_.told_others.Add();
  }
  return ReceiveRemoteResponse();
}

absl::StatusOr<SetAudienceResponse> Service::SetAudience(const rpc::Call&, const SetAudienceRequest& request) {
  const std::string& user_id = request.user_id();
  const auto visibility =
      request.visibility().empty() ? Visibility::kRooms : VisibilityOf(request.visibility());
  if (!visibility) return InvalidParam("visibility must be rooms, direct or off");
  PARLEY_TRY(const PartPtr part, PartOf(user_id));
  PARLEY_RETURN_IF_ERROR(Save(*part, [&](store::Batch& batch) {
    Audience audience = part->directory.AudienceOf(user_id);
    if (request.has_visibility()) audience.visibility = *visibility;
    if (request.has_direct()) audience.direct = DirectFrom(request.direct());
    SaveAudience(batch, {part->partition, user_id, audience});
    part->directory.SetAudience(user_id, std::move(audience));
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
    PARLEY_TRY(const PartPtr part, PartOf(user_id));
    part->directory.SetProfile(user_id, found == response.profiles().end() ? Profile() : ToProfile(found->second),
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
    PARLEY_TRY(const PartPtr part, PartOf(user_id));
    const Partition partition = part->partition;
    const std::string& reader = request.requester().user_id();
    part->directory.Read(user_id, [&](const Directory::User* user, stream::EphemeralPosition head) {
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
      PARLEY_TRY(const PartPtr part, PartOf(entry.user_id));
      part->directory.Read(entry.user_id, [&](const Directory::User* user, stream::EphemeralPosition) {
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
  for (const PartPtr& part : Owned()) {
    part->directory.Read("", [&](const Directory::User*, stream::EphemeralPosition position) {
      common::v1::Head& head = *response.add_heads();
      head.set_partition(part->partition);
      head.set_position(position.counter);
      head.set_epoch(position.epoch);
    });
  }
  return response;
}

}  // namespace parley::presence
