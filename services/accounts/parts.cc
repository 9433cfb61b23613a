#include "services/accounts/parts.h"

#include "services/accounts/tables/outbox.h"

namespace parley::accounts {

void Service::Parts::CreateProfileOf(const UserId& user) {
  const Partition partition = cache.PartitionOfUser(user);
  const tables::Job job{partition, std::string(tables::kCreateProfileJob), user.str(), changes.Head(partition)};
  if (!follower.Run(job).ok()) outbox.Kick(partition);
}

}  // namespace parley::accounts
