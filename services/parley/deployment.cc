#include "services/parley/deployment.h"

#include <string>

#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley {
namespace {

using store::Type;

struct Fact {
  const char* name;
  std::string value;
};

absl::StatusOr<std::string> Remember(store::Store& store, const Fact& fact) {
  store::Batch batch;
  batch.InsertOrIgnore("deployment", {{"p", 0}, {"name", fact.name}, {"value", fact.value}});
  PARLEY_RETURN_IF_ERROR(store.Commit(std::move(batch)));
  std::string known;
  PARLEY_RETURN_IF_ERROR(store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(const auto value,
               db.QueryString("SELECT value FROM deployment WHERE p = 0 AND name = $1", {fact.name}));
    known = value.value_or("");
    return absl::OkStatus();
  }));
  return known;
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
  for (const Fact& fact : {Fact{"server_name", config.server_name}, Fact{"partitions", StrCat(config.partitions)}}) {
    PARLEY_TRY(const std::string known, Remember(store, fact));
    if (known == fact.value) continue;
    return absl::FailedPreconditionError(StrCat("The store was made with ", fact.name, " ", known,
                                                ", which can't be changed; the configuration says ", fact.value, "."));
  }
  return absl::OkStatus();
}

}  // namespace parley
