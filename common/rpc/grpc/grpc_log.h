#pragma once

namespace parley::rpc {

// Makes what the gRPC library says lines of our own log. Once, before the first channel or server.
void LogThroughOurs();

}  // namespace parley::rpc
