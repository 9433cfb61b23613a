#include "services/parley/doctor/report.h"

#include <iomanip>
#include <ostream>

namespace parley::doctor {

void Report::Good(std::string_view about, std::string_view what) {
  Write("ok", about, what, "");
}

void Report::Note(std::string_view about, std::string_view what, std::string_view advice) {
  ++notes_;
  Write("note", about, what, advice);
}

void Report::Bad(std::string_view about, std::string_view what, std::string_view advice) {
  ++faults_;
  Write("BAD", about, what, advice);
}

void Report::Write(std::string_view mark, std::string_view about, std::string_view what,
                   std::string_view advice) {
  out_ << std::left << std::setw(5) << mark << std::setw(12) << about << what << "\n";
  if (!advice.empty()) out_ << std::string(5 + 12, ' ') << "→ " << advice << "\n";
  out_ << std::flush;
}

}  // namespace parley::doctor
