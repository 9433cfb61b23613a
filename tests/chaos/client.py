"""One user of the load, who may ask any gateway."""

import threading

import requests

ANSWER_SECONDS = 35  # the server's own limit is 30 s


class Refused(requests.RequestException):
    """The server answered, but not with 200."""

    def __init__(self, answer):
        super().__init__(f"{answer.status_code} {answer.text[:200]}")
        self.status = answer.status_code


class Client:
    def __init__(self, url, name):
        self._sessions = threading.local()
        self.token = None
        body = {"username": name, "password": "p", "auth": {"type": "m.login.dummy"}}
        answer = self.call(url, "POST", "/register", body)
        self.token, self.user = answer["access_token"], answer["user_id"]

    def call(self, url, method, path, body=None, seconds=ANSWER_SECONDS, **query):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{url}/_matrix/client/v3{path}"
        options = {"json": body, "params": query, "headers": headers, "timeout": seconds}
        answer = self._session().request(method, url, **options)
        if answer.status_code != 200:
            raise Refused(answer)
        return answer.json()

    def send(self, url, room, transaction):
        path = f"/rooms/{room}/send/m.room.message/{transaction}"
        body = {"msgtype": "m.text", "body": transaction}
        return self.call(url, "PUT", path, body)["event_id"]

    def tell(self, url, user, number):
        content = {user: {"*": {"from": self.user, "n": number}}}
        path = f"/sendToDevice/org.example.count/{number}"
        self.call(url, "PUT", path, {"messages": content})

    def keep(self, url, number):
        self.call(url, "PUT", self._kept(), {"n": number})

    def kept(self, url):
        return self.call(url, "GET", self._kept())["n"]

    def rename(self, url, number):
        body = {"displayname": name_of(number)}
        self.call(url, "PUT", f"/profile/{self.user}/displayname", body)

    def name(self, url):
        path = f"/profile/{self.user}/displayname"
        return number_of(self.call(url, "GET", path).get("displayname"))

    def name_in(self, url, room):
        path = f"/rooms/{room}/state/m.room.member/{self.user}"
        return number_of(self.call(url, "GET", path).get("displayname"))

    def page(self, url, room, direction, start):
        query = {"dir": direction, "limit": 100} | ({"from": start} if start else {})
        return self.call(url, "GET", f"/rooms/{room}/messages", **query)

    def sync(self, url, since, wait_ms):
        query = {"timeout": wait_ms, "filter": '{"room":{"timeline":{"limit":50}}}'}
        return self.call(url, "GET", "/sync", **query, **({"since": since} if since else {}))

    def _kept(self):
        return f"/user/{self.user}/account_data/org.example.count"

    # One for each thread; a connection that a server has closed is not used again.
    def _session(self):
        if not hasattr(self._sessions, "session"):
            self._sessions.session = requests.Session()
        return self._sessions.session


def name_of(number):
    return f"name {number}"


def number_of(name):
    """-1: not one of the load's names."""
    return int(name[5:]) if name and name.startswith("name ") else -1
