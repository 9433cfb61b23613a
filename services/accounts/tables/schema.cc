#include "services/accounts/tables/schema.h"

namespace parley::accounts::tables {
namespace {

using store::Table;
using store::Type;

Table Users() {
  return {"accounts_users",
          {{"p"},
           {"user_id", Type::kText},
           {"password_hash", Type::kText},
           {"flags"},
           {"created_at_ms"},
           {"push_rules", Type::kBytes},
           {"push_rules_position"},
           {"device_list_position"}},
          {"p", "user_id"}};
}

Table Devices() {
  return {"accounts_devices",
          {{"p"},
           {"user_id", Type::kText},
           {"device_id", Type::kText},
           {"display_name", Type::kText, true},
           {"last_seen_ms"},
           {"last_seen_ip", Type::kText},
           {"last_seen_agent", Type::kText},
           {"keys", Type::kBytes}},
          {"p", "user_id", "device_id"}};
}

// One row for each pair of access and refresh token.
Table Sessions() {
  return {"accounts_sessions",
          {{"p"},
           {"access_hash", Type::kBytes},
           {"refresh_hash", Type::kBytes, true},
           {"user_id", Type::kText},
           {"device_id", Type::kText},
           {"expires_at_ms"},
           {"replaces", Type::kBytes, true}},
          {"p", "access_hash"},
          {{"accounts_sessions_by_refresh", {"p", "refresh_hash"}, true},
           {"accounts_sessions_by_device", {"p", "user_id", "device_id"}}}};
}

Table ShortTokens() {
  return {"accounts_short_tokens",
          {{"p"}, {"token_hash", Type::kBytes}, {"kind", Type::kText}, {"user_id", Type::kText}, {"expires_at_ms"}},
          {"p", "token_hash"},
          {{"accounts_short_tokens_by_end", {"p", "expires_at_ms"}}}};
}

Table Memberships() {
  return {"accounts_memberships",
          {{"p"},
           {"user_id", Type::kText},
           {"room_id", Type::kText},
           {"membership", Type::kText},
           {"position"},
           {"event_id", Type::kText},
           {"sender", Type::kText},
           {"recorded_at"},
           {"forgotten"},
           {"joined_recorded_at"}},
          {"p", "user_id", "room_id"}};
}

Table AccountData() {
  return {"accounts_data",
          {{"p"},
           {"user_id", Type::kText},
           {"room_id", Type::kText},
           {"type", Type::kText},
           {"content", Type::kBytes},
           {"position"}},
          {"p", "user_id", "room_id", "type"}};
}

Table Filters() {
  return {"accounts_filters",
          {{"p"}, {"user_id", Type::kText}, {"filter_id"}, {"json", Type::kBytes}},
          {"p", "user_id", "filter_id"}};
}

Table ToDevice() {
  return {"accounts_to_device",
          {{"p"}, {"user_id", Type::kText}, {"device_id", Type::kText}, {"position"}, {"event", Type::kBytes}},
          {"p", "user_id", "device_id", "position"}};
}

Table ToDeviceTransactions() {
  return {"accounts_to_device_txns",
          {{"p"}, {"sender", Type::kText}, {"device_id", Type::kText}, {"txn_id", Type::kText}, {"at_ms"}},
          {"p", "sender", "device_id", "txn_id"},
          {{"accounts_to_device_txns_by_time", {"p", "at_ms"}}}};
}

Table OneTimeKeys() {
  return {"accounts_one_time_keys",
          {{"p"},
           {"user_id", Type::kText},
           {"device_id", Type::kText},
           {"algorithm", Type::kText},
           {"key_id", Type::kText},
           {"position"},
           {"json", Type::kBytes}},
          {"p", "user_id", "device_id", "algorithm", "key_id"}};
}

Table FallbackKeys() {
  return {"accounts_fallback_keys",
          {{"p"},
           {"user_id", Type::kText},
           {"device_id", Type::kText},
           {"algorithm", Type::kText},
           {"key_id", Type::kText},
           {"json", Type::kBytes},
           {"used"}},
          {"p", "user_id", "device_id", "algorithm"}};
}

Table SigningKeys() {
  return {"accounts_signing_keys",
          {{"p"}, {"user_id", Type::kText}, {"usage", Type::kText}, {"json", Type::kBytes}},
          {"p", "user_id", "usage"}};
}

// Kept with the signer. `target_key`: a device id, or a cross-signing key.
Table Signatures() {
  return {"accounts_signatures",
          {{"p"},
           {"signer", Type::kText},
           {"target", Type::kText},
           {"target_key", Type::kText},
           {"key_id", Type::kText},
           {"signature", Type::kText},
           {"position"}},
          {"p", "signer", "target", "target_key", "key_id"}};
}

Table Backups() {
  return {"accounts_backups",
          {{"p"},
           {"user_id", Type::kText},
           {"version"},
           {"algorithm", Type::kText},
           {"auth_data", Type::kBytes},
           {"etag"},
           {"key_count"},
           {"deleted"}},
          {"p", "user_id", "version"}};
}

Table BackupKeys() {
  return {"accounts_backup_keys",
          {{"p"},
           {"user_id", Type::kText},
           {"version"},
           {"room_id", Type::kText},
           {"session_id", Type::kText},
           {"first_message_index"},
           {"forwarded_count"},
           {"is_verified"},
           {"session_data", Type::kBytes}},
          {"p", "user_id", "version", "room_id", "session_id"}};
}

// What is still to be told to other services. `generation`: position of the change.
Table Outbox() {
  return {"accounts_outbox",
          {{"p"}, {"kind", Type::kText}, {"user_id", Type::kText}, {"generation"}},
          {"p", "kind", "user_id", "generation"}};
}

Table UiaSessions() {
  return {"accounts_uia",
          {{"p"}, {"id_hash", Type::kBytes}, {"session", Type::kBytes}, {"ends_at_ms"}},
          {"p", "id_hash"},
          {{"accounts_uia_by_end", {"p", "ends_at_ms"}}}};
}

// Goes with the device that set it.
Table Pushers() {
  return {"accounts_pushers",
          {{"p"},
           {"user_id", Type::kText},
           {"app_id", Type::kText},
           {"pushkey", Type::kText},
           {"device_id", Type::kText},
           {"json", Type::kBytes}},
          {"p", "user_id", "app_id", "pushkey"},
          {{"accounts_pushers_by_key", {"p", "app_id", "pushkey"}},
           {"accounts_pushers_by_device", {"p", "user_id", "device_id"}}}};
}

}  // namespace

std::vector<store::Migration> Migrations() {
  store::Migration first{"accounts", 1};
  first.tables = {Users(),       Devices(),      Sessions(),             ShortTokens(), Memberships(), AccountData(),
                  Filters(),     ToDevice(),     ToDeviceTransactions(), OneTimeKeys(), FallbackKeys(), SigningKeys(),
                  Signatures(),  Backups(),      BackupKeys(),           Outbox()};
  store::Migration second{"accounts", 2};
  second.tables = {Pushers()};
  store::Migration third{"accounts", 3};
  third.tables = {UiaSessions()};
  return {first, second, third};
}

}  // namespace parley::accounts::tables
