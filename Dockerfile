FROM node:22-slim AS browser
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.12-slim AS application
ARG PSA_REVISION=
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PSA_ENV=production PSA_DATA=/data \
    PSA_REVISION=$PSA_REVISION
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/base.txt
ARG PSA_RECEIPT_READING=
COPY requirements/ocr.txt requirements/ocr.txt
RUN if [ "$PSA_RECEIPT_READING" = 1 ]; then pip install --no-cache-dir --require-hashes -r requirements/ocr.txt; fi
ARG PSA_MPP_READING=
COPY requirements/mpp.txt requirements/mpp.txt
RUN if [ "$PSA_MPP_READING" = 1 ]; then apt-get update && apt-get install --yes --no-install-recommends default-jre-headless \
    && rm -rf /var/lib/apt/lists/* && pip install --no-cache-dir --require-hashes -r requirements/mpp.txt; fi
ARG PSA_S3=
COPY requirements/s3.txt requirements/s3.txt
RUN if [ "$PSA_S3" = 1 ]; then pip install --no-cache-dir --require-hashes -r requirements/s3.txt; fi
COPY . .
COPY --from=browser /app/node_modules node_modules
# Only to load the settings while the files are copied; nothing of it stays in the image.
RUN PSA_ENV=development python manage.py vendor_assets && PSA_ENV=development python manage.py compile_texts && rm -rf node_modules
RUN useradd --system --uid 20000 --home-dir /app psa && mkdir /data && chown psa /data
USER psa
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--config", "python:psa.gunicorn", "--bind", "0.0.0.0:8000", "--workers", "4", \
     "psa.wsgi:application"]
