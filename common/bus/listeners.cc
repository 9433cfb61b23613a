#include "common/bus/listeners.h"

#include <utility>

namespace parley::bus {

class Listeners::Registration final : public Subscription {
 public:
  Registration(Listeners& listeners, Listener listener)
      : listeners_(listeners), listener_(std::move(listener)) {
    listeners_.Insert(listener_);
  }
  ~Registration() override { listeners_.Remove(listener_); }

 private:
  Listeners& listeners_;
  const Listener listener_;
};

Bus::SubscriptionPtr Listeners::Add(Listener listener) {
  return std::make_unique<Registration>(*this, std::move(listener));
}

void Listeners::Insert(const Listener& listener) {
  {
    absl::MutexLock lock(&mutex_);
    everyone_.insert(&listener);
    if (listener.interest.all) all_topics_.insert(&listener);
    for (const Topic& topic : listener.interest.topics) by_topic_[topic].insert(&listener);
  }
  on_change_();
}

void Listeners::Remove(const Listener& listener) {
  {
    absl::MutexLock lock(&mutex_);
    everyone_.erase(&listener);
    all_topics_.erase(&listener);
    for (const Topic& topic : listener.interest.topics) {
      const auto found = by_topic_.find(topic);
      if (found == by_topic_.end()) continue;
      found->second.erase(&listener);
      if (found->second.empty()) by_topic_.erase(found);
    }
  }
  on_change_();
}

void Listeners::Deliver(const Wake& wake) const {
  absl::ReaderMutexLock lock(&mutex_);
  for (const Listener* listener : all_topics_) listener->on_wake(wake);
  const auto found = by_topic_.find(Topic{std::string(wake.service), wake.partition});
  if (found == by_topic_.end()) return;
  for (const Listener* listener : found->second) listener->on_wake(wake);
}

void Listeners::Deliver(const Heartbeat& heartbeat) const {
  absl::ReaderMutexLock lock(&mutex_);
  for (const Listener* listener : everyone_) {
    if (listener->on_heartbeat) listener->on_heartbeat(heartbeat);
  }
}

void Listeners::Reconnected() const {
  absl::ReaderMutexLock lock(&mutex_);
  for (const Listener* listener : everyone_) {
    if (listener->on_reconnect) listener->on_reconnect();
  }
}

Interest Listeners::Wanted() const {
  absl::ReaderMutexLock lock(&mutex_);
  Interest wanted;
  wanted.all = !all_topics_.empty();
  for (const auto& [topic, listeners] : by_topic_) wanted.topics.push_back(topic);
  return wanted;
}

}  // namespace parley::bus
