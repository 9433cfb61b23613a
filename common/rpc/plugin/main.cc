// The protoc plugin that turns `service Accounts` of proto/parley/accounts/v1/accounts.proto into accounts.parley.{h,cc}:
//   parley::accounts::AccountsService    the interface, which the service implements
//   parley::accounts::AccountsClient     the same interface over an rpc::Channel
//   parley::accounts::AccountsLink       the same interface around another, telling an rpc::Observer
//   parley::accounts::AccountsPassing    passes every call on: what caches and such derive from
//   parley::accounts::AccountsFake       answers Unimplemented to everything: what fakes in tests derive from
//   parley::accounts::Serve              puts all methods into an rpc::Dispatcher
// Messages and enums are aliased from parley::accounts::v1 into parley::accounts.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/compiler/code_generator.h>
#include <google/protobuf/compiler/plugin.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/printer.h>
#include <google/protobuf/io/zero_copy_stream.h>

namespace {

namespace pb = google::protobuf;
using Vars = std::map<std::string, std::string>;

std::string Replace(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

std::string WithoutProto(const std::string& file) { return file.substr(0, file.rfind(".proto")); }

bool IsOurs(const pb::FileDescriptor& file) { return file.package().rfind("parley.", 0) == 0; }

// parley.accounts.v1 -> parley::accounts
std::string Namespace(const pb::FileDescriptor& file) {
  return Replace(file.package().substr(0, file.package().rfind('.')), ".", "::");
}

// parley.accounts.v1 -> accounts
std::string Area(const pb::FileDescriptor& file) {
  const std::string text = file.package().substr(0, file.package().rfind('.'));
  return text.substr(text.rfind('.') + 1);
}

// parley.accounts.v1 -> v1
std::string Version(const pb::FileDescriptor& file) { return file.package().substr(file.package().rfind('.') + 1); }

std::string TypeName(const pb::Descriptor& message) { return "::" + Replace(message.full_name(), ".", "::"); }

// Accounts, or AccountsService -> Accounts
std::string BaseName(const pb::ServiceDescriptor& service) {
  const std::string suffix = "Service";
  const std::string& name = service.name();
  const bool has = name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
  return has ? name.substr(0, name.size() - suffix.size()) : name;
}

Vars VarsOf(const pb::ServiceDescriptor& service) {
  return {{"base", BaseName(service)}, {"area", Area(*service.file())}, {"wire", service.full_name()}};
}

Vars VarsOf(const pb::MethodDescriptor& method) {
  Vars vars = VarsOf(*method.service());
  vars["method"] = method.name();
  vars["request"] = TypeName(*method.input_type());
  vars["response"] = TypeName(*method.output_type());
  return vars;
}

std::string CommentsOf(const pb::MethodDescriptor& method) {
  pb::SourceLocation location;
  if (!method.GetSourceLocation(&location)) return "";
  std::string text = location.leading_comments;
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text.empty() ? "" : "  //" + Replace(text, "\n", "\n  //") + "\n";
}

template <class Function>
void ForEachMethod(const pb::ServiceDescriptor& service, Function function) {
  for (int i = 0; i < service.method_count(); ++i) function(*service.method(i));
}

void PrintAliases(const pb::FileDescriptor& file, pb::io::Printer& out) {
  const std::string version = Version(file);
  for (int i = 0; i < file.message_type_count(); ++i) {
    out.Print("using $v$::$name$;\n", "v", version, "name", file.message_type(i)->name());
  }
  for (int i = 0; i < file.enum_type_count(); ++i) {
    const pb::EnumDescriptor& type = *file.enum_type(i);
    out.Print("using $v$::$name$;\n", "v", version, "name", type.name());
    for (int j = 0; j < type.value_count(); ++j) {
      out.Print("using $v$::$name$;\n", "v", version, "name", type.value(j)->name());
    }
  }
}

void PrintInterface(const pb::ServiceDescriptor& service, pb::io::Printer& out) {
  out.Print(VarsOf(service),
            "// Every method may be called from any thread and blocks until it has its answer.\n"
            "class $base$Service {\n public:\n  virtual ~$base$Service() = default;\n\n");
  ForEachMethod(service, [&](const pb::MethodDescriptor& method) {
    out.PrintRaw(CommentsOf(method));
    out.Print(VarsOf(method),
              "  virtual absl::StatusOr<$response$> $method$(const ::parley::rpc::Call& call,\n"
              "      const $request$& request) = 0;\n");
  });
  out.Print("};\n\n");
}

void PrintOverrides(const pb::ServiceDescriptor& service, pb::io::Printer& out) {
  ForEachMethod(service, [&](const pb::MethodDescriptor& method) {
    out.Print(VarsOf(method),
              "  absl::StatusOr<$response$> $method$(const ::parley::rpc::Call& call,\n"
              "      const $request$& request) override;\n");
  });
}

void PrintClasses(const pb::ServiceDescriptor& service, pb::io::Printer& out) {
  out.Print(VarsOf(service),
            "// The service in another process. Borrows the channel.\n"
            "class $base$Client final : public $base$Service {\n public:\n"
            "  explicit $base$Client(::parley::rpc::Channel& channel) : channel_(channel) {}\n\n");
  PrintOverrides(service, out);
  out.Print(VarsOf(service),
            "\n private:\n  ::parley::rpc::Channel& channel_;\n};\n\n"
            "// Passes every call on to the service it is connected to, and tells `observer`. Wiring makes links first and\n"
            "// connects them when all services stand, so that two services may call each other. Borrows both. Before it is\n"
            "// connected every call is Unavailable.\n"
            "class $base$Link final : public $base$Service {\n public:\n"
            "  explicit $base$Link(::parley::rpc::Observer& observer) : observer_(observer) {}\n"
            "  $base$Link($base$Service& inner, ::parley::rpc::Observer& observer) : inner_(&inner), observer_(observer) {}\n\n"
            "  void Connect($base$Service& inner) { inner_ = &inner; }\n\n");
  PrintOverrides(service, out);
  out.Print(VarsOf(service),
            "\n private:\n  std::atomic<$base$Service*> inner_ = nullptr;\n  ::parley::rpc::Observer& observer_;\n};\n\n"
            "// Passes every call on: what derives from it says what it does otherwise. Borrows the service.\n"
            "class $base$Passing : public $base$Service {\n public:\n"
            "  explicit $base$Passing($base$Service& inner) : inner_(inner) {}\n\n");
  PrintOverrides(service, out);
  out.Print(VarsOf(service),
            "\n protected:\n  $base$Service& inner_;\n};\n\n"
            "// Answers Unimplemented to everything: what fakes in tests derive from.\n"
            "class $base$Fake : public $base$Service {\n public:\n");
  PrintOverrides(service, out);
  out.Print(VarsOf(service),
            "};\n\n"
            "// Makes every method of `service` answer through `dispatcher`. Borrows the service.\n"
            "void Serve($base$Service& service, ::parley::rpc::Dispatcher& dispatcher);\n\n");
}

void PrintDefinitions(const pb::ServiceDescriptor& service, pb::io::Printer& out) {
  ForEachMethod(service, [&](const pb::MethodDescriptor& method) {
    out.Print(VarsOf(method),
              "static constexpr ::parley::rpc::Method k$base$$method${\"/$wire$/$method$\", \"$area$.$method$\"};\n\n"
              "absl::StatusOr<$response$> $base$Client::$method$(const ::parley::rpc::Call& call,\n"
              "    const $request$& request) {\n"
              "  return ::parley::rpc::Invoke<$response$>(channel_, k$base$$method$, call, request);\n}\n\n"
              "absl::StatusOr<$response$> $base$Link::$method$(const ::parley::rpc::Call& call,\n"
              "    const $request$& request) {\n"
              "  $base$Service* const inner = inner_;\n"
              "  if (inner == nullptr) return absl::UnavailableError(\"$area$ does not run yet\");\n"
              "  return ::parley::rpc::Observe(observer_, k$base$$method$,\n"
              "                                [&] { return inner->$method$(call, request); });\n}\n\n"
              "absl::StatusOr<$response$> $base$Passing::$method$(const ::parley::rpc::Call& call,\n"
              "    const $request$& request) {\n"
              "  return inner_.$method$(call, request);\n}\n\n"
              "absl::StatusOr<$response$> $base$Fake::$method$(const ::parley::rpc::Call&, const $request$&) {\n"
              "  return absl::UnimplementedError(\"$area$.$method$\");\n}\n\n");
  });
  out.Print(VarsOf(service), "void Serve($base$Service& service, ::parley::rpc::Dispatcher& dispatcher) {\n");
  ForEachMethod(service, [&](const pb::MethodDescriptor& method) {
    out.Print(VarsOf(method), "  dispatcher.Add(k$base$$method$, service, &$base$Service::$method$);\n");
  });
  out.Print("}\n\n");
}

class Generator final : public pb::compiler::CodeGenerator {
 public:
  uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }

  bool Generate(const pb::FileDescriptor* file, const std::string&, pb::compiler::GeneratorContext* context,
                std::string* error) const override {
    if (!IsOurs(*file)) {
      *error = "the package is not parley.<area>.<version>";
      return false;
    }
    if (!HasOnlyUnaryMethods(*file, error)) return false;
    const std::string stem = WithoutProto(file->name());
    PrintHeader(*file, stem, *context);
    PrintSource(*file, stem, *context);
    return true;
  }

 private:
  static bool HasOnlyUnaryMethods(const pb::FileDescriptor& file, std::string* error) {
    for (int i = 0; i < file.service_count(); ++i) {
      for (int j = 0; j < file.service(i)->method_count(); ++j) {
        const pb::MethodDescriptor& method = *file.service(i)->method(j);
        if (!method.client_streaming() && !method.server_streaming()) continue;
        *error = method.full_name() + ": streams have no place in the interface; make it unary";
        return false;
      }
    }
    return true;
  }

  static void PrintHeader(const pb::FileDescriptor& file, const std::string& stem,
                          pb::compiler::GeneratorContext& context) {
    std::unique_ptr<pb::io::ZeroCopyOutputStream> stream(context.Open(stem + ".parley.h"));
    pb::io::Printer out(stream.get(), '$');
    out.Print("// Generated from $file$. Do not edit.\n#pragma once\n\n#include <atomic>\n\n#include <absl/status/statusor.h>\n\n", "file",
              file.name());
    for (const char* header : {"call", "channel", "dispatcher", "observer"}) {
      out.Print("#include \"common/rpc/$header$.h\"\n", "header", header);
    }
    out.Print("#include \"$stem$.pb.h\"\n", "stem", stem);
    for (int i = 0; i < file.dependency_count(); ++i) {
      if (!IsOurs(*file.dependency(i))) continue;
      out.Print("#include \"$stem$.parley.h\"\n", "stem", WithoutProto(file.dependency(i)->name()));
    }
    out.Print("\nnamespace $ns$ {\n\n", "ns", Namespace(file));
    PrintAliases(file, out);
    out.Print("\n");
    for (int i = 0; i < file.service_count(); ++i) {
      PrintInterface(*file.service(i), out);
      PrintClasses(*file.service(i), out);
    }
    out.Print("}  // namespace $ns$\n", "ns", Namespace(file));
  }

  static void PrintSource(const pb::FileDescriptor& file, const std::string& stem,
                          pb::compiler::GeneratorContext& context) {
    std::unique_ptr<pb::io::ZeroCopyOutputStream> stream(context.Open(stem + ".parley.cc"));
    pb::io::Printer out(stream.get(), '$');
    out.Print("// Generated from $file$. Do not edit.\n#include \"$stem$.parley.h\"\n\nnamespace $ns$ {\n\n", "file",
              file.name(), "stem", stem, "ns", Namespace(file));
    for (int i = 0; i < file.service_count(); ++i) PrintDefinitions(*file.service(i), out);
    out.Print("}  // namespace $ns$\n", "ns", Namespace(file));
  }
};

}  // namespace

int main(int argc, char** argv) {
  const Generator generator;
  return pb::compiler::PluginMain(argc, argv, &generator);
}
