# One image for the web process, the workers and beat. `train` adds torch; the web needs none of it.
FROM python:3.11-slim AS base
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 ASSAY_VAR=/srv/assay/var
WORKDIR /srv/assay
RUN useradd --system --home-dir /srv/assay assay && mkdir -p var && chown assay var
COPY pyproject.toml requirements.lock README.md LICENSE manage.py ./
COPY config config
COPY workforce workforce
COPY rubrics rubrics
COPY annotation annotation
COPY training training
COPY demo demo
COPY templates templates
COPY static static

FROM base AS web
RUN pip install --constraint requirements.lock ".[postgres]" && pip uninstall --yes assay
USER assay
CMD ["gunicorn", "config.wsgi", "--worker-class", "config.worker.ImpatientWorker", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--max-requests", "5000", "--max-requests-jitter", "500"]

FROM base AS train
RUN pip install --constraint requirements.lock ".[postgres,train]" && pip uninstall --yes assay
USER assay
CMD ["celery", "--app", "config", "worker", "--queues", "train", "--concurrency", "1"]
