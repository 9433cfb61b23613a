#include "services/federation/server_keys.h"

#include <algorithm>
#include <map>
#include <utility>

#include <absl/synchronization/blocking_counter.h>

#include "common/base/partition.h"
#include "common/crypto/json_signature.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"

namespace parley::federation {
namespace {

constexpr size_t kMaxEntries = 20'000;
constexpr size_t kMaxKeysOfServer = 256;
constexpr absl::Duration kPause = absl::Seconds(30);      // after a good answer
constexpr absl::Duration kFirstPause = absl::Seconds(5);  // after a failure; doubled each time
constexpr absl::Duration kLongestPause = absl::Minutes(1);

absl::Duration PauseAfter(int failures) {
  return std::min(kFirstPause * (1 << std::min(failures - 1, 10)), kLongestPause);
}

KeyRow ToRow(const KeyDocument& document, const PublishedKey& key) {
  return {key.key_id, key.public_key, key.expired_ms.value_or(document.valid_until_ms),
          key.expired_ms};
}

v1::ServerKey ToProto(const std::string& server_name, const KeyRow& row) {
  v1::ServerKey key;
  key.set_server_name(server_name);
  key.set_key_id(row.key_id);
  key.set_public_key(row.public_key);
  key.set_valid_until_ms(row.valid_until);
  if (row.expired_at) key.set_expired_ms(*row.expired_at);
  return key;
}

}  // namespace

const KeyRow* ServerKeys::Known::Find(const std::string& key_id) const {
  for (const KeyRow& key : keys) {
    if (key.key_id == key_id) return &key;
  }
  return nullptr;
}

ServerKeys::ServerKeys(const Config& config, Deps deps)
    : config_(config),
      deps_(deps),
      pool_({.name = "keys", .threads = config.key_threads, .max_queued = 65'536}) {}

ServerKeys::~ServerKeys() {
  pool_.Drain();
}

v1::GetServerKeysResponse ServerKeys::Get(const rpc::Call& call,
                                          const v1::GetServerKeysRequest& request) {
  v1::GetServerKeysResponse response;
  std::map<std::string, Wanted> by_server;
  for (const v1::KeyRef& ref : request.keys()) {
    if (ref.server_name() == config_.server_name) {
      for (v1::ServerKey& key : deps_.own.Find(ref.key_id())) *response.add_keys() = std::move(key);
      continue;
    }
    Wanted& wanted = by_server[ref.server_name()];
    wanted.server_name = ref.server_name();
    wanted.refs.push_back(ref);
  }
  std::vector<Wanted> wanted;
  for (auto& [name, of_server] : by_server) wanted.push_back(std::move(of_server));
  const std::vector<KnownPtr> found = FindAll(call, wanted);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto is_wanted = [&](const KeyRow& key) {
      return std::any_of(wanted[i].refs.begin(), wanted[i].refs.end(), [&](const v1::KeyRef& ref) {
        return ref.key_id().empty() || ref.key_id() == key.key_id;
      });
    };
    for (const KeyRow& key : found[i]->keys) {
      if (is_wanted(key)) *response.add_keys() = ToProto(wanted[i].server_name, key);
    }
  }
  return response;
}

v1::QueryServerKeysResponse ServerKeys::Query(const rpc::Call& call,
                                              const v1::QueryServerKeysRequest& request) {
  v1::QueryServerKeysResponse response;
  std::map<std::string, Wanted> by_server;
  for (const v1::KeyRef& ref : request.keys()) {
    Wanted& wanted = by_server[ref.server_name()];
    wanted.server_name = ref.server_name();
    wanted.document = true;
    wanted.refs.push_back(ref);
  }
  if (by_server.erase(config_.server_name) > 0) response.add_server_keys(deps_.own.Document());
  std::vector<Wanted> wanted;
  for (auto& [name, of_server] : by_server) wanted.push_back(std::move(of_server));
  for (const KnownPtr& known : FindAll(call, wanted)) {
    if (!known->document) continue;
    auto document = json::ParseObject(known->document->json);
    if (!document.ok()) continue;
    crypto::SignJson(*document, config_.server_name, deps_.signing_key);
    response.add_server_keys(json::Serialize(*document));
  }
  return response;
}

bool ServerKeys::Satisfies(const Known& known, const Wanted& wanted) {
  if (wanted.document && !known.document) return false;
  return std::all_of(wanted.refs.begin(), wanted.refs.end(), [&](const v1::KeyRef& ref) {
    if (ref.key_id().empty())
      return known.document && known.document->valid_until >= ref.valid_at_ms();
    const KeyRow* key = known.Find(ref.key_id());
    return key != nullptr && (key->valid_until >= ref.valid_at_ms() || key->expired_at);
  });
}

std::vector<ServerKeys::KnownPtr> ServerKeys::FindAll(const rpc::Call& call,
                                                      const std::vector<Wanted>& wanted) {
  std::vector<KnownPtr> found(wanted.size());
  std::vector<size_t> missing;
  for (size_t i = 0; i < wanted.size(); ++i) {
    found[i] = FromMemory(wanted[i].server_name);
    if (!Satisfies(*found[i], wanted[i])) missing.push_back(i);
  }
  if (missing.size() == 1) found[missing[0]] = Find(call, wanted[missing[0]]);
  if (missing.size() <= 1) return found;
  absl::BlockingCounter left(static_cast<int>(missing.size()));
  for (const size_t i : missing) {
    const bool posted = pool_.TryPost([&, i] {
      found[i] = Find(call, wanted[i]);
      left.DecrementCount();
    });
    if (!posted) left.DecrementCount();
  }
  left.Wait();
  return found;
}

ServerKeys::KnownPtr ServerKeys::Find(const rpc::Call& call, const Wanted& wanted) {
  while (true) {
    KnownPtr known = FromMemory(wanted.server_name);
    if (Satisfies(*known, wanted) || absl::Now() >= call.deadline) return known;
    if (!BeginFetch(call, wanted.server_name)) return FromMemory(wanted.server_name);
    return Fetch(call, wanted, std::move(known));
  }
}

ServerKeys::KnownPtr ServerKeys::FromMemory(const std::string& server_name) {
  {
    absl::MutexLock lock(&mutex_);
    const auto entry = entries_.find(server_name);
    if (entry != entries_.end() && entry->second.known) return entry->second.known;
  }
  KnownPtr known = FromStore(server_name);
  absl::MutexLock lock(&mutex_);
  if (entries_.size() >= kMaxEntries) {
    absl::erase_if(entries_, [](const auto& entry) { return !entry.second.is_fetching; });
  }
  Entry& entry = entries_[server_name];
  if (!entry.known) entry.known = std::move(known);
  return entry.known;
}

ServerKeys::KnownPtr ServerKeys::FromStore(const std::string& server_name) {
  auto known = std::make_shared<Known>();
  const Partition p = PartitionOf(server_name, config_.partitions);
  const absl::Status read = deps_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(known->keys, FindKeys(db, p, server_name));
    PARLEY_TRY(known->document, FindKeyDocument(db, p, server_name));
    return absl::OkStatus();
  });
  if (!read.ok()) log::Warning("keys could not be read", {{"status", read.ToString()}});
  return known;
}

