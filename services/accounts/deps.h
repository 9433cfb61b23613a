#pragma once

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/store/store.h"
#include "services/accounts/account_cache.h"
#include "services/accounts/changes.h"
#include "services/accounts/config.h"
#include "services/accounts/outbox.h"

namespace parley::accounts {

class AccountsService;

// What every part of the service stands on. The service owns it and keeps it alive longer than the parts.
struct Deps {
  const Config& config;
  const Clock& clock;
  Rng& rng;
  store::Store& store;
  AccountCache& accounts;
  Changes& changes;
  Outbox& outbox;
  // Lead to whichever process owns what is asked for.
  AccountsService& owners;
};

}  // namespace parley::accounts
