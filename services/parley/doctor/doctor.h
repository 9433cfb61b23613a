#pragma once

#include <iosfwd>

#include "services/parley/config.h"

namespace parley::doctor {

// `parley doctor`: looks at everything that a deployment rests on as the server itself would, while
// it runs or not, and says what to do. It changes nothing. Returns how many faults it found.
//
// `config`: after Complete(). Takes some seconds when something does not answer.
int Examine(const Config& config, std::ostream& out);

}  // namespace parley::doctor
