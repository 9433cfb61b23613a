#include "services/profile/service.h"

#include "common/base/partition.h"
#include "common/base/strings.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/stream/open_all.h"
#include "services/profile/store.h"

namespace parley::profile {
namespace {

void Fill(const Names::Name& name, common::v1::ProfileFields& fields) {
  if (name.displayname) fields.set_displayname(*name.displayname);
  if (name.avatar_url) fields.set_avatar_url(*name.avatar_url);
}

absl::Status NoProfile() {
  return NotFound("There is no such profile");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Service>> Service::Open(const Config& config, Deps deps) {
  return stream::OpenAll<Service>(config, deps);
}

Service::Service(const Config& config, Deps deps)
    : config_(config),
      deps_(deps),
      metrics_(deps.registry),
      streams_(deps.store, deps.bus, kStream, config.partitions),
      propagator_(config, {deps.bus, deps.accounts, deps.events, deps.presence, names_, metrics_,
                           [this](const std::string& user_id, int64_t generation) {
                             return MarkPropagated(user_id, generation);
                           }}) {}

absl::Status Service::OpenPartitions(absl::Span<const Partition> opened) {
  PARLEY_RETURN_IF_ERROR(streams_.OpenPartitions(opened));
  for (const Partition p : opened) PARLEY_RETURN_IF_ERROR(LoadNames(p));
  streams_.WakeFollowers(opened);
  for (const std::string& user_id : names_.Pending()) propagator_.Add(user_id);
  return absl::OkStatus();
}

void Service::ClosePartitions(absl::Span<const Partition> closed) {
  streams_.ClosePartitions(closed);
  names_.Drop(closed, config_.partitions);
}

absl::Status Service::LoadNames(Partition p) {
  absl::flat_hash_map<std::string, Names::Name> names;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& db) {
    PARLEY_RETURN_IF_ERROR(ScanUsers(db, p, [&names](const UserRow& user) {
      Names::Name& name = names[user.user_id];
      name.generation = user.generation;
      name.propagated = user.propagated;
    }));
    return ScanNames(
        db, p, [&names](std::string_view user_id, std::string_view field, std::string_view value) {
          Names::Name& name = names[std::string(user_id)];
          (field == kDisplayname ? name.displayname : name.avatar_url) =
              TextOf({{std::string(field), std::string(value)}}, field);
        });
  }));
  for (auto& [user_id, name] : names) names_.Set(user_id, std::move(name));
  return absl::OkStatus();
}

absl::StatusOr<Fields> Service::Read(std::string_view user_id) {
  Fields fields;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(fields, ReadFields(db, PartitionFor(user_id), user_id));
    return absl::OkStatus();
  }));
  return fields;
}

absl::Status Service::Commit(const std::string& user_id, store::Batch batch,
                             absl::AnyInvocable<void()> learn) {
  return streams_.For(PartitionFor(user_id))
      .AppendAndWait([&](int64_t) -> absl::StatusOr<stream::Appended> {
        return stream::Appended{.batch = std::move(batch),
                                .count = 1,
                                .keys = {user_id},
                                .before_visible = std::move(learn)};
      })
      .status();
}

// Under the user's lock. `propagate`: the rooms are to follow.
absl::Status Service::Change(const std::string& user_id, const Fields& before, const Fields& after,
                             bool propagate) {
  Names::Name name = names_.Find(user_id).value_or(Names::Name());
  name.displayname = TextOf(after, kDisplayname);
  name.avatar_url = TextOf(after, kAvatarUrl);
  if (propagate) ++name.generation;
  store::Batch batch;
  SaveUser(batch, {PartitionFor(user_id), user_id, name.generation, name.propagated});
  SaveFields(batch, PartitionFor(user_id), user_id, before, after);
  PARLEY_RETURN_IF_ERROR(Commit(user_id, std::move(batch), [this, user_id, name = std::move(name)] {
    names_.Set(user_id, name);
  }));
  if (propagate) propagator_.Add(user_id);
  metrics_.changes.Add();
  return absl::OkStatus();
}

absl::Status Service::MarkPropagated(const std::string& user_id, int64_t generation) {
  absl::MutexLock lock(&LockOf(user_id));
  store::Batch batch;
  SetPropagated(batch, PartitionFor(user_id), user_id, generation);
  return Commit(user_id, std::move(batch),
                [this, user_id, generation] { names_.SetPropagated(user_id, generation); });
}

