"""The disk is full, and later there is room again."""

from ..load import clock


def full(it, load):
    """Nothing is acknowledged that is not on the disk; what is refused is refused as the server's fault."""
    begin = clock()
    with it.full_disk():
        load.wait_until(lambda: len(load.failures) > 20)
    refused = len(load.failures)
    load.wait_for(10)
    statuses = {text[:3] for _, _, text in load.failures}
    assert statuses <= {"500", "503", "507"}, f"answers were {statuses}"
    wait = load.longest_wait(begin)
    return lambda _: (
        f"{refused} requests were refused ({', '.join(sorted(statuses))}), all were acknowledged later; "
        f"longest wait {wait:.2f} s"
    )
