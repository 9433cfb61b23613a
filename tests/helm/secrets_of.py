"""secrets_of.py RENDERED.yaml: every secret that the configuration names as a file is in every pod that reads it."""

import sys

import yaml

FOLDER = "/etc/parley/secrets/"


def files_in(options):
    """The paths of all options that end with _file."""
    for name, value in options.items():
        if isinstance(value, dict):
            yield from files_in(value)
        elif name.endswith("_file"):
            yield value


def mounted(pod):
    """The files that a pod finds in the folder of secrets."""
    (volume,) = [v for v in pod["volumes"] if v["name"] == "secrets"]
    return {FOLDER + i["path"] for s in volume["projected"]["sources"] for i in s["secret"]["items"]}


def main(path):
    with open(path) as rendered:
        documents = [d for d in yaml.safe_load_all(rendered) if d]
    configuration = next(d["data"]["parley.yaml"] for d in documents if "parley.yaml" in d.get("data", {}))
    named = set(files_in(yaml.safe_load(configuration)))
    pods = {d["metadata"]["name"]: d["spec"]["template"]["spec"] for d in documents if d["kind"] in ("Deployment", "Job")}
    readers = {name: pod for name, pod in pods.items() if any(v["name"] == "config" for v in pod["volumes"])}
    assert named and readers
    lacking = {name: sorted(named - mounted(pod)) for name, pod in readers.items() if named - mounted(pod)}
    for name, files in lacking.items():
        print(f"{name} lacks {', '.join(files)}")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
