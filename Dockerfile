# PoseDeck in a container: docker build -t posedeck . && docker run --rm -p 8080:8080 posedeck
# docs/deploy.md says what else it needs; scripts/prove_dockerfile.py carries out these steps without Docker.
# scripts/pin_images.sh adds the digest, so that every build starts from the same image.
FROM python:3.12-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254

# The two libraries that MediaPipe loads even when it runs on the CPU only.
COPY packages.txt /build/
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive xargs -a /build/packages.txt apt-get install -y --no-install-recommends \
    && rm -rf /var/lib/apt/lists/*

# --no-deps: the list is complete, and leaves out the OpenCV build with a graphical interface.
COPY requirements.txt requirements-login.txt /build/
RUN python3 -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /build/requirements.txt \
        -r /build/requirements-login.txt

# Hugging Face runs containers as user 1000, too.
RUN groupadd --gid 1000 posedeck \
    && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin posedeck

# Each by name, so that nothing else from a working folder gets in by accident: no secrets, no .git, no tests.
WORKDIR /app
COPY .streamlit/config.toml .streamlit/
COPY app.py dashboard.py LICENSE NOTICE ./
COPY ops ops/
COPY pages pages/
COPY pose_core pose_core/
COPY pose_ui pose_ui/
COPY service service/
RUN /venv/bin/python -m compileall -q .

# Streamlit's settings as variables, so that the environment can override them: docker run -e STREAMLIT_SERVER_PORT=7860.
# Everything belongs to root and nothing is written, so the root file system may be read-only.
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8080 \
    STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE=true
USER 1000:1000
EXPOSE 8080

# Over the container's own loopback, ignoring any proxy that the environment names.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD python -c "import os, urllib.request as web; web.build_opener(web.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['STREAMLIT_SERVER_PORT'] + '/api/v1/health', timeout=4)"

# SIGTERM ends it: requests in progress are answered, new ones refused.
CMD ["python", "-m", "streamlit", "run", "app.py"]
