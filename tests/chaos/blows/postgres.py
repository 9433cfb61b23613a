"""PostgreSQL ends, is killed, fails over, is slow, refuses."""

import os
import signal

from ..load import clock

# Every tenth transaction that moves a stream is told to come again.
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF random() < 0.1 THEN RAISE EXCEPTION 'chaos' USING ERRCODE = 'serialization_failure'; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON streams FOR EACH STATEMENT EXECUTE FUNCTION refuse();
"""
REFUSE_NO_MORE = "DROP FUNCTION refuse CASCADE"


def restarted(it, load):
    return broken(it, load, it.restart_postgres)


def killed(it, load):
    """The postmaster, at once, with SIGKILL."""
    return broken(it, load, lambda: it.restart_postgres(signal.SIGKILL))


def backend_killed(it, load):
    """One of its processes: then it throws all out and recovers by itself."""

    def kill():
        (pid,) = it.ask(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'parley' LIMIT 1"
        )
        os.kill(int(pid), signal.SIGKILL)

    return broken(it, load, kill)


def failed_over(it, load):
    """It is killed, and its synchronous standby takes its place."""

    def fail_over():
        it.signal("postgres", signal.SIGKILL)
        it.promote()

    return broken(it, load, fail_over)


def broken(it, load, blow):
    begin = clock()
    blow()
    back = clock() - begin
    load.wait_for(10)
    load.excuse(begin)
    it.wait_for_all_owners()
    wait = load.longest_wait(begin)
    return lambda _: (
        f"PostgreSQL was back after {back:.2f} s, everybody went on after {wait:.2f} s, "
        f"{len(load.failures)} requests repeated"
    )


def refuses(it, load):
    """A tenth of the transactions fail to be serialized."""
    it.ask(REFUSE)
    try:
        load.wait_for(50)
    finally:
        it.ask(REFUSE_NO_MORE)
    assert not load.failures, f"{len(load.failures)} failed, first: {load.failures[0]}"
    return lambda _: f"no request failed, longest wait {load.longest_wait():.2f} s"


def slow(it, load):
    """Each of its answers comes 200 ms late."""
    begin = clock()
    it.postgres_proxy.back.delay = 0.2
    load.wait_for(10)
    it.postgres_proxy.back.delay = 0.0
    load.wait_for(5)
    load.excuse(begin)
    assert not load.failures, f"{len(load.failures)} failed, first: {load.failures[0]}"
    return lambda _: f"no request failed, longest wait {load.longest_wait(begin):.2f} s"