bool ServerKeys::BeginFetch(const rpc::Call& call, const std::string& server_name) {
  absl::MutexLock lock(&mutex_);
  const auto is_free = [this, &server_name]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto entry = entries_.find(server_name);
    return entry == entries_.end() || !entry->second.is_fetching;
  };
  const bool had_to_wait = !is_free();
  if (!mutex_.AwaitWithDeadline(absl::Condition(&is_free), call.deadline)) return false;
  Entry& entry = entries_[server_name];
  if (had_to_wait || deps_.clock.Now() < entry.next_fetch) return false;
  entry.is_fetching = true;
  return true;
}

void ServerKeys::EndFetch(const std::string& server_name, KnownPtr known, bool is_good) {
  (is_good ? deps_.metrics.keys_fetched : deps_.metrics.keys_not_fetched).Add();
  absl::MutexLock lock(&mutex_);
  Entry& entry = entries_[server_name];
  entry.failures = is_good ? 0 : entry.failures + 1;
  entry.next_fetch = deps_.clock.Now() + (is_good ? kPause : PauseAfter(entry.failures));
  entry.known = std::move(known);
  entry.is_fetching = false;
}

ServerKeys::KnownPtr ServerKeys::Fetch(const rpc::Call& call, const Wanted& wanted,
                                       KnownPtr before) {
  const std::vector<KeyDocument> documents = Ask(call, wanted);
  auto known = std::make_shared<Known>(*before);
  for (const KeyDocument& document : documents) {
    for (const PublishedKey& key : document.keys) {
      std::erase_if(known->keys, [&](const KeyRow& row) { return row.key_id == key.key_id; });
      if (known->keys.size() < kMaxKeysOfServer) known->keys.push_back(ToRow(document, key));
    }
    if (known->document && known->document->valid_until > document.valid_until_ms) continue;
    known->document = KeyDocumentRow{deps_.clock.NowMs(), document.valid_until_ms,
                                     json::Serialize(document.json)};
  }
  if (!documents.empty()) Save(wanted.server_name, *known);
  EndFetch(wanted.server_name, known, !documents.empty());
  return known;
}

std::vector<KeyDocument> ServerKeys::Ask(const rpc::Call& call, const Wanted& wanted) {
  auto document = deps_.fetcher.FromServer(call, wanted.server_name);
  if (document.ok()) return {*std::move(document)};
  log::Info("a server's keys could not be fetched",
            {{"server", wanted.server_name}, {"why", document.status().ToString()}});
  return AskNotaries(call, wanted);
}

std::vector<KeyDocument> ServerKeys::AskNotaries(const rpc::Call& call, const Wanted& wanted) {
  int64_t valid_at_ms = 0;
  for (const v1::KeyRef& ref : wanted.refs) valid_at_ms = std::max(valid_at_ms, ref.valid_at_ms());
  for (const std::string& notary : config_.notaries) {
    if (notary == wanted.server_name || notary == config_.server_name) continue;
    const auto keys = deps_.fetcher.FromServer(call, notary);
    if (!keys.ok()) continue;
    auto found = deps_.fetcher.FromNotary(call, *keys, wanted.server_name, valid_at_ms);
    if (found.ok() && !found->empty()) return *std::move(found);
  }
  return {};
}

void ServerKeys::Save(const std::string& server_name, const Known& known) {
  const Partition p = PartitionOf(server_name, config_.partitions);
  const absl::Status saved = deps_.streams.For(p).CommitQuietly([&](store::Batch& batch) {
    for (const KeyRow& key : known.keys) SaveKey(batch, p, server_name, key);
    SaveKeyDocument(batch, p, server_name, *known.document);
  });
  if (!saved.ok()) log::Warning("keys could not be saved", {{"status", saved.ToString()}});
}

}  // namespace parley::federation
