# syntax=docker/dockerfile:1
# One image for web, workers, beat and migrations; a second target for flower.
#   docker build --target app -t inledger .

FROM python:3.12-slim AS packages
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.txt constraints.txt /tmp/
RUN pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements.txt

FROM python:3.12-slim AS app
RUN useradd --uid 10001 --create-home inledger \
 && install -d -o inledger -g inledger -m 0700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    STATIC_ROOT=/app/staticfiles \
    HOST=0.0.0.0 \
    PORT=8000
# Settings need a database and secrets to load; collecting files uses neither.
RUN python -m config.catalogues \
 && DATA_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
 && rm -rf /tmp/build
USER inledger
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]

FROM python:3.12-slim AS flower
RUN useradd --uid 10001 --create-home flower
COPY requirements-flower.txt constraints.txt /tmp/
RUN pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements-flower.txt
USER flower
WORKDIR /home/flower
EXPOSE 5555
CMD ["celery", "flower", "--port=5555"]
