"""Images that commands of docker, podman and nerdctl fetch, and those that they make.

Options: https://docs.docker.com/reference/cli/docker/, https://docs.podman.io/en/stable/Commands.html,
https://github.com/containerd/nerdctl/blob/main/docs/command-reference.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lockgate.checks.pins.arguments import parsed
from lockgate.inputs.containers.build import Image
from lockgate.inputs.shell import UNKNOWN, Command, Word

_TOOLS = frozenset({"docker", "podman", "nerdctl"})
_MAKING = frozenset({"build", "tag", "commit", "import"})
_GROUPS = frozenset({"container", "image", "builder", "buildx"})
_GLOBAL = frozenset(
    """
    --config -c --context -H --host -l --log-level --tlscacert --tlscert --tlskey --builder --connection --identity --root
    --runroot --storage-driver --storage-opt --url --tmpdir --cgroup-manager -n --namespace -a --address --snapshotter
    --data-root --cni-path --cni-netconfpath --hosts-dir
    """.split()  # noqa: SIM905 - words read better so
)
_RUN_VALUED = frozenset(
    """
    --add-host --annotation -a --attach --blkio-weight --blkio-weight-device --cap-add --cap-drop --cgroup-parent --cgroupns
    --cidfile --cpu-count --cpu-percent --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime -c --cpu-shares --cpus
    --cpuset-cpus --cpuset-mems --detach-keys --device --device-cgroup-rule --device-read-bps --device-read-iops
    --device-write-bps --device-write-iops --dns --dns-opt --dns-option --dns-search --domainname --entrypoint -e --env
    --env-file --expose --gpus --group-add --health-cmd --health-interval --health-retries --health-start-interval
    --health-start-period --health-timeout -h --hostname --io-maxbandwidth --io-maxiops --ip --ip6 --ipc --isolation
    --kernel-memory -l --label --label-file --link --link-local-ip --log-driver --log-opt --mac-address -m --memory
    --memory-reservation --memory-swap --memory-swappiness --mount --name --net --net-alias --network --network-alias
    --oom-score-adj --pid --pids-limit --platform -p --publish --pull --restart --runtime --security-opt --shm-size
    --stop-signal --stop-timeout --storage-opt --sysctl --tmpfs --ulimit -u --user --userns --uts -v --volume
    --volume-driver --volumes-from -w --workdir --arch --authfile --cert-dir --cgroup-conf --chrootdirs --conmon-pidfile
    --creds --decryption-key --env-merge --gidmap --gpu --hooks-dir --hosts-file --image-volume --init-path --os --passwd-entry
    --personality --pidfile --pod --pod-id-file --preserve-fd --preserve-fds --requires --retry --retry-delay --sdnotify
    --seccomp-policy --secret --shm-size-systemd --subgidname --subuidname --timeout --tz --uidmap --umask --unsetenv
    --variant --verify --cosign-key --cosign-certificate-identity --cosign-certificate-oidc-issuer --ipfs-address --cgroups
    --group-entry --health-on-failure --health-log-destination --health-max-log-count --health-max-log-size --health-startup-cmd
    --health-startup-interval --health-startup-retries --health-startup-success --health-startup-timeout --hostuser --rdt-class
    --systemd
    """.split()  # noqa: SIM905 - words read better so
)
_BUILD_VALUED = frozenset(
    """
    --add-host --allow --annotation --attest --build-arg --build-context --builder --cache-from --cache-to --call
    --cgroup-parent -c --cpu-period --cpu-quota --cpu-shares --cpuset-cpus --cpuset-mems -f --file --format --iidfile
    --isolation --label --layer-label -m --memory --memory-swap --metadata-file --network --no-cache-filter -o --output
    --platform --progress --sbom --secret --security-opt --shm-size --ssh -t --tag --target --ulimit -v --volume --authfile
    --creds --ignorefile --jobs --logfile --manifest --os --retry --runtime --timestamp --userns -a --author --change
    --message -p
    """.split()  # noqa: SIM905 - words read better so
)
_NAME = re.compile(r"(?:docker://)?[a-z0-9][\w.:/-]*(?:@[\w.+-]+:[0-9a-f]+)?")
_DEFAULT_HOST = re.compile(r"\A(?:docker://)?(?:(?:index\.)?docker\.io/)?(?:library/)?")


def own(commands: Iterable[Command], names: Iterable[str]) -> frozenset[str]:
    """The full names of the images that commands build, tag or commit, and of those that have one of `names`."""
    found = set(names)
    for command in commands:
        action, words = _action(command)
        if action not in _MAKING:
            continue
        arguments = parsed(words, _BUILD_VALUED - ({"-p"} if action == "commit" else set()))
        if action == "build":
            found |= {word.text for word in arguments.values("-t", "--tag")}
        else:
            found |= {word.text for word in arguments.operands[1:]}
    return frozenset(map(_full, found))


def fetched(commands: Iterable[Command], known: frozenset[str]) -> Iterator[Image]:
    """The images that the commands of one file fetch, but of `known` ones, and what may have been loaded from a file."""
    is_loaded = False
    for command in commands:
        action, words = _action(command)
        is_loaded = is_loaded or action in {"load", "import"}
        for word in _images(action, words) if not is_loaded or action == "pull" else ():
            full = _full(word.text)
            with_any_tag = f"{full.rpartition(':')[0]}:{UNKNOWN}"
            if _NAME.fullmatch(word.text) and full not in known and with_any_tag not in known:
                yield Image(word.text, word.at)


def _action(command: Command) -> tuple[str, tuple[Word, ...]]:
    """What docker or one of its kind is to do, and the words behind that."""
    if command.name not in _TOOLS:
        return "", ()
    words = parsed(command.arguments, _GLOBAL, first=True).operands
    if words and words[0].text in _GROUPS:
        words = parsed(words[1:], _GLOBAL, first=True).operands
    return (words[0].text, words[1:]) if words else ("", ())


def _images(action: str, words: tuple[Word, ...]) -> tuple[Word, ...]:
    """What is fetched where it is not there."""
    if action not in {"run", "create", "pull"}:
        return ()
    if action == "pull":
        return parsed(words, _RUN_VALUED - {"-a"}).operands
    arguments = parsed(words, _RUN_VALUED, first=True)
    is_there = arguments.has("--rootfs") or any(word.text == "never" for word in arguments.values("--pull"))
    return () if is_there else arguments.operands[:1]


def _full(name: str) -> str:
    """A name with its tag (UNKNOWN where that is not known) and without what may be left out."""
    bare = _DEFAULT_HOST.sub("", name, count=1)
    folder, slash, last = bare.rpartition("/")
    repository, _, tag = last.partition(":")
    return f"{folder}{slash}{repository}:{UNKNOWN if UNKNOWN in tag or '$' in tag else tag or 'latest'}"