absl::StatusOr<GetProfileResponse> Service::GetProfile(const rpc::Call&,
                                                       const GetProfileRequest& request) {
  if (!names_.Find(request.user_id())) return NoProfile();
  PARLEY_TRY(Fields fields, Read(request.user_id()));
  if (!request.field().empty()) {
    const auto field = fields.find(request.field());
    if (field == fields.end()) return NotFound("The profile has no such field");
    fields = {*field};
  }
  GetProfileResponse response;
  response.set_json(ToJson(fields));
  return response;
}

absl::StatusOr<SetFieldResponse> Service::SetField(const rpc::Call&,
                                                   const SetFieldRequest& request) {
  const std::string& user_id = request.user_id();
  if (user_id != request.requester().user_id() && !request.requester().is_admin()) {
    return Forbidden("This is another user's profile");
  }
  const auto value = request.has_value() ? std::optional(request.value()) : std::nullopt;
  absl::MutexLock lock(&LockOf(user_id));
  PARLEY_TRY(const Fields before, Read(user_id));
  PARLEY_TRY(const Fields after, WithField(before, request.field(), value, config_));
  PARLEY_RETURN_IF_ERROR(Change(user_id, before, after, IsPropagated(request.field())));
  return SetFieldResponse();
}

absl::StatusOr<GetManyResponse> Service::GetMany(const rpc::Call&, const GetManyRequest& request) {
  GetManyResponse response;
  for (const std::string& user_id : request.user_ids()) {
    const auto name = names_.Find(user_id);
    if (name) Fill(*name, (*response.mutable_profiles())[user_id]);
  }
  return response;
}

absl::StatusOr<CreateProfileResponse> Service::CreateProfile(const rpc::Call&,
                                                             const CreateProfileRequest& request) {
  const std::string& user_id = request.user_id();
  absl::MutexLock lock(&LockOf(user_id));
  if (names_.Find(user_id)) return CreateProfileResponse();
  Fields fields;
  if (!request.displayname().empty())
    fields[std::string(kDisplayname)] = json::Quoted(request.displayname());
  PARLEY_RETURN_IF_ERROR(Change(user_id, {}, fields, /*propagate=*/false));
  return CreateProfileResponse();
}

absl::StatusOr<EraseProfileResponse> Service::EraseProfile(const rpc::Call&,
                                                           const EraseProfileRequest& request) {
  absl::MutexLock lock(&LockOf(request.user_id()));
  store::Batch batch;
  DeleteUser(batch, PartitionFor(request.user_id()), request.user_id());
  PARLEY_RETURN_IF_ERROR(Commit(request.user_id(), std::move(batch),
                                [this, &request] { names_.Erase(request.user_id()); }));
  return EraseProfileResponse();
}

absl::StatusOr<SearchUsersResponse> Service::SearchUsers(const rpc::Call&,
                                                         const SearchUsersRequest& request) {
  SearchUsersResponse response;
  if (request.search_term().empty()) return response;
  std::vector<Names::Found> found =
      names_.Search(request.search_term(), request.limit(), request.requester().user_id());
  response.set_limited(found.size() > request.limit());
  if (response.limited()) found.resize(request.limit());
  for (const Names::Found& user : found) {
    FoundUser& out = *response.add_users();
    out.set_user_id(user.user_id);
    out.set_rank(user.rank);
    Fill(user.name, *out.mutable_profile());
  }
  return response;
}

absl::StatusOr<GetPropagationResponse> Service::GetPropagation(
    const rpc::Call&, const GetPropagationRequest& request) {
  const auto name = names_.Find(request.user_id());
  if (!name) return NoProfile();
  GetPropagationResponse response;
  response.set_generation(name->generation);
  response.set_propagated(name->propagated);
  const auto progress = propagator_.ProgressOf(request.user_id());
  if (!progress) return response;
  response.set_rooms_pending(static_cast<uint32_t>(progress->rooms_pending));
  response.set_rooms_done(static_cast<uint32_t>(progress->rooms_done));
  response.set_started_ms(absl::ToUnixMillis(progress->started));
  response.set_settling(progress->settling);
  return response;
}

absl::StatusOr<common::v1::HeadsResponse> Service::Heads(const rpc::Call&,
                                                         const common::v1::HeadsRequest&) {
  common::v1::HeadsResponse response;
  for (const bus::Head& head : streams_.CommittedHeads()) {
    common::v1::Head& out = *response.add_heads();
    out.set_partition(head.topic.partition);
    out.set_position(head.position);
  }
  return response;
}

}  // namespace parley::profile
