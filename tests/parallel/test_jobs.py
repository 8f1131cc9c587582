"""The files of jobs for clusters: checked as far as that goes without a cluster."""

import ast
import re
import shlex
import shutil
import subprocess

import pytest
import yaml

from scripts.notebooks import ROOT

JOBS = ROOT / "benchmarks" / "jobs"
SBATCH, MANIFEST, RAY = (JOBS / name for name in ("train.sbatch", "train.yaml", "train_ray.py"))


def torchrun(arguments):
    """Read by torchrun's own parser, which exits on what it does not know."""
    run = pytest.importorskip("torch.distributed.run")
    return run.parse_args(arguments)


def slurm():
    """The call of torchrun, its variables filled in, and the options of the job."""
    text = SBATCH.read_text(encoding="utf-8")
    options = dict(re.findall(r"^#SBATCH --([\w-]+)=?(.*)$", text, re.M))
    srun, call = re.search(r"^srun (.*)\\\n +(torchrun (?:.*\\\n)*.*)", text, re.M).groups()
    assert srun.strip() == '--cpus-per-task="$SLURM_CPUS_PER_TASK"' and options["cpus-per-task"]
    call = call.replace("\\\n", " ")
    filled = {"$SLURM_NNODES": options["nodes"], "$SLURM_JOB_ID": "7", "$meet": "node0"}
    for name, value in filled.items():
        call = call.replace(name, value)
    assert "$" not in call
    return options, shlex.split(call)


def manifests():
    return {one["kind"]: one for one in yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8"))}


def test_the_shell_reads_the_job_for_slurm():
    if not shutil.which("bash"):
        pytest.skip("needs bash")
    done = subprocess.run(["bash", "-n", SBATCH], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_torchrun_reads_what_slurm_hands_it():
    options, (program, *arguments) = slurm()
    found = torchrun(arguments)
    assert program == "torchrun" and options["ntasks-per-node"] == "1"
    assert (found.nnodes, found.nproc_per_node) == (options["nodes"], options["gpus-per-node"])
    assert found.training_script == "train.py" and found.rdzv_endpoint == "node0:29500"
    assert found.max_restarts > 0 and found.rdzv_backend == "c10d" and "requeue" in options


def test_the_job_for_kubernetes_fits_together():
    service, job = manifests()["Service"], manifests()["Job"]
    assert (service["apiVersion"], job["apiVersion"]) == ("v1", "batch/v1")
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    assert spec.keys() == {
        "completions", "parallelism", "completionMode", "backoffLimit", "template",
    }  # fmt: skip
    assert spec["completions"] == spec["parallelism"] and spec["completionMode"] == "Indexed"
    # Pods are found by the name of a service that has no address of its own.
    name = service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None" and pod["subdomain"] == name
    assert service["spec"]["selector"] == {"job-name": job["metadata"]["name"]}
    (container,) = pod["containers"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    assert pod["restartPolicy"] in ("OnFailure", "Never")  # what a job may have


def test_torchrun_reads_what_kubernetes_hands_it():
    service, job = manifests()["Service"], manifests()["Job"]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    program, *arguments = container["command"]
    found = torchrun(arguments)
    assert program == "torchrun" and int(found.nnodes) == job["spec"]["parallelism"]
    assert int(found.nproc_per_node) == container["resources"]["limits"]["nvidia.com/gpu"]
    (port,) = service["spec"]["ports"]
    meet = f"{job['metadata']['name']}-0.{service['metadata']['name']}:{port['port']}"
    assert found.rdzv_endpoint == meet


def test_the_two_ask_for_the_same():
    _, (_, *of_slurm) = slurm()
    (container,) = manifests()["Job"]["spec"]["template"]["spec"]["containers"]
    one, other = torchrun(of_slurm), torchrun(container["command"][1:])
    for name in ("nnodes", "nproc_per_node", "max_restarts", "rdzv_backend", "training_script"):
        assert getattr(one, name) == getattr(other, name)


def test_torchrun_refuses_what_it_does_not_know():
    with pytest.raises(SystemExit):
        torchrun(["--procs-per-node=8", "train.py"])


def test_the_job_for_ray_asks_for_as_many_workers():
    tree = ast.parse(RAY.read_text(encoding="utf-8"))
    given = {
        keyword.arg: keyword.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if isinstance(keyword.value, ast.Constant)
    }
    found = torchrun(slurm()[1][1:])
    assert given["num_workers"] == int(found.nnodes) * int(found.nproc_per_node)
    assert given["max_failures"] == found.max_restarts


def test_the_page_shows_lines_of_the_job_for_slurm():
    page = (ROOT / "notebooks" / "practice" / "scaling_in_depth.md").read_text(encoding="utf-8")
    shown = re.search(r"```bash\n(.*?)```", page, re.S)[1].replace("\\\n", " ").split()
    whole = SBATCH.read_text(encoding="utf-8").replace("\\\n", " ").split()
    assert set(shown) <= set(whole)
