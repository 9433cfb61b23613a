#include "common/rpc/grpc/grpc_log.h"

#include <grpc/support/log.h>

#include "common/runtime/log.h"

namespace parley::rpc {
namespace {

// What gRPC calls errors are peers that went away: none of ours.
void Forward(gpr_log_func_args* line) {
  if (line->severity != GPR_LOG_SEVERITY_ERROR) return log::Debug("grpc", {{"says", line->message}});
  log::Warning("grpc", {{"says", line->message}});
}

}  // namespace

void LogThroughOurs() { gpr_set_log_function(Forward); }

}  // namespace parley::rpc
