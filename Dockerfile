# Built in one stage, run in another that holds the binary, the data and schemes that come with it,
# libpq, PostgreSQL's client programs (for backups), and nothing to build with.
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends libpq-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN cargo build --release --locked --package xinwu-api --bin xinwu

FROM debian:bookworm-slim
# pg_dump must be of the server's version: 15, as in deploy/compose.yaml.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpq5 postgresql-client-15 ca-certificates curl openssl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/xinwu xinwu \
    && install --directory --owner xinwu --group xinwu --mode 0700 /var/lib/xinwu-photos
COPY --from=build /build/target/release/xinwu /usr/local/bin/xinwu
COPY data /usr/share/xinwu/data
COPY schemes /usr/share/xinwu/schemes
USER xinwu
WORKDIR /var/lib/xinwu
# Without settings it starts no service that shows codes in its log: it says what is missing.
ENV XINWU_PROFILE=production XINWU_BIND=0.0.0.0:8080 XINWU_DATABASE=sqlite:/var/lib/xinwu/xinwu.db XINWU_LOG_FORMAT=json \
    XINWU_PHOTO_DIR=/var/lib/xinwu-photos
VOLUME /var/lib/xinwu /var/lib/xinwu-photos
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/readyz"]
ENTRYPOINT ["xinwu"]
CMD ["serve", "--migrate"]
