"""Users and rooms, made many at a time."""

import asyncio

from .http import User

AT_ONCE = 32


async def in_parallel(work, items):
    """work(item) for each, AT_ONCE at a time."""
    queue = iter(items)

    async def run():
        for item in queue:
            await work(item)

    await asyncio.gather(*(run() for _ in range(AT_ONCE)))


async def register(url, count):
    users = [User(url) for _ in range(count)]

    async def make(number):
        await users[number].register(f"user-{number}")
        users[number].http.close()  # connections are for those who are there

    await in_parallel(make, range(count))
    return users


def second_connections(users):
    """The same people on connections of their own, to send by while they listen."""
    senders = []
    for user in users:
        sender = User(user.url)
        sender.user_id, sender.token = user.user_id, user.token
        senders.append(sender)
    return senders


async def join(room, users):
    async def one(user):
        await user.join(room)
        user.http.close()

    await in_parallel(one, users)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
