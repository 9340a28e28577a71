# Tongxin in a container: one binary, a volume for its data and another for its keys.
#
#   docker build -t tongxin .
#   docker run -p 127.0.0.1:8088:8088 -v tongxin-data:/data -v tongxin-keys:/keys \
#     -v ./office.toml:/etc/tongxin/tongxin.toml:ro tongxin
#
# Nothing starts again without /keys, which change with use: copy them right after each `tongxin export`, keep the copy
# apart from the export, and only the newest. Whoever holds both can read what people wrote.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# The dependencies alone, so that this layer stays until Cargo.lock changes. Tests and benchmarks are taken
# out of the manifest, since their files are not there yet.
COPY Cargo.toml Cargo.lock build.rs ./
RUN cp Cargo.toml Cargo.whole \
 && sed -i -e '/^\[\[test\]\]/,/^$/d' -e '/^\[\[bench\]\]/,/^$/d' Cargo.toml \
 && mkdir src \
 && echo '//! Empty.' > src/lib.rs \
 && echo 'fn main() {}' > src/main.rs \
 && cargo build --release --locked \
 && mv Cargo.whole Cargo.toml \
 && rm -r src

COPY . .
# Newer than the empty sources above, whatever the clock of the checkout says.
RUN touch src/lib.rs src/main.rs \
 && cargo build --release --locked --bin tongxin

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin tongxin \
 && install -d -o tongxin -g tongxin -m 0700 /data /keys
COPY --from=build /build/target/release/tongxin /usr/local/bin/tongxin
COPY config/default.toml /etc/tongxin/tongxin.toml

# Within the container the pages are served on every address; publish the port where you want them.
ENV TONGXIN_CONFIG=/etc/tongxin/tongxin.toml \
    TONGXIN__DATA__DIR=/data \
    TONGXIN__DATA__KEYS=/keys \
    TONGXIN__WEB__LISTEN=0.0.0.0:8088
# glibc would keep a heap for each of several threads: some megabytes that a small server has better use for.
ENV MALLOC_ARENA_MAX=2
USER tongxin
WORKDIR /data
VOLUME ["/data", "/keys"]
EXPOSE 8088
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["tongxin", "health"]
ENTRYPOINT ["tongxin"]
CMD ["serve"]
