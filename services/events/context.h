#pragma once

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/bus/bus.h"
#include "common/crypto/sign.h"
#include "common/store/store.h"
#include "common/stream/writer.h"
#include "services/events/config.h"
#include "services/events/outbox.h"
#include "services/events/room_cache.h"

namespace parley::accounts {
class AccountsService;
}
namespace parley::federation {
class FederationService;
}

namespace parley::events {

class EventsService;
class RoomFederationService;
class AliasLanes;
class DeviceChangeMarks;
class ErasedUsers;
class Graph;
class KeyCache;
class RoomJoins;

// What the parts of this service work with. Everything outlives them.
struct Context {
  const Config& config;
  store::Store& store;
  stream::Streams& streams;
  const crypto::SigningKey& signing_key;
  const Clock& clock;
  Rng& rng;
  RoomCache& rooms;
  Outbox& outbox;
  accounts::AccountsService& accounts;
  AliasLanes& alias_lanes;
  DeviceChangeMarks& device_changes;
  ErasedUsers& erased;
  bus::Bus& bus;
  // Lead to whichever process owns what is asked for.
  EventsService& owners;
  RoomFederationService& room_owners;
  federation::FederationService* federation;  // null: this server knows no other
  KeyCache& keys;
  RoomJoins& room_joins;
  Graph& graph;
};

}  // namespace parley::events
