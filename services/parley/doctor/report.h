#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace parley::doctor {

// What was found, a line each, written as it is found. Threads: one.
class Report {
 public:
  explicit Report(std::ostream& out) : out_(out) {}

  // As it should be.
  void Good(std::string_view about, std::string_view what);
  // It works, and could be better.
  void Note(std::string_view about, std::string_view what, std::string_view advice);
  // Something does not work, or may lose something.
  void Bad(std::string_view about, std::string_view what, std::string_view advice);

  int notes() const { return notes_; }
  int faults() const { return faults_; }

 private:
  void Write(std::string_view mark, std::string_view about, std::string_view what,
             std::string_view advice);

  std::ostream& out_;
  int notes_ = 0;
  int faults_ = 0;
};

}  // namespace parley::doctor
