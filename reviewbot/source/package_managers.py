"""The package managers that images are built with: their verbs, and their options that take a value.

From the manual page or the reference of each.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping

from msgspec import Struct


class Action(enum.Enum):
    """What a package manager is asked to do, whatever it calls it."""

    INSTALL = "install"
    """Packages that are named."""
    RESTORE = "restore"
    """What the project declares: ``npm ci``, ``bundle install``, ``uv sync``."""
    REFRESH = "refresh"
    """The index of packages: ``apt-get update``."""
    UPGRADE = "upgrade"
    """What is installed already."""
    REMOVE = "remove"
    CLEAN = "clean"
    """Its own caches."""
    OTHER = "other"


class Manager(Struct, frozen=True):
    """A package manager: the programs it is called by, its verbs (of one to three words), its valued options.

    ``has_clusters`` tells whether ``-yq`` is ``-y -q``; where not, it is one option of that name.
    """

    name: str
    programs: frozenset[str]
    verbs: Mapping[str, Action]
    valued: frozenset[str]
    has_clusters: bool = True


def _manager(
    name: str,
    programs: str,
    *,
    install: str = "",
    restore: str = "",
    refresh: str = "",
    upgrade: str = "",
    remove: str = "",
    clean: str = "",
    valued: str = "",
    has_clusters: bool = True,
) -> Manager:
    """Verbs are given apart by commas: one may have several words, and an empty one means the program alone."""
    given = {
        Action.INSTALL: install,
        Action.RESTORE: restore,
        Action.REFRESH: refresh,
        Action.UPGRADE: upgrade,
        Action.REMOVE: remove,
        Action.CLEAN: clean,
    }
    verbs = {verb.strip(): action for action, names in given.items() if names for verb in names.split(",")}
    return Manager(name, frozenset(programs.split()), verbs, frozenset(valued.split()), has_clusters)


APT = _manager(
    "apt",
    "apt apt-get",
    install="install, reinstall, build-dep, satisfy",
    refresh="update",
    upgrade="upgrade, dist-upgrade, full-upgrade, dselect-upgrade",
    remove="remove, purge, autoremove, autopurge, auto-remove",
    clean="clean, autoclean, auto-clean, distclean, dist-clean",
    valued="-o --option -c --config-file -t --target-release --default-release -a --host-architecture -P "
    "--build-profiles -S --snapshot",
)
APK = _manager(
    "apk",
    "apk",
    install="add",
    refresh="update",
    upgrade="upgrade",
    remove="del",
    clean="cache",
    valued="-p --root -X --repository --repositories-file --keys-dir --cache-dir --arch --wait --timeout "
    "--cache-max-age --progress-fd -t --virtual",
)
DNF = _manager(
    "dnf",
    "dnf dnf5 dnf-3 yum microdnf tdnf",
    install="install, localinstall, groupinstall, reinstall, downgrade, group install, groups install, module install, "
    "module enable, builddep, swap",
    refresh="makecache, check-update, check-upgrade",
    upgrade="update, upgrade, upgrade-minimal, update-minimal, distro-sync, group upgrade, groupupdate",
    remove="remove, erase, autoremove, group remove, groupremove",
    clean="clean",
    valued="-c --config -x --exclude --excludepkgs --enablerepo --disablerepo --enable-repo --disable-repo --setopt "
    "--installroot --releasever -d --debuglevel -e --errorlevel -R --randomwait --repo --repoid --repofrompath "
    "--forcearch --advisory --comment --disableplugin --enableplugin --downloaddir --destdir --color",
)
ZYPPER = _manager(
    "zypper",
    "zypper",
    install="install, in, source-install, si, install-new-recommends, inr, verify, ve",
    refresh="refresh, ref",
    upgrade="update, up, dist-upgrade, dup, patch",
    remove="remove, rm",
    clean="clean, cc",
    valued="-c --config --cache-dir --raw-cache-dir --solv-cache-dir --pkg-cache-dir -R --root --installroot -D "
    "--reposd-dir -p --plus-repo --plus-content --from -r --repo -t --type --releasever",
)
PIP = _manager(
    "pip",
    "pip",
    install="install",
    remove="uninstall",
    clean="cache purge",
    valued="-r --requirement -c --constraint -e --editable -i --index-url --extra-index-url -f --find-links "
    "--trusted-host --cache-dir --proxy --timeout --retries -t --target --prefix --root --src --platform "
    "--python-version --implementation --abi --progress-bar --no-binary --only-binary --upgrade-strategy --log "
    "--cert --client-cert --exists-action --global-option --install-option --build-option -C --config-settings "
    "--config-setting --report --python --use-feature --use-deprecated --root-user-action --group "
    "--keyring-provider -d --dest -w --wheel-dir -b --build --build-constraint",
)
PIPX = _manager(
    "pipx",
    "pipx",
    install="install",
    upgrade="upgrade, upgrade-all",
    valued="--python --pip-args --index-url -i --suffix",
)
PIPENV = _manager("pipenv", "pipenv", restore="sync, install", remove="uninstall", valued="--python --categories")
POETRY = _manager(
    "poetry",
    "poetry",
    install="add",
    restore="install, sync",
    upgrade="update",
    clean="cache clear",
    valued="--only --with --without -E --extras -C --directory -P --project -G --group --source",
)
UV = _manager(
    "uv",
    "uv",
    install="pip install, add, tool install",
    restore="sync, pip sync",
    clean="cache clean, cache prune, clean",
    valued="-r --requirement --requirements -c --constraint --constraints -e --editable -i --index-url --default-index "
    "--index --extra-index-url -f --find-links --allow-insecure-host --trusted-host --cache-dir --python -p --project "
    "--directory --extra --group --only-group --no-group --no-install-package --target -t --prefix --with --link-mode "
    "--package --config-file --refresh-package --no-extra --torch-backend",
)
NPM = _manager(
    "npm",
    "npm",
    install="install, i, add, in, isntall",
    restore="ci, clean-install, ic, install-clean, install-ci-test, cit",
    upgrade="update, up, upgrade",
    remove="uninstall, un, rm, remove, r",
    clean="cache clean, cache verify",
    valued="--prefix -C --registry --cache --omit --include --only --also --loglevel --userconfig --globalconfig "
    "--workspace -w --tag --fetch-timeout --fetch-retries --fetch-retry-mintimeout --fetch-retry-maxtimeout "
    "--maxsockets --unsafe-perm --script-shell --target_arch --target_platform --arch --platform",
)
YARN = _manager(
    "yarn",
    "yarn yarnpkg",
    install="add, global add",
    restore=", install, workspaces focus",
    upgrade="upgrade, up, global upgrade",
    remove="remove, global remove",
    clean="cache clean",
    valued="--cwd --registry --cache-folder --modules-folder --network-timeout --mutex --prefix --network-concurrency "
    "--use-yarnrc --global-folder",
)
PNPM = _manager(
    "pnpm",
    "pnpm",
    install="add",
    restore="install, i, fetch, install-test",
    upgrade="update, up, upgrade",
    remove="remove, rm, uninstall, un",
    clean="store prune, cache delete",
    valued="-F --filter -C --dir --store-dir --registry --loglevel --reporter --network-concurrency --virtual-store-dir",
)
GEM = _manager(
    "gem",
    "gem",
    install="install, i",
    upgrade="update",
    remove="uninstall",
    clean="cleanup",
    valued="-v --version -i --install-dir -n --bindir --platform -s --source -P --trust-policy -p --http-proxy -g --file",
)
BUNDLER = _manager(
    "bundler",
    "bundle bundler",
    install="add",
    restore=", install",
    upgrade="update",
    clean="clean",
    valued="-j --jobs --retry --path --without --with --gemfile --binstubs --shebang --target-rbconfig --trust-policy",
)
COMPOSER = _manager(
    "composer",
    "composer composer.phar",
    install="require, global require, create-project",
    restore="install, i, global install",
    upgrade="update, u, upgrade, global update",
    remove="remove",
    clean="clear-cache, clearcache, cc",
    valued="-d --working-dir --ignore-platform-req --repository --stability -s",
)
CONDA = _manager(
    "conda",
    "conda mamba micromamba",
    install="install, create",
    restore="env create, env update",
    upgrade="update, upgrade",
    remove="remove, uninstall, env remove",
    clean="clean",
    valued="-n --name -p --prefix -c --channel -f --file --solver -r --root-prefix --root --platform",
)
CARGO = _manager(
    "cargo",
    "cargo",
    install="install",
    restore="build, b, fetch, check, c, test, t, run, r, rustc, auditable build, chef cook",
    upgrade="update",
    remove="uninstall",
    valued="--git --branch --tag --rev --version --vers --root --path --target --features -F --manifest-path -p "
    "--package --bin --example --target-dir --profile -j --jobs --registry --index --config --color -Z -C --out-dir "
    "--artifact-dir --message-format --recipe-path",
)
GO = _manager(
    "go",
    "go",
    install="install, get",
    restore="mod download, mod tidy, mod vendor, build, test, run, generate",
    clean="clean",
    valued="-C -o -p -ldflags -gcflags -asmflags -tags -mod -modfile -buildmode -covermode -coverpkg -overlay -pkgdir "
    "-toolexec -run -timeout -exec",
    has_clusters=False,
)
MAVEN = _manager(
    "maven",
    "mvn mvnw mvnd",
    restore="package, install, verify, compile, deploy, test, clean package, clean install, clean verify, "
    "dependency:resolve, dependency:go-offline, dependency:resolve-plugins, clean",
    valued="-f --file -pl --projects -P --activate-profiles -s --settings -gs --global-settings -l --log-file -T "
    "--threads -rf --resume-from -t --toolchains -D --define",
    has_clusters=False,
)
GRADLE = _manager(
    "gradle",
    "gradle gradlew",
    restore="build, assemble, bootJar, jar, shadowJar, installDist, dependencies, test, war, bootWar, publish, clean",
    valued="-b --build-file -p --project-dir -g --gradle-user-home -x --exclude-task -I --init-script -c "
    "--settings-file --project-cache-dir --console --max-workers",
    has_clusters=False,
)

MANAGERS: tuple[Manager, ...] = (
    APT, APK, DNF, ZYPPER, PIP, PIPX, PIPENV, POETRY, UV, NPM, YARN, PNPM, GEM, BUNDLER, COMPOSER, CONDA, CARGO, GO,
    MAVEN, GRADLE,
)  # fmt: skip

OF_THE_SYSTEM = (APT, APK, DNF, ZYPPER)
"""Managers of a distribution's own packages."""

_BY_PROGRAM = {program: manager for manager in MANAGERS for program in manager.programs}
_PIP_VERSIONS = re.compile(r"pip[0-9][0-9.]*\Z")


def manager_called(program: str) -> Manager | None:
    """The manager that a program's base name means: ``pip3.12`` is pip."""
    return PIP if _PIP_VERSIONS.match(program) else _BY_PROGRAM.get(program)
