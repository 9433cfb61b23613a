#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

// Two faults of g++ 12, and that our ways around them hold:
// - A capturing lambda that is a temporary inside a co_await expression is destroyed twice. We name the lambda first, or
//   pass values as parameters.
// - In a coroutine whose outermost block declares nothing, a co_await in a condition (`while (co_await More())`,
//   `if (!co_await More())`) shifts the frame by a word, at -O0 and -O2: every parameter is then read from the wrong
//   place. We give the result a name, and test the name.
namespace parley::http {
namespace {

namespace asio = boost::asio;

int live = 0;

struct Counted {
  Counted() { ++live; }
  Counted(const Counted&) { ++live; }
  Counted(Counted&&) noexcept { ++live; }
  ~Counted() { --live; }
};

asio::awaitable<void> Inner(Counted counted) { co_return; }

asio::awaitable<void> NameTheLambda() {
  Counted counted;
  auto lambda = [counted]() -> asio::awaitable<void> { co_return; };
  co_await asio::co_spawn(co_await asio::this_coro::executor, lambda, asio::use_awaitable);
}

asio::awaitable<void> PassAParameter() {
  Counted counted;
  co_await Inner(counted);
}

class Countdown {
 public:
  asio::awaitable<void> Run() {
    bool more = true;
    while (more) {
      more = co_await More();
    }
    co_await Finish();
  }

  asio::awaitable<void> RunWithABreak() {
    while (true) {
      const bool more = co_await More();
      if (!more) break;
    }
    co_await Finish();
  }

  int left = 3;
  bool finished = false;

 private:
  asio::awaitable<bool> More() { co_return --left > 0; }
  asio::awaitable<void> Finish() {
    finished = true;
    co_return;
  }
};

void RunToTheEnd(asio::awaitable<void> coroutine) {
  asio::io_context io;
  asio::co_spawn(io, std::move(coroutine), asio::detached);
  io.run();
}

TEST(CoroutineGuard, ANamedLambdaIsDestroyedOnce) {
  RunToTheEnd(NameTheLambda());
  EXPECT_EQ(live, 0);
}

TEST(CoroutineGuard, AParameterIsDestroyedOnce) {
  RunToTheEnd(PassAParameter());
  EXPECT_EQ(live, 0);
}

TEST(CoroutineGuard, ANamedResultKeepsTheFrameInPlace) {
  Countdown first, second;
  RunToTheEnd(first.Run());
  RunToTheEnd(second.RunWithABreak());
  EXPECT_TRUE(first.finished && first.left == 0);
  EXPECT_TRUE(second.finished && second.left == 0);
}

}  // namespace
}  // namespace parley::http
