#include "services/presence/store.h"

#include <map>

#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include "common/base/strings.h"
#include "common/json/value.h"
#include "common/status/macros.h"

namespace parley::presence {
namespace {

constexpr std::string_view kChoices = "presence_choices";
constexpr std::string_view kAudiences = "presence_audiences";

store::Migration Choices() {
  store::Table choices;
  choices.name = kChoices;
  choices.columns = {{"p", store::Type::kInteger},
                     {"user_id", store::Type::kText},
                     {"override_state", store::Type::kText},  // empty: none
                     {"status_msg", store::Type::kText}};
  choices.primary_key = {"p", "user_id"};
  store::Migration migration;
  migration.service = kStream;
  migration.number = 1;
  migration.tables = {choices};
  return migration;
}

store::Column Nullable(std::string_view name, store::Type type) {
  return {std::string(name), type, /*nullable=*/true};
}

store::Migration WhoIsThere() {
  store::Table audiences;
  audiences.name = kAudiences;
  audiences.columns = {{"p", store::Type::kInteger},
                       {"user_id", store::Type::kText},
                       {"visibility", store::Type::kText},
                       {"direct", store::Type::kText}};  // a line for each user
  audiences.primary_key = {"p", "user_id"};
  store::Migration migration;
  migration.service = kStream;
  migration.number = 2;
  migration.tables = {audiences};
  const std::string choices(kChoices);
  // Times in ms; devices: an object of [stream, choice or null] by id.
  migration.columns = {{choices, Nullable("last_active", store::Type::kInteger)},
                       {choices, Nullable("shown_active", store::Type::kInteger)},
                       {choices, Nullable("shown_since", store::Type::kInteger)},
                       {choices, Nullable("devices", store::Type::kText)}};
  return migration;
}

store::Migration OthersUsers() {
  store::Migration migration;
  migration.service = kStream;
  migration.number = 3;
  const std::string choices(kChoices);
  // Null for our own users.
  migration.columns = {{choices, Nullable("remote_state", store::Type::kText)},
                       {choices, Nullable("remote_active", store::Type::kInteger)},
                       {choices, Nullable("remote_until", store::Type::kInteger)}};
  return migration;
}

int64_t ToMs(absl::Time time) {
  return time == absl::InfinitePast() ? 0 : absl::ToUnixMillis(time);
}

absl::Time FromMs(int64_t ms) {
  return ms == 0 ? absl::InfinitePast() : absl::FromUnixMillis(ms);
}

std::string DevicesJson(const std::map<std::string, Device>& devices) {
  json::Object object;
  for (const auto& [id, device] : devices) {
    json::Value chosen = device.chosen ? json::Value(NameOf(*device.chosen)) : json::Value();
    object.Append(id, json::Array{NameOf(device.stream), std::move(chosen)});
  }
  return json::Serialize(object);
}

Device DeviceFrom(const json::Array& parts) {
  Device device;
  if (parts.size() != 2) return device;
  if (const auto* stream = parts[0].AsString())
    device.stream = StateOf(*stream).value_or(State::kOnline);
  if (const auto* chosen = parts[1].AsString()) device.chosen = StateOf(*chosen);
  return device;
}

std::map<std::string, Device> DevicesFrom(std::string_view text) {
  std::map<std::string, Device> devices;
  const auto object = json::ParseObject(text);
  if (!object.ok()) return devices;
  for (const auto& [id, parts] : *object) {
    if (const json::Array* array = parts.AsArray()) devices[id] = DeviceFrom(*array);
  }
  return devices;
}

View RemoteView(const store::Row& row, const UserPresence& presence) {
  return {.state = StateOf(row.Text(8)).value_or(State::kOffline),
          .status_msg = presence.status_msg,
          .currently_active = row.Int(9) != 0,
          .last_active = presence.last_active};
}

SavedUser UserFrom(const store::Row& row) {
  SavedUser user;
  user.partition = static_cast<Partition>(row.Int(0));
  user.user_id = row.String(1);
  user.presence.override_state = StateOf(row.Text(2));
  user.presence.status_msg = row.String(3);
  user.presence.last_active = FromMs(row.Int(4));
  user.presence.shown.last_active = FromMs(row.Int(5));
  user.shown_since = FromMs(row.Int(6));
  user.presence.devices = DevicesFrom(row.Text(7));
  if (!row.IsNull(8)) {
    user.presence.shown = RemoteView(row, user.presence);
    user.remote_until = FromMs(row.Int(10));
  }
  return user;
}

void SaveRemote(store::Batch& batch, const SavedUser& user) {
  const View& shown = user.presence.shown;
  batch.Upsert(kChoices, {{"p", user.partition},
                          {"user_id", user.user_id},
                          {"override_state", ""},
                          {"status_msg", shown.status_msg},
                          {"last_active", ToMs(shown.last_active)},
                          {"shown_since", ToMs(user.shown_since)},
                          {"remote_state", NameOf(shown.state)},
                          {"remote_active", int64_t{shown.currently_active}},
                          {"remote_until", ToMs(*user.remote_until)}});
}

}  // namespace

std::vector<store::Migration> Migrations() {
  return {Choices(), WhoIsThere(), OthersUsers()};
}

absl::Status ScanUsers(store::Reader& db, Partition p, uint32_t partitions,
                       absl::FunctionRef<void(SavedUser)> on_user) {
  std::map<std::string, SavedUser> users;  // of two rows, the partition's own
  PARLEY_RETURN_IF_ERROR(db.Query(
      "SELECT p, user_id, override_state, status_msg, last_active, shown_active, shown_since, "
      "devices, remote_state, remote_active, remote_until FROM presence_choices "
      "WHERE p = $1 OR p = 0 ORDER BY p",
      {p}, [&](const store::Row& row) {
        SavedUser user = UserFrom(row);
        if (PartitionOf(user.user_id, partitions) != p) return;
        user.partition = p;
        users[user.user_id] = std::move(user);
      }));
  for (auto& [id, user] : users) on_user(std::move(user));
  return absl::OkStatus();
}

void SaveUser(store::Batch& batch, const SavedUser& user) {
  if (user.remote_until) return SaveRemote(batch, user);
  const UserPresence& presence = user.presence;
  batch.Upsert(kChoices,
               {{"p", user.partition},
                {"user_id", user.user_id},
                {"override_state", presence.override_state ? NameOf(*presence.override_state) : ""},
                {"status_msg", presence.status_msg},
                {"last_active", ToMs(presence.last_active)},
                {"shown_active", ToMs(presence.shown.last_active)},
                {"shown_since", ToMs(user.shown_since)},
                {"devices", DevicesJson(presence.devices)}});
}

absl::Status ScanAudiences(store::Reader& db, Partition p, uint32_t partitions,
                           absl::FunctionRef<void(SavedAudience)> on_audience) {
  return db.Query(
      "SELECT p, user_id, visibility, direct FROM presence_audiences WHERE p = $1 OR p = 0 "
      "ORDER BY p",
      {p}, [&](const store::Row& row) {
        SavedAudience saved;
        saved.partition = p;
        saved.user_id = row.String(1);
        if (PartitionOf(saved.user_id, partitions) != p) return;
        saved.audience.visibility = VisibilityOf(row.Text(2)).value_or(Visibility::kOff);
        saved.audience.direct = absl::StrSplit(Abs(row.Text(3)), '\n', absl::SkipEmpty());
        on_audience(std::move(saved));
      });
}

void SaveAudience(store::Batch& batch, const SavedAudience& saved) {
  batch.Upsert(kAudiences, {{"p", saved.partition},
                            {"user_id", saved.user_id},
                            {"visibility", NameOf(saved.audience.visibility)},
                            {"direct", absl::StrJoin(saved.audience.direct, "\n")}});
}

}  // namespace parley::presence
