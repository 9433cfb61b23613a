#include "services/parley/doctor/doctor.h"

#include <ostream>

#include "services/parley/doctor/checks.h"

namespace parley::doctor {

int Examine(const Config& config, std::ostream& out) {
  Report report(out);
  for (const auto check : {CheckDataFolder, CheckSigningKey, CheckDatabase, CheckRedis,
                           CheckFederation, CheckClients, CheckTurn, CheckClock}) {
    check(config, report);
  }
  out << report.faults() << " faults, " << report.notes() << " notes\n";
  return report.faults();
}

}  // namespace parley::doctor
