"""The settings of detect-secrets, which are global to the process: a scanner makes its own ones those in force."""

from __future__ import annotations

import hashlib
from operator import itemgetter
from pathlib import Path
from types import ModuleType
from typing import Any

from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UsageError

# The first wants a file on disk, and we have its bytes. The second would hide what an inline comment allows, and the check
# counts those; only who asks for settings of his own gets it.
NOT_OURS = "detect_secrets.filters.common.is_invalid_file"
_COUNTED = "detect_secrets.filters.allowlist.is_line_allowlisted"
VERIFICATION = "detect_secrets.filters.common.is_ignored_due_to_verification_policies"
_TAG = "lockgate_options"


def enforce(options: EngineOptions) -> list[Any]:
    """Make the settings those of the options, unless they are, and give the plug-ins that are in use.

    Raises UsageError where a plug-in or filter that is named can't be used.
    """
    from detect_secrets.settings import get_plugins, get_settings

    if vars(get_settings()).get(_TAG) != options:
        _apply(options)
        vars(get_settings())[_TAG] = options
    return list(get_plugins())


def adopt() -> EngineOptions:
    """Options for the settings that are in force."""
    import json

    from detect_secrets.settings import get_settings

    settings = get_settings()
    settings.disable_filters(NOT_OURS)
    told = {
        "plugins_used": [{"name": name, **plugin} for name, plugin in settings.plugins.items()],
        "filters_used": [{**told, "path": path} for path, told in sorted(settings.filters.items())],
    }
    options = EngineOptions(engines=("detect-secrets",), detect_secrets=json.dumps(told))
    vars(settings)[_TAG] = options
    return options


def forget() -> None:
    """Bring detect-secrets back to the state in which it starts: what it is told is kept in many caches."""
    for module in _modules():
        for thing in vars(module).values():
            if hasattr(thing, "cache_clear"):
                thing.cache_clear()


def _modules() -> list[ModuleType]:
    from detect_secrets import settings
    from detect_secrets.core.plugins import util
    from detect_secrets.filters import common, gibberish, regex, wordlist

    return [settings, util, common, gibberish, regex, wordlist]


def _apply(options: EngineOptions) -> None:
    import json

    from detect_secrets.settings import configure_settings_from_baseline, get_plugins, get_settings

    forget()
    try:
        if options.detect_secrets:
            told = json.loads(options.detect_secrets)
            configure_settings_from_baseline(told)
            used = {told_filter["path"] for told_filter in told["filters_used"]} - {NOT_OURS}
            get_settings().disable_filters(*(get_settings().filters.keys() - used))
        else:
            get_settings().configure_plugins([{"name": plugin.__name__} for plugin in builtin_classes()])
            get_settings().disable_filters(NOT_OURS, _COUNTED)
        for file in options.detect_secrets_plugins:
            _add_plugins(file)
        get_plugins()
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - plug-ins and filters of the user's can do anything
        raise UsageError(f"detect-secrets can't be used with these settings: {type(error).__name__}") from None


def _add_plugins(file: str) -> None:
    from detect_secrets.core.plugins.initialize import from_file
    from detect_secrets.settings import get_settings

    path = Path(file).expanduser()
    try:
        found = [{"name": plugin.__name__, "path": f"file://{path}"} for plugin in from_file(str(path))]
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it runs the user's code
        raise UsageError(f"{file}: no plug-ins for detect-secrets can be loaded: {type(error).__name__}") from None
    if not found:
        raise UsageError(f"{file}: there is no plug-in for detect-secrets in it")
    get_settings().configure_plugins(found)


def builtin_classes() -> list[Any]:
    """The classes of its own plug-ins. Raises ImportError where it is not installed."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    plugins = get_mapping_from_secret_type_to_class().values()
    return [plugin for plugin in plugins if plugin.__module__.startswith("detect_secrets.plugins.")]


def builtin_plugins(options: EngineOptions) -> list[Any]:
    """All its own plug-ins, also those that are off, with the limits of the options."""
    given = limits(options)
    return [
        plugin(limit=given[plugin.__name__]) if plugin.__name__ in given else plugin() for plugin in builtin_classes()
    ]


def limits(options: EngineOptions) -> dict[str, float]:
    """The limits of entropy that the options name, by plug-in."""
    return {plugin["name"]: plugin["limit"] for plugin in _told(options, "plugins_used") if "limit" in plugin}


def default_document() -> dict[str, Any]:
    """The beginning of what detect-secrets writes with its default settings: version, plug-ins and filters."""
    from detect_secrets.__version__ import VERSION
    from detect_secrets.settings import get_settings

    enforce(EngineOptions())
    settings = get_settings().json()
    filters = sorted([*settings["filters_used"], {"path": _COUNTED}], key=itemgetter("path"))
    return {"version": VERSION, "plugins_used": settings["plugins_used"], "filters_used": filters}


def unknown(options: EngineOptions) -> str:
    """What of the options can do anything, so that nobody can say where it finds something; empty for nothing."""
    filters = {told["path"]: told for told in _told(options, "filters_used")}
    if options.detect_secrets_plugins or any("path" in plugin for plugin in _told(options, "plugins_used")):
        return "plug-ins that are not its own"
    if not all(path.startswith("detect_secrets.filters.") for path in filters):
        return "filters that are not its own"
    return "the verification of what it finds" if VERIFICATION in filters else ""


def key(options: EngineOptions) -> str:
    """What the findings depend on. Files that the settings name are told apart by their content."""
    files = [*options.detect_secrets_plugins]
    files += [plugin["path"] for plugin in _told(options, "plugins_used") if "path" in plugin]
    for told in _told(options, "filters_used"):
        files += [told["path"], *(told[name] for name in ("file_name", "model") if name in told)]
    named = [_digest(Path(file.removeprefix("file://").partition("::")[0])) for file in files]
    return repr((options.detect_secrets, options.detect_secrets_plugins, named)) if files else options.detect_secrets


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.expanduser().read_bytes()).hexdigest()
    except OSError:
        return ""


def _told(options: EngineOptions, part: str) -> list[dict[str, Any]]:
    if not options.detect_secrets:
        return []
    import json  # nobody who has no such settings waits for it

    return json.loads(options.detect_secrets)[part]  # type: ignore[no-any-return]
