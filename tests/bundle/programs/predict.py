"""A process of its own: what a bundle says of rows given as JSON. Prints the answer as JSON."""

import json
import sys

from mmref.bundle import predict

asked = json.loads(sys.argv[1])
found = predict(**asked)
other = {"torch": "keras", "keras": "torch"}[asked["framework"]]
weights = found.weights and {m: share.tolist() for m, share in found.weights.items()}
answer = {
    "labels": found.labels,
    "probabilities": found.probabilities.tolist(),
    "weights": weights,
    "other framework": f"mmref.{other}" in sys.modules,
}
print(json.dumps(answer))
