"""All settings of a process. Everything that differs between machines is an environment variable
(config/env.py); docs/operations.md lists them. Development is the default, production must be asked for
and refuses to start without its secrets.
"""

import secrets
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.env import (
    env_bool,
    env_choice,
    env_database,
    env_int,
    env_list,
    env_rate,
    env_str,
    refuse_guessable_password,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env_str("ASSAY_VAR", str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)

PRODUCTION = env_choice("ASSAY_ENV", "development", ("development", "production")) == "production"
DEBUG = env_bool("ASSAY_DEBUG", False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("ASSAY_DEBUG must be off when ASSAY_ENV is production: it shows settings to strangers.")


def _secret_key() -> str:
    """The configured key, or in development a random one kept under var/, made once."""
    key = env_str("SECRET_KEY")
    if key:
        if PRODUCTION and (len(key) < 50 or len(set(key)) < 10 or key.startswith("django-insecure-")):
            raise ImproperlyConfigured(
                "SECRET_KEY can be guessed: under 50 characters, or few different ones. Make one with `make secret`."
            )
        return key
    if PRODUCTION:
        raise ImproperlyConfigured(
            "SECRET_KEY (or SECRET_KEY_FILE) must be set in production; make one with `make secret`."
        )
    file = VAR_DIR / "secret_key"
    try:
        with file.open("x", encoding="utf-8") as handle:
            file.chmod(0o600)
            handle.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return file.read_text(encoding="utf-8").strip()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", [] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"])
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts of this site in production, separated by commas.")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "workforce",
    "rubrics",
    "annotation",
    "training",
    "demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.headers.PrivateHeaders",
    "workforce.sessions.SessionLimits",
    "workforce.greeting.WishesMiddleware",
    "workforce.second_step_gate.SecondStepGate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.errors.RefusalMiddleware",
    "config.rates.PersonRateMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "training.context.loop_strip",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
        },
    }
]

