#include "common/store/postgres/connection.h"

#include <gtest/gtest.h>

#include "common/store/postgres/testing/postgres_server.h"

namespace parley::store::postgres {
namespace {

TEST(PostgresConnection, WhatWasLeftUnansweredWhenTheServerWentIsNotWaitedFor) {
  PostgresServer server;
  const auto connection =
      *Connection::Open({.host = server.host(), .database = "postgres", .user = "parley"});
  ASSERT_TRUE(connection->Queue("SELECT pg_sleep(60)").ok());
  ASSERT_TRUE(connection->Leave().ok());
  server.Kill();
  EXPECT_TRUE(absl::IsUnavailable(connection->Ask("SELECT 1").status()));
  EXPECT_FALSE(connection->usable());
}

}  // namespace
}  // namespace parley::store::postgres
