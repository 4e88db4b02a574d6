# The worker and the on-call page, one image. scripts/build-image-root does the work, so that it can be run and
# tested where there is no container engine.
#
#   docker build --tag gardener .
#   docker run --read-only --tmpfs /tmp --volume garden:/data gardener run --source ... --state sqlite:/data/garden.db
#
# A digest may stand behind the tag of the base (@sha256:...); it is named once.
FROM python:3.11-slim-bookworm AS base
# Its library comes without bytecode and nobody can write any later: compiling it took half a second of every start.
RUN python -m compileall -q --invalidation-mode unchecked-hash \
    -x '/(?:site-packages|test|tests|idlelib|lib2to3|tkinter|turtledemo|ensurepip|pydoc_data)/' \
    "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"

FROM base AS build
WORKDIR /src
COPY requirements/run.txt requirements/run.txt
COPY scripts/build-image-root scripts/build-image-root
COPY pyproject.toml README.md LICENSE ./
COPY processor processor
COPY sinks sinks
# The base of both stages is the same, and so are its packages.
RUN scripts/build-image-root /opt/gardener run /var/lib/dpkg/status

FROM base
COPY --from=build /opt/gardener /opt/gardener
RUN mkdir /data && chown 65532:65532 /data
# Each thread allocates from an arena of its own, which keeps its memory: large entries took 410 MB, 315 MB with two.
ENV PATH=/opt/gardener/bin:$PATH \
    MALLOC_ARENA_MAX=2 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GARDENER_HEALTH_PORT=8080
WORKDIR /data
# A number, so that a platform can see that it is not root.
USER 65532:65532
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"GARDENER_HEALTH_PORT\"]}/healthz', timeout=4)"]
ENTRYPOINT ["gardener"]
CMD ["--help"]
