# Two stages: build with the official Rust image, run on a small Debian without compiler and without root.
# docker build -t lode .
# docker run --rm -v lode-data:/var/lib/lode lode lode keys create --role admin --name NAME --data /var/lib/lode
# docker run --rm -p 8080:8080 -v lode-data:/var/lib/lode lode
# Several instances on one database: -e LODE_STORE=postgres://USER:PASSWORD@HOST/DATABASE for both, and no volume.
# Without any key the service listens on loopback only and refuses to start here: the second line comes first.
# Limits, TLS, counters: docs/operation.md.
# The image cannot be built where there is no Docker engine; continuous integration builds the binary with the same
# command instead.

FROM rust:1.95-slim-bookworm AS build
# The image carries this toolchain; without the line rustup would fetch the channel that rust-toolchain.toml names.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /build
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin lode \
 && install --directory --owner lode --group lode --mode 0750 /var/lib/lode
COPY --from=build /build/target/release/lode /usr/local/bin/lode
COPY LICENSE /usr/share/doc/lode/LICENSE
USER 10001:10001
VOLUME ["/var/lib/lode"]
# 9090: counters and probes, once LODE_METRICS_LISTEN names it. The files that run this image are in deploy/.
EXPOSE 8080 9090
CMD ["/usr/local/bin/lode", "serve", "--listen", "0.0.0.0:8080", "--data", "/var/lib/lode"]
