#include "services/profile/store.h"

#include "common/status/macros.h"

namespace parley::profile {
namespace {

constexpr std::string_view kUsers = "profile_users";
constexpr std::string_view kFields = "profile_fields";

}  // namespace

std::vector<store::Migration> Migrations() {
  store::Table users;
  users.name = kUsers;
  users.columns = {{"p", store::Type::kInteger},
                   {"user_id", store::Type::kText},
                   {"generation", store::Type::kInteger},
                   {"propagated", store::Type::kInteger}};
  users.primary_key = {"p", "user_id"};
  store::Table fields;
  fields.name = kFields;
  fields.columns = {{"p", store::Type::kInteger},
                    {"user_id", store::Type::kText},
                    {"field", store::Type::kText},
                    {"value", store::Type::kBytes}};
  fields.primary_key = {"p", "user_id", "field"};
  store::Migration first;
  first.service = kStream;
  first.number = 1;
  first.tables = {users, fields};
  return {first};
}

absl::Status ScanUsers(store::Reader& db, Partition p,
                       absl::FunctionRef<void(const UserRow&)> on_user) {
  return db.Query(
      "SELECT p, user_id, generation, propagated FROM profile_users WHERE p = $1", {p},
      [&](const store::Row& row) {
        on_user({static_cast<Partition>(row.Int(0)), row.String(1), row.Int(2), row.Int(3)});
      });
}

absl::Status ScanNames(store::Reader& db, Partition p,
                       absl::FunctionRef<void(std::string_view user_id, std::string_view field,
                                              std::string_view value)>
                           on_name) {
  return db.Query(
      "SELECT user_id, field, value FROM profile_fields WHERE p = $1 AND (field = $2 OR field = "
      "$3)",
      {p, kDisplayname, kAvatarUrl},
      [&](const store::Row& row) { on_name(row.Text(0), row.Text(1), row.Text(2)); });
}

absl::StatusOr<Fields> ReadFields(store::Reader& db, Partition p, std::string_view user_id) {
  Fields fields;
  PARLEY_RETURN_IF_ERROR(db.Query(
      "SELECT field, value FROM profile_fields WHERE p = $1 AND user_id = $2", {p, user_id},
      [&](const store::Row& row) { fields[row.String(0)] = row.String(1); }));
  return fields;
}

void SaveUser(store::Batch& batch, const UserRow& user) {
  batch.Upsert(kUsers, {{"p", user.partition},
                        {"user_id", user.user_id},
                        {"generation", user.generation},
                        {"propagated", user.propagated}});
}

void SetPropagated(store::Batch& batch, Partition p, std::string_view user_id, int64_t generation) {
  batch.Update(kUsers, {{"p", p}, {"user_id", user_id}}, {{"propagated", generation}});
}

void SaveFields(store::Batch& batch, Partition p, std::string_view user_id, const Fields& before,
                const Fields& after) {
  for (const auto& [field, value] : before) {
    if (!after.contains(field))
      batch.Delete(kFields, {{"p", p}, {"user_id", user_id}, {"field", field}});
  }
  for (const auto& [field, value] : after) {
    const auto old = before.find(field);
    if (old != before.end() && old->second == value) continue;
    batch.Upsert(
        kFields,
        {{"p", p}, {"user_id", user_id}, {"field", field}, {"value", store::Bytes(value)}});
  }
}

void DeleteUser(store::Batch& batch, Partition p, std::string_view user_id) {
  batch.Delete(kUsers, {{"p", p}, {"user_id", user_id}});
  batch.Delete(kFields, {{"p", p}, {"user_id", user_id}});
}

}  // namespace parley::profile
