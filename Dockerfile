# One image for every component of docker-compose.yaml: Airflow, the library, DAGs and plugins.
# PYTHON_IMAGE names it with its digest, once that is known; see docs/docker.md.
ARG PYTHON_IMAGE=python:3.11.11-slim-bookworm

# The window's pages; Node is needed only to build them.
FROM ${PYTHON_IMAGE} AS client
WORKDIR /opt/cbm
COPY requirements-client.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements-client.txt
COPY scripts/client.py scripts/
COPY plugins/client plugins/client
RUN python scripts/client.py build

FROM ${PYTHON_IMAGE}

# libgomp1: LightGBM. libexpat1: rasterio.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libexpat1 libgomp1 \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --uid 50000 cbm \
    && install -d -o cbm -g cbm /opt/cbm /opt/airflow /opt/airflow/logs /opt/airflow/config
WORKDIR /opt/cbm

COPY requirements.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt

COPY pyproject.toml README.md LICENSE ./
COPY sql sql
COPY operators operators
COPY dags dags
COPY plugins plugins
COPY include include
COPY --from=client /opt/cbm/include/dias_cbm/window/static include/dias_cbm/window/static
COPY scripts/build_backend.py scripts/client.py scripts/
# Airflow finds plugin and connection types by entry points; a second description of the package
# on the path would double them.
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && rm -rf include/*.egg-info \
    && cp include/airflow_local_settings.py /opt/airflow/config/
COPY scripts/component_health.py scripts/pools.py scripts/

ENV AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/cbm/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    NUMBA_CACHE_DIR=/opt/cbm/kernels \
    PYTHONUNBUFFERED=1
USER cbm
# On a processor of another kind the first extraction compiles again.
RUN python -m dias_cbm.extraction.compilation
