#include "common/store/own_tables.h"

#include <random>

#include "common/base/strings.h"

namespace parley::store {

const std::vector<Table>& OwnTables() {
  static const std::vector<Table> tables = {
      {"store_migrations",
       {{"p"}, {"service", Type::kText}, {"number"}},
       {"p", "service", "number"},
       {}},
      {"store_numbers", {{"p"}, {"name", Type::kText}, {"value"}}, {"p", "name"}, {}},
      {"streams", {{"p"}, {"service", Type::kText}, {"epoch"}, {"head"}}, {"p", "service"}, {}},
  };
  return tables;
}

absl::Status RefuseNewer(const Applied& applied, const std::vector<Migration>& migrations) {
  std::map<std::string, int> known;
  for (const Migration& migration : migrations) known[migration.service] = migration.number;
  for (const auto& [service, number] : known) {
    const auto found = applied.find(service);
    if (found == applied.end() || found->second <= number) continue;
    return absl::FailedPreconditionError(
        StrCat("The store was written by a newer Parley (", service, " is at migration ",
               found->second, ", this binary knows ", number,
               "): start that version, or restore a backup made by this one."));
  }
  return absl::OkStatus();
}

bool IsMissing(const Applied& applied, const Migration& migration) {
  const auto found = applied.find(migration.service);
  return found == applied.end() || migration.number > found->second;
}

int64_t RandomIncarnation() {
  std::random_device random;
  return static_cast<int64_t>((uint64_t{random()} << 32 | random()) >> 1);
}

}  // namespace parley::store
