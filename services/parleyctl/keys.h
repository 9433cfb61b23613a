#pragma once

#include <iosfwd>
#include <string>

#include <absl/status/status.h>

#include "common/base/clock.h"
#include "common/base/rng.h"

namespace parley::ctl {

// Gives a server a new signing key; the old one's public half goes into the file beside it, so that
// what it signed can still be checked. For a server that does not run: FailedPrecondition when one
// uses `data_dir`. `key_path` empty: signing.key in it. Writes the new key's id to `out`.
absl::Status RotateSigningKey(const std::string& data_dir, const std::string& key_path,
                              const Clock& clock, Rng& rng, std::ostream& out);

}  // namespace parley::ctl
