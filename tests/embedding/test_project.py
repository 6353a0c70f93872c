"""docs/django.md is true: a new project with the wheel and the code of that page records usage and asks."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.db import connection

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/django.md"
DATABASE = "mysite"

ADA, BOB = "+12025550100", "+12025550101"

OTHER_SETTINGS = """
TIME_ZONE = "Asia/Tokyo"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.BrowsableAPIRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.FormParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.AcceptHeaderVersioning",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {"TITLE": "Another", "OAS_VERSION": "3.0.3", "SWAGGER_UI_DIST": "https://example.org"}
"""
"""Settings of a project that has an API of its own."""

CHECK = """
from django.core.management import call_command
call_command("check", databases=["default"], fail_level="WARNING")
"""

OVER_HTTP = """
import json, sys
from django.contrib.auth.models import User
from django.test import Client
import wingtel
from wingtel.access import keys
from wingtel.access.scopes import Scope

def get(url, **headers):
    return client.get(url, headers=headers).json()

user = sys.argv[1]
token = keys.create(user, scopes=[Scope.ADMIN]).token
client = Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})
nobody, staff = Client(headers={"host": "localhost"}), Client(headers={"host": "localhost"})
staff.force_login(User.objects.create_superuser(user))
page = get("/billing/usage/exceeding/?price_limit=25&page_size=1")
used = get("/billing/usage/metrics/?from=2000-01-01&to=2999-12-31")
schema = get("/billing/schema/", accept="application/vnd.oai.openapi+json")
plan = client.post("/billing/plans/", {"name": user}, content_type="application/json").json()
print(json.dumps({
    "package": wingtel.__file__,
    "next": page["next"].partition("?")[0],
    "exceeding": [each["phone_number"] for each in page["results"] + get(page["next"])["results"]],
    "currency": page["currency"],
    "metrics": [each["total_usage"] for each in used["results"]],
    "refused": nobody.get("/billing/plans/").json()["type"],
    "zone": plan["created_at"][-1],
    "schema": [schema["info"]["title"], schema["openapi"], sorted(schema["webhooks"])],
    "paths": {path.split("/")[1] for path in schema["paths"]} == {"billing"},
    "docs": "/static/drf_spectacular_sidecar/" in client.get("/billing/docs/").content.decode(),
    "staff": [staff.get(url).status_code for url in ("/admin/", "/billing/plans/")],
}))
"""

TASKS = """
from mysite.celery import app
app.loader.import_default_modules()
print(sorted({entry["task"] for entry in app.conf.beat_schedule.values()} - app.tasks.keys()))
"""


@dataclass(frozen=True)
class Project:
    """A Django project beside the package of the wheel, and the environment that its programs have."""

    folder: Path
    package: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Run Python in the project's folder. Return what it printed."""
        process = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout

    def run_script(self, code: str, *arguments: str) -> str:
        """Run code with Django set up. Return what it printed."""
        return self.run("-c", f"import django; django.setup()\n{code}", *arguments)


def code_of_page() -> dict[str, str]:
    """Return the page's Python code by the file that it is for."""
    return dict(re.findall(r"(?:In|in|of) `([\w/]+\.py)`:\n\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL))


def unpack_wheel(folder: Path) -> Path:
    """Build the wheel from a copy of the sources. Return the folder it is unpacked to."""
    source, site = folder / "source", folder / "site"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "src/wingtel", source / "src/wingtel", ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True, timeout=180)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    """Make an empty database. Yield the variables by which libpq finds it."""
    parameters = connection.get_connection_params()
    server = {name: str(parameters[name]) for name in ("host", "port", "user", "password") if parameters.get(name)}
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as session:
        session.execute(f"CREATE DATABASE {DATABASE}")
        yield {f"PG{name.upper()}": value for name, value in server.items()}
        session.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.fixture
def project(database: dict[str, str], tmp_path: Path) -> Project:
    """Return a new project with the page's code."""
    package = unpack_wheel(tmp_path)
    environment = database | {"PYTHONPATH": str(package), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    environment["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
    folder = tmp_path / "project"
    folder.mkdir()
    made = Project(folder, package, environment)
    made.run("-m", "django", "startproject", DATABASE, ".", "--settings", "django.conf.global_settings")
    for name, code in code_of_page().items():
        path = folder / name
        path.write_text((path.read_text() if path.exists() else "") + code)
    return made


def test_a_new_project_records_usage_and_asks(project: Project) -> None:
    code = code_of_page()
    project.run("manage.py", "migrate", "--verbosity=0")
    script = "".join([CHECK, code["record.py"], code["ask.py"], code["make_key.py"], TASKS, OVER_HTTP])
    checked, *answers, key, missing_tasks, answered = project.run_script(script, "plain").splitlines()
    used = [
        f"('{ADA}', UsageType.DATA, 2048, Decimal('30.00000000'))",
        f"('{ADA}', UsageType.VOICE, 60, Decimal('0.12000000'))",
        f"('{BOB}', UsageType.DATA, 512, Decimal('26.50000000'))",
    ]
    assert checked == "System check identified no issues (0 silenced)."
    assert answers == [
        f"[('{ADA}', '30.0000', '5.0000'), ('{BOB}', '26.5000', '1.5000')]",
        f"[{', '.join(used)}]",
        "<ReadOnlyQuerySet [(Decimal('2048'), Decimal('30.00000000'), 1)]>",
    ]
    assert key.startswith("wt_")
    assert missing_tasks == "[]"

    over_http = {
        "package": str(project.package / "wingtel/__init__.py"),
        "next": "http://localhost/billing/usage/exceeding/",
        "exceeding": [ADA, BOB],
        "currency": "EUR",
        "metrics": [2048, 60, 512],
        "refused": "/problems/unauthorized",
        "zone": "Z",
        "schema": ["Wingtel", "3.1.0", ["alert.opened", "alert.resolved"]],
        "paths": True,
        "docs": True,
        "staff": [200, 200],
    }
    assert json.loads(answered) == over_http
    settings = project.folder / "mysite/settings.py"
    settings.write_text(settings.read_text() + OTHER_SETTINGS)
    assert json.loads(project.run_script(OVER_HTTP, "other")) == over_http
