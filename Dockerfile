# One image for every component of docker-compose.yaml: Airflow, the library, DAGs and plugins.
# PYTHON_IMAGE names it with its digest, once that is known; see docs/docker.md.
ARG PYTHON_IMAGE=python:3.11.11-slim-bookworm

# The window's pages; Node is needed only to build them.
FROM ${PYTHON_IMAGE} AS client
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /opt/cbm
COPY requirements-client.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements-client.txt
COPY scripts/client.py scripts/
COPY plugins/client plugins/client
RUN python scripts/client.py build

# What the project needs, each file checked against its hash. Large packages bring their own tests.
FROM ${PYTHON_IMAGE} AS packages
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.txt /tmp/
RUN pip install --no-cache-dir --no-deps --require-hashes -r /tmp/requirements.txt \
    && cd /opt/venv/lib/python3.11/site-packages \
    && find numba pandas scipy sklearn -type d -name tests -prune -exec rm -rf {} +

# The project's wheel, built with the setuptools of requirements.txt.
FROM packages AS project
WORKDIR /opt/cbm
COPY pyproject.toml README.md LICENSE ./
COPY sql sql
COPY operators operators
COPY dags dags
COPY plugins plugins
COPY include include
COPY scripts/build_backend.py scripts/client.py scripts/
COPY --from=client /opt/cbm/include/dias_cbm/window/static include/dias_cbm/window/static
RUN pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /opt/wheel .

FROM ${PYTHON_IMAGE}

# libgomp1: LightGBM. libexpat1: rasterio.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libexpat1 libgomp1 \
    && rm -rf /var/lib/apt/lists/*

# Whatever its user, the group is 0 (so OpenShift starts it). A volume takes the owner of its mount
# point. Airflow writes a configuration where there is none, and fails if it cannot.
RUN useradd --no-log-init --create-home --uid 50000 --gid 0 cbm \
    && chmod 0775 /home/cbm \
    && install -d -o cbm -g 0 -m 0775 \
        /opt/airflow /opt/airflow/config /opt/airflow/login /opt/airflow/logs /opt/cbm/kernels \
        /var/lib/cbm/chips /var/lib/cbm/made /var/lib/cbm/products /var/lib/cbm/scratch \
    && install -d /data /eodata \
    && echo "# Airflow is configured by the environment." > /opt/airflow/airflow.cfg
COPY --from=packages /opt/venv /opt/venv

# Folders of settings are where the volumes are; the environment or platforms.env may say otherwise.
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/home/cbm \
    TMPDIR=/var/lib/cbm/scratch \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/cbm/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    CBM_CHIPS_CACHE_FOLDER=/var/lib/cbm/chips \
    CBM_PLATFORMS_MADE_STORE=files:/var/lib/cbm/made \
    CBM_STORE_CACHE_FOLDER=/var/lib/cbm/products \
    WORKER_HEARTBEAT_FILE=/tmp/worker-heartbeat
WORKDIR /opt/cbm
COPY --from=project /opt/wheel /opt/wheel
RUN pip install --no-cache-dir --no-deps --no-index /opt/wheel/*.whl
COPY dags dags
COPY include/airflow_local_settings.py /opt/airflow/config/
COPY scripts/admin_login.py scripts/component_health.py scripts/container_start.sh scripts/pools.py scripts/

# Processors that the kernels are compiled for: x86-64-v2 is what NumPy needs too, and no slower than the
# kernels of a newer one. Without an empty list numba would add the features of the machine that builds.
ARG CPU=x86-64-v2
ENV NUMBA_CPU_NAME=${CPU} \
    NUMBA_CPU_FEATURES="" \
    NUMBA_CACHE_DIR=/tmp/kernels
USER cbm
RUN NUMBA_CACHE_DIR=/opt/cbm/kernels python -m dias_cbm.extraction.compilation

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dias-cbm" \
    org.opencontainers.image.description="CAP checks by monitoring on Apache Airflow" \
    org.opencontainers.image.licenses="BSD-3-Clause" \
    org.opencontainers.image.version=${VERSION} \
    org.opencontainers.image.revision=${REVISION}
EXPOSE 8080
ENTRYPOINT ["/opt/cbm/scripts/container_start.sh"]
CMD ["cbm", "--help"]
