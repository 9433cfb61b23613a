#include "services/parley/deployment.h"

#include <string>

#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley {
namespace {

using store::Type;

constexpr char kMove[] = "move";

struct Fact {
  const char* name;
  std::string value;
};

absl::StatusOr<std::string> Known(store::Store& store, const char* name) {
  std::string known;
  PARLEY_RETURN_IF_ERROR(store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(const auto value, db.QueryString("SELECT value FROM deployment WHERE p = 0 AND name = $1", {name}));
    known = value.value_or("");
    return absl::OkStatus();
  }));
  return known;
}

absl::StatusOr<std::string> Remember(store::Store& store, const Fact& fact) {
  store::Batch batch;
  batch.InsertOrIgnore("deployment", {{"p", 0}, {"name", fact.name}, {"value", fact.value}});
  PARLEY_RETURN_IF_ERROR(store.Commit(std::move(batch)));
  return Known(store, fact.name);
}

}  // namespace

std::vector<store::Migration> DeploymentMigrations() {
  return {{.service = "deployment",
           .number = 1,
           .tables = {{"deployment",
                       {{"p"}, {"name", Type::kText}, {"value", Type::kText}},
                       {"p", "name"}}}}};
}

absl::Status CheckDeployment(store::Store& store, const Config& config) {
  PARLEY_TRY(const std::string move, MoveUnderWay(store));
  if (move.empty()) return CheckDeploymentFacts(store, config);
  return absl::FailedPreconditionError(
      "A move into this store has not ended: run `parley move` again, until it says that all is there.");
}

absl::Status CheckDeploymentFacts(store::Store& store, const Config& config) {
  for (const Fact& fact : {Fact{"server_name", config.server_name}, Fact{"partitions", StrCat(config.partitions)}}) {
    PARLEY_TRY(const std::string known, Remember(store, fact));
    if (known == fact.value) continue;
    return absl::FailedPreconditionError(StrCat("The store was made with ", fact.name, " ", known,
                                                ", which can't be changed; the configuration says ", fact.value, "."));
  }
  return absl::OkStatus();
}

absl::Status BeginMove(store::Store& store, const std::string& name) {
  PARLEY_TRY(const std::string known, Remember(store, Fact{kMove, name}));
  if (known == name) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "Another data folder is being moved into this database: end that move first, or empty the database.");
}

absl::Status EndMove(store::Store& store) {
  store::Batch batch;
  batch.Delete("deployment", {{"p", 0}, {"name", kMove}});
  return store.Commit(std::move(batch));
}

absl::StatusOr<std::string> MoveUnderWay(store::Store& store) { return Known(store, kMove); }

}  // namespace parley
