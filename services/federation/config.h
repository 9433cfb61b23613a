#pragma once

#include <cstdint>
#include <string>

namespace parley::federation {

// All options of the service.
struct Config {
  std::string server_name = "localhost";
  uint32_t partitions = 256;
};

}  // namespace parley::federation
