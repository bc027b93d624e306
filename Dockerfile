# A small image that runs as nobody in particular, and writes to /data alone. `docs/deploy.md` says how it is used.
FROM python:3.11-slim AS build
RUN python -m venv /opt/nightporter
COPY requirements.txt /tmp/requirements.txt
RUN /opt/nightporter/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/requirements.txt
COPY bot /opt/app/bot
COPY providers /opt/app/providers
COPY storage /opt/app/storage
# Where nothing can be written, nothing could be compiled later.
RUN /opt/nightporter/bin/python -m compileall -q /opt/nightporter/lib /opt/app
RUN printf '#!/bin/sh\nexec /opt/nightporter/bin/python -m bot "$@"\n' > /opt/nightporter/bin/nightporter && chmod 0755 /opt/nightporter/bin/nightporter

FROM python:3.11-slim
# With PostgreSQL: postgresql-client, which `nightporter backup` and `restore` call.
ARG EXTRA_PACKAGES=""
RUN if [ -n "$EXTRA_PACKAGES" ]; then apt-get update && apt-get install -y --no-install-recommends $EXTRA_PACKAGES && rm -rf /var/lib/apt/lists/*; fi
RUN groupadd --gid 10001 nightporter && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin nightporter && install -d -o nightporter -g nightporter -m 0700 /data
COPY --from=build /opt /opt
ENV PATH=/opt/nightporter/bin:/usr/local/bin:/usr/bin:/bin PYTHONPATH=/opt/app PYTHONDONTWRITEBYTECODE=1 DATABASE_URL=sqlite:////data/nightporter.db PORT=8000
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["/opt/nightporter/bin/python", "-m", "bot"]
CMD ["serve"]