DATABASES = {"default": env_database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'assay.sqlite3'}")}
if PRODUCTION:
    refuse_guessable_password("DATABASE_URL", DATABASES["default"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "workforce.User"
AUTHENTICATION_BACKENDS = ["workforce.sessions.PersonBackend"]
PASSWORD_HASHERS = ["workforce.hashing.PasswordHasher"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PLAN_ONCE = env_bool("PLAN_ONCE", True)  # statements on PostgreSQL (workforce/planned.py)
REQUIRE_TOTP = env_bool("REQUIRE_TOTP", PRODUCTION)  # of leads and admins (workforce/second_step.py)
# How often one person or address may: (count, seconds), or None for as often as they like (config/rates.py,
# workforce/throttling.py, workforce/signing_in.py).
RATES = {
    "sign_in_pair": env_rate("RATE_SIGN_IN_PAIR", "5/h"),
    "sign_in_name": env_rate("RATE_SIGN_IN_NAME", "10/h"),
    "sign_in_address": env_rate("RATE_SIGN_IN_ADDRESS", "100/h"),
    "sign_in_device": env_rate("RATE_SIGN_IN_DEVICE", "10/15m"),
    "claim": env_rate("RATE_CLAIM", "240/4m"),
    "submit": env_rate("RATE_SUBMIT", "240/m"),
    "import": env_rate("RATE_IMPORT", "30/h"),
    "export": env_rate("RATE_EXPORT", "60/h"),
    "second_step": env_rate("RATE_SECOND_STEP", "5/15m"),
    "second_step_elsewhere": env_rate("RATE_SECOND_STEP_ELSEWHERE", "5/h"),
    "password_change": env_rate("RATE_PASSWORD_CHANGE", "10/h"),
}
SESSION_ENGINE = "workforce.session_store"
SESSION_COOKIE_AGE = 12 * 3600  # since sign-in, however active (workforce/sessions.py)
SESSION_IDLE_SECONDS = 2 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

if PRODUCTION:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if env_bool("BEHIND_TLS_PROXY", False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of ours a request passes; X-Forwarded-For is believed so far and no further.
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 1 if env_bool("BEHIND_TLS_PROXY", False) else 0, high=9)
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", "العربية")]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env_str("TIME_ZONE", "UTC")

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": VAR_DIR / "media"}},
    "staticfiles": {
        "BACKEND": "config.static.StaticFiles"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20
IMPORT_MAX_BYTES = env_int("IMPORT_MAX_MB", 512, low=1) * 2**20
LONGEST_WAIT_SECONDS = env_int("LONGEST_WAIT_SECONDS", 3, low=1, high=60)  # for a thread of the web process

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["config.api.TokenAuthentication", "config.api.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["config.api.WithinScope"],
    "DEFAULT_THROTTLE_CLASSES": ["config.rates.PersonRate"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "config.schema.Schema",
    "EXCEPTION_HANDLER": "config.errors.api_error",
    "DEFAULT_PAGINATION_CLASS": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Assay",
    "DESCRIPTION": "Human preferences in, a better model out.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "AliasName": "training.models.ModelAlias.Name",
        "BatchKind": "annotation.models.Batch.Kind",
        "ModelKind": "training.models.ModelVersion.Kind",
        "RoundState": "training.models.AcquisitionRound.State",
        "RunKind": "training.models.TrainingRun.Kind",
        "RunState": "training.models.TrainingRun.State",
    },
}

# Artefacts. Names under these folders are made by the server, never taken from a request.
SETS_DIR = VAR_DIR / "sets"
RUNS_DIR = VAR_DIR / "runs"
MODELS_DIR = VAR_DIR / "models"

# Celery. The row is the truth, the message is a hint: arguments are primary keys, no result backend.
CELERY_BROKER_URL = env_str("BROKER_URL", "filesystem://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "short"
CELERY_TASK_ROUTES = {"training.tasks.execute_run": {"queue": "train"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_POOL_ACQUIRE_TIMEOUT = 5
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.5, "interval_max": 1}
if CELERY_BROKER_URL.startswith("filesystem:"):
    _broker_dir = VAR_DIR / "broker"
    for _name in ("messages", "processed", "control"):
        (_broker_dir / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "data_folder_in": str(_broker_dir / "messages"),
        "data_folder_out": str(_broker_dir / "messages"),
        "processed_folder": str(_broker_dir / "processed"),
        "control_folder": str(_broker_dir / "control"),
    }
else:
    CELERY_WORKER_DISABLE_PREFETCH = CELERY_BROKER_URL.startswith("redis")
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 3600,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }

# Work with distressing content (annotation/caring.py, workforce/wellbeing.py).
SENSITIVE_MINUTES_A_DAY = env_int("SENSITIVE_MINUTES_A_DAY", 120, low=1, high=1440)
SENSITIVE_ITEMS_IN_A_ROW = env_int("SENSITIVE_ITEMS_IN_A_ROW", 20, low=1, high=1000)
SUPPORT_URL = env_str("SUPPORT_URL")  # where somebody finds support, named beside such work
SUPPORT_TEXT = env_str("SUPPORT_TEXT")  # a name or a number to call
WELLBEING_CONTACT = env_str("WELLBEING_CONTACT")  # user name of the one person whom raters may let read how it was

# Training runs (training/executing.py).
RUN_HEARTBEAT_SECONDS = env_int("RUN_HEARTBEAT_SECONDS", 10, low=1, high=60)
RUN_LOST_AFTER_SECONDS = env_int("RUN_LOST_AFTER_SECONDS", 45, low=3, high=600)
RUN_THREADS = env_int("RUN_THREADS", 0, high=512)  # 0: as many as the machine has cores
TRAIN_PYTHON = env_str("TRAIN_PYTHON")  # another interpreter for the training child, empty: this one

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["stderr"],
        "level": env_choice("LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR")),
    },
}
