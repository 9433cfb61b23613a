#pragma once

namespace parley {

// Turns SIGTERM and SIGINT into something main() waits for, and ignores SIGPIPE. Make it before any thread: threads
// inherit that these signals are blocked. A second signal while the process stops ends it at once.
class StopSignal {
 public:
  StopSignal();

  // Blocks until one of them comes, or Raise is called; returns its number.
  int Wait();

  // True when one of them has come and nobody has waited for it yet. Any thread.
  static bool Pending();

  // As if SIGTERM had come. Any thread.
  static void Raise();
};

}  // namespace parley
