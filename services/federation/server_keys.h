#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/crypto/sign.h"
#include "common/rpc/call.h"
#include "common/runtime/work_pool.h"
#include "common/store/store.h"
#include "common/stream/writer.h"
#include "parley/federation/v1/federation.pb.h"
#include "services/federation/config.h"
#include "services/federation/key_fetcher.h"
#include "services/federation/metrics.h"
#include "services/federation/own_keys.h"
#include "services/federation/store.h"

namespace parley::federation {

// The signing keys of all servers: in memory, in the store, at the servers themselves, at notaries;
// in this order.
//
// A server is asked by one caller at a time, and not again for a while, whatever came of it: who
// sends us garbage makes us ask nobody often. Threads: any; calls block. Lifetime: borrows config
// and all of Deps.
class ServerKeys {
 public:
  struct Deps {
    store::Store& store;
    stream::Streams& streams;
    OwnKeys& own;
    const KeyFetcher& fetcher;
    const crypto::SigningKey& signing_key;
    const Clock& clock;
    const Metrics& metrics;
  };

  ServerKeys(const Config& config, Deps deps);
  ~ServerKeys();

  // The RPCs GetServerKeys and QueryServerKeys.
  v1::GetServerKeysResponse Get(const rpc::Call& call, const v1::GetServerKeysRequest& request);
  v1::QueryServerKeysResponse Query(const rpc::Call& call,
                                    const v1::QueryServerKeysRequest& request);

 private:
  // What is known of a server. A value: replaced as a whole.
  struct Known {
    std::vector<KeyRow> keys;
    std::optional<KeyDocumentRow> document;

    const KeyRow* Find(const std::string& key_id) const;
  };
  using KnownPtr = std::shared_ptr<const Known>;
  struct Entry {
    KnownPtr known;  // null: not read from the store yet
    bool is_fetching = false;
    absl::Time next_fetch = absl::InfinitePast();
    int failures = 0;
  };
  // What is wanted of one server.
  struct Wanted {
    std::string server_name;
    std::vector<v1::KeyRef> refs;
    bool document = false;
  };

  static bool Satisfies(const Known& known, const Wanted& wanted);
  std::vector<KnownPtr> FindAll(const rpc::Call& call, const std::vector<Wanted>& wanted);
  KnownPtr Find(const rpc::Call& call, const Wanted& wanted);
  KnownPtr FromMemory(const std::string& server_name);
  KnownPtr FromStore(const std::string& server_name);
  KnownPtr Fetch(const rpc::Call& call, const Wanted& wanted, KnownPtr before);
  std::vector<KeyDocument> Ask(const rpc::Call& call, const Wanted& wanted);
  std::vector<KeyDocument> AskNotaries(const rpc::Call& call, const Wanted& wanted);
  void Save(const std::string& server_name, const Known& known);
  // True: it is this caller's turn. False: another's turn is over, or it is too soon.
  bool BeginFetch(const rpc::Call& call, const std::string& server_name);
  void EndFetch(const std::string& server_name, KnownPtr known, bool is_good);

  const Config& config_;
  const Deps deps_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  WorkPool pool_;
};

}  // namespace parley::federation
