"""config_of.py RENDERED.yaml: prints the parley.yaml of a rendered chart."""
import sys

import yaml

with open(sys.argv[1]) as rendered:
    for document in yaml.safe_load_all(rendered):
        if document and document["kind"] == "ConfigMap" and "parley.yaml" in document["data"]:
            print(document["data"]["parley.yaml"])
            break
