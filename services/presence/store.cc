#include "services/presence/store.h"

namespace parley::presence {
namespace {

constexpr std::string_view kChoices = "presence_choices";

}  // namespace

std::vector<store::Migration> Migrations() {
  store::Table choices;
  choices.name = kChoices;
  choices.columns = {{"p", store::Type::kInteger},
                     {"user_id", store::Type::kText},
                     {"override_state", store::Type::kText},  // empty: none
                     {"status_msg", store::Type::kText}};
  choices.primary_key = {"p", "user_id"};
  store::Migration first;
  first.service = kStream;
  first.number = 1;
  first.tables = {choices};
  return {first};
}

absl::Status ScanChoices(store::Reader& db, absl::FunctionRef<void(Choice)> on_choice) {
  return db.Query("SELECT p, user_id, override_state, status_msg FROM presence_choices", {}, [&](const store::Row& row) {
    on_choice({static_cast<Partition>(row.Int(0)), row.String(1), StateOf(row.Text(2)), row.String(3)});
  });
}

void SaveChoice(store::Batch& batch, const Choice& choice) {
  batch.Upsert(kChoices, {{"p", choice.partition},
                          {"user_id", choice.user_id},
                          {"override_state", choice.override_state ? NameOf(*choice.override_state) : ""},
                          {"status_msg", choice.status_msg}});
}

}  // namespace parley::presence
