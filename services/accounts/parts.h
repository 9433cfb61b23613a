#pragma once

#include <memory>
#include <utility>

#include "common/stream/writer.h"
#include "services/accounts/account_cache.h"
#include "services/accounts/account_data.h"
#include "services/accounts/admin.h"
#include "services/accounts/changes.h"
#include "services/accounts/config.h"
#include "services/accounts/credentials.h"
#include "services/accounts/cross_signing.h"
#include "services/accounts/deps.h"
#include "services/accounts/device_keys.h"
#include "services/accounts/devices.h"
#include "services/accounts/filters.h"
#include "services/accounts/follower.h"
#include "services/accounts/key_backup.h"
#include "services/accounts/key_query.h"
#include "services/accounts/login.h"
#include "services/accounts/memberships.h"
#include "services/accounts/openid.h"
#include "services/accounts/outbox.h"
#include "services/accounts/passwords.h"
#include "services/accounts/push_rules.h"
#include "services/accounts/pushers.h"
#include "services/accounts/registration.h"
#include "services/accounts/remote_devices.h"
#include "services/accounts/service.h"
#include "services/accounts/sessions.h"
#include "services/accounts/signatures.h"
#include "services/accounts/sync_view.h"
#include "services/accounts/to_device.h"
#include "services/accounts/uia.h"

namespace parley::accounts {

// The parts of the service, in the order in which they are made; the follower, which uses them all, ends first.
struct Service::Parts {
  Parts(const Config& config, const Needs& needs)
      : config(config),
        streams(needs.store, needs.bus, "accounts", config.partitions),
        changes(streams),
        cache(needs.store, streams, config.server_name, config.cached_users),
        deps{this->config, needs.clock, needs.rng, needs.store, cache, changes, outbox, needs.owners},
        to_device(deps, needs.federation),
        remote_devices(needs.clock, needs.events),
        follower(deps, key_query, needs.events, needs.profile, needs.federation) {}

  // The new user's profile, before the answer if profile answers at once; the outbox keeps the job otherwise.
  void CreateProfileOf(const UserId& user);

  const Config config;
  stream::Streams streams;
  Changes changes;
  AccountCache cache;
  Outbox outbox;
  const Deps deps;
  UiaSessions uia{deps};

  Passwords passwords{deps};
  Sessions sessions{deps};
  Registration registration{deps, passwords, sessions, uia};
  accounts::Login login{deps, passwords, sessions};
  Devices devices{deps};
  Credentials credentials{deps, passwords, devices, uia};
  OpenId openid{deps};
  AccountData account_data{deps};
  Filters filters{deps};
  PushRules push_rules{deps};
  Pushers pushers{deps};
  ToDevice to_device;
  DeviceKeys device_keys{deps};
  KeyQuery key_query{deps};
  RemoteDevices remote_devices;
  CrossSigning cross_signing{deps, credentials};
  Signatures signatures{deps};
  KeyBackup key_backup{deps};
  Admin admin{deps};
  Memberships memberships{deps};
  SyncView sync_view{deps, to_device};
  Follower follower;
};

}  // namespace parley::accounts
