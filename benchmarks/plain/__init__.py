"""The plainest expression of each fusion, in a framework's own operations.

A function for each, by the name of its class. It takes the fusion, whose weights it uses, and a
list of features, and gives what the fusion gives.
"""

# A fusion of another fusion takes the time of that.
WITHOUT = {"LocalFusion", "StandInFusion"}
