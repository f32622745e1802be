//! Puts the parts together and runs the service.

use std::fmt::Debug;
use std::future::ready;
use std::hint::black_box;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
#[cfg(unix)]
use std::num::NonZero;
use std::sync::Arc;
#[cfg(unix)]
use std::thread::available_parallelism;
use std::time::Duration;

use actix_http::{Extensions, HttpServiceBuilder, KeepAlive, Request, Response};
use actix_server::{GracefulShutdownSignal, ServerBuilder};
use actix_service::{
    IntoServiceFactory, Service as ActixService, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{AppConfig, Server, ServiceResponse};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Payload};
use actix_web::{App, Error, HttpRequest};
use rustls::ServerConfig;
use socket2::{Domain, Protocol, Socket, Type};
use utoipa_actix_web::AppExt;

use crate::api::access::Keyed;
use crate::api::connection::{Connection, Times};
use crate::api::gate::Gatekeeper;
use crate::api::http::{self, Served};
use crate::api::jobs;
use crate::api::openapi::{self, Description};
use crate::api::routes::{self, Action};
use crate::api::service::Service;
use crate::tls::Certificate;
use crate::web as pages;

/// How the service is served.
#[derive(Clone, Debug)]
pub struct Serving<'a> {
    /// The address to listen on.
    pub listen: &'a str,
    /// Worker threads; one for each processor unless said.
    pub workers: Option<u16>,
    /// Speaks TLS with this certificate.
    pub certificate: Option<Arc<Certificate>>,
    /// How long clients may take.
    pub times: Times,
    /// How long a stop waits for requests in flight.
    pub stop_time: Duration,
    /// Connections of one worker at once.
    pub connections: usize,
}

impl<'a> Serving<'a> {
    /// As it is served unless said otherwise.
    pub fn at(listen: &'a str) -> Serving<'a> {
        Serving {
            listen,
            workers: None,
            certificate: None,
            times: Times::default(),
            stop_time: Duration::from_secs(30),
            connections: 25_000,
        }
    }
}

/// Binds the address and makes the server; it serves once the future is awaited and stops when `stop` is done: new
/// connections are refused, requests in flight are answered.
pub fn server(
    service: Arc<Service>,
    serving: &Serving<'_>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<(Server, SocketAddr)> {
    let addresses: Vec<SocketAddr> = serving.listen.to_socket_addrs()?.collect();
    may_listen(&service, &addresses)?;
    keep_what_is_freed();
    jobs::begin(&service)?;
    let working = service.jobs.clone();
    let stop = async move {
        stop.await;
        // Who listens to a job would keep the service from stopping.
        working.stop();
    };
    let app = move || {
        let (routed, shown) = (Arc::clone(&service), Arc::clone(&service));
        let (lost, kept) = (Arc::clone(&service), Arc::clone(&service));
        App::new()
            .wrap(Gatekeeper(kept))
            .into_utoipa_app()
            .configure(move |config| openapi::register(config, &routed, Description::Unwanted))
            .into_app()
            .configure(move |config| pages::register(config, &shown))
            .default_service(web::to(move |request: HttpRequest, body: Payload| {
                pages::not_found(Arc::clone(&lost), request, body)
            }))
    };
    let mut builder = Server::build()
        .max_concurrent_connections(connections(serving))
        .shutdown_timeout(serving.stop_time.as_secs())
        .shutdown_signal(stop);
    if let Some(workers) = serving.workers {
        builder = builder.workers(workers.into());
    }
    let tls = serving.certificate.as_ref().map(Certificate::server).transpose()?;
    listening(builder, &addresses, serving.listen, serving.times, tls, app)
}

/// The allocator of glibc gives memory back to the system as soon as so much of it is free at the end of a heap, 128 KiB at
/// first, and has it come again page by page: after a burst of long answers each request would fetch hundreds of pages, a
/// third of its time. How much it keeps it learns from the largest block that was freed: twice that. No page of this one is
/// touched. Other allocators do not mind.
fn keep_what_is_freed() {
    const BLOCK: usize = 4 << 20;
    drop(black_box(Vec::<u8>::with_capacity(BLOCK)));
}

/// Serves the counters and the probes at an address of their own, which need not be reached from where the service is. It
/// goes on until the other one has stopped.
pub fn metrics(
    service: Arc<Service>,
    listen: &str,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<(Server, SocketAddr)> {
    let app = move || {
        let (routed, lost) = (Arc::clone(&service), Arc::clone(&service));
        let mut app = App::new();
        for route in routes::all() {
            if let Action::Probe(_) = route.action {
                app = app.service(Served { route, service: Arc::clone(&routed) });
            }
        }
        app.default_service(web::to(move |request: HttpRequest, body: Payload| {
            http::not_found(Arc::clone(&lost), request, body)
        }))
    };
    let addresses: Vec<SocketAddr> = listen.to_socket_addrs()?.collect();
    let builder = Server::build().workers(1).disable_signals().shutdown_timeout(1).shutdown_signal(stop);
    listening(builder, &addresses, listen, Times::default(), None, app)
}

/// File descriptors that are kept for what is not a connection: the store, jobs, the pool of a database.
#[cfg(unix)]
const FILES: u64 = 512;

/// Connections of one worker at once: no more than there are file descriptors for. A connection too many waits in the
/// system; a file that cannot be opened would be a record that cannot be made.
#[cfg(unix)]
fn connections(serving: &Serving<'_>) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // What the process may have is often more than it is given at first.
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let limit = if setrlimit(Resource::Nofile, raised).is_ok() { raised } else { limit };
    let Some(files) = limit.current else { return serving.connections };
    let workers = serving.workers.map_or_else(|| available_parallelism().map_or(1, NonZero::get), usize::from);
    let room = room(files, workers);
    if room < serving.connections {
        tracing::warn!(
            files,
            workers,
            connections = room,
            configured = serving.connections,
            "fewer file descriptors than connections: each worker takes so many (raise the limit, ulimit -n)"
        );
    }
    serving.connections.min(room)
}

/// Connections of one worker that so many file descriptors have room for.
#[cfg(unix)]
fn room(files: u64, workers: usize) -> usize {
    let rest = files - FILES.min(files / 2);
    usize::try_from(rest).unwrap_or(usize::MAX).checked_div(workers).unwrap_or(1).max(1)
}

/// Connections of one worker at once.
#[cfg(not(unix))]
fn connections(serving: &Serving<'_>) -> usize {
    serving.connections
}

/// Connections that wait to be taken up.
const WAITING: i32 = 1024;

/// How long a connection that is given up may take to notice.
const FAREWELL: Duration = Duration::from_secs(1);

/// Listens at all of the addresses and serves what is made for each worker, over [`Connection`]s: what actix's own
/// `HttpServer` does, but for the stream below it.
fn listening<A, S, B>(
    mut builder: ServerBuilder,
    addresses: &[SocketAddr],
    named: &str,
    times: Times,
    tls: Option<ServerConfig>,
    app: impl Fn() -> A + Clone + Send + 'static,
) -> io::Result<(Server, SocketAddr)>
where
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Error = Error, InitError = (), Response = ServiceResponse<B>>
        + 'static,
    B: MessageBody + 'static,
{
    let mut bound = None;
    for address in addresses {
        let listener = bind(*address)?;
        let local = listener.local_addr()?;
        bound.get_or_insert(local);
        let (stopping, app) = (builder.graceful_shutdown_signal(), app.clone());
        let name = format!("lode-{local}");
        builder = match tls.clone() {
            None => builder.listen(name, listener, move || {
                let app = app().into_factory().map_err(|error| error.error_response());
                let opened = move |stream: TcpStream| {
                    let peer = stream.peer_addr().ok();
                    ready(Ok((Connection::new(stream, times), peer)))
                };
                let service = http(times, local, stopping.clone())
                    .on_connect_ext(watched)
                    .h1(map_config(app, |()| AppConfig::default()));
                fn_service(opened).and_then(service)
            })?,
            Some(mut tls) => {
                tls.alpn_protocols = vec![b"http/1.1".to_vec()];
                builder.listen(name, listener, move || {
                    let app = app().into_factory().map_err(|error| error.error_response());
                    let service = http(times, local, stopping.clone())
                        .on_connect_ext(watched)
                        .h1(map_config(app, |()| AppConfig::default()));
                    let opened = move |stream: TlsStream<TcpStream>| {
                        let peer = stream.get_ref().0.peer_addr().ok();
                        ready(Ok((Connection::new(stream, times), peer)))
                    };
                    Acceptor::new(tls.clone()).map_err(drop).and_then(opened).and_then(service.map_err(drop))
                })?
            }
        };
    }
    let none = || io::Error::new(io::ErrorKind::AddrNotAvailable, format!("{named}: no address"));
    Ok((builder.run(), bound.ok_or_else(none)?))
}

fn http<T, S>(times: Times, local: SocketAddr, stopping: GracefulShutdownSignal) -> HttpServiceBuilder<T, S>
where
    S: ServiceFactory<Request, Config = ()>,
    S::Error: Into<Response<BoxBody>> + 'static,
    S::InitError: Debug,
    <S::Service as ActixService<Request>>::Future: 'static,
{
    HttpServiceBuilder::default()
        // Those of the connection are in its stream; actix has the one for the first head, which it answers.
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(times.head)
        .client_disconnect_timeout(FAREWELL)
        .local_addr(local)
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
}

/// Lets the requests of a connection say what they do.
fn watched<T>(connection: &Connection<T>, data: &mut Extensions) {
    data.insert(connection.watch());
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Else a service that starts again waits for what is left of its connections.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(WAITING)?;
    Ok(socket.into())
}

/// Without keys whoever reaches the service is its one user: then nobody else may reach it.
fn may_listen(service: &Service, addresses: &[SocketAddr]) -> io::Result<()> {
    let local = addresses.iter().all(|address| address.ip().is_loopback());
    if local || !service.records.are_kept() {
        return Ok(());
    }
    // Waiting for a database is refused to a thread that runs the service's own tasks, as this one may.
    let asked = std::thread::scope(|scope| scope.spawn(|| service.keyed()).join());
    let keyed = asked.map_err(|_| io::Error::other("the records could not be asked"))?;
    if keyed.map_err(io::Error::other)? == Keyed::Yes {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "记录库中没有密钥，只能监听本机地址（127.0.0.1、::1）；先用 lode keys create 发放密钥 · \
         without any key in the records the service listens on loopback (127.0.0.1, ::1) only: create one first by lode keys create",
    ))
}

/// Reads the certificate again whenever the process is told so (SIGHUP), for as long as the service runs.
#[cfg(unix)]
pub fn reload_when_told(certificate: Arc<Certificate>) -> io::Result<()> {
    use actix_web::rt::signal::unix::{SignalKind, signal};
    let mut told = signal(SignalKind::hangup())?;
    actix_web::rt::spawn(async move {
        while told.recv().await.is_some() {
            match certificate.reload() {
                Ok(()) => tracing::info!("the certificate was read again"),
                Err(error) => tracing::error!(%error, "the certificate stays as it was"),
            }
        }
    });
    Ok(())
}

/// Reads the certificate again whenever the process is told so; nobody can tell it here.
#[cfg(not(unix))]
pub fn reload_when_told(_: Arc<Certificate>) -> io::Result<()> {
    Ok(())
}

/// Done when the process is asked to stop: SIGTERM or SIGINT.
#[cfg(unix)]
pub async fn asked_to_stop() {
    use actix_web::rt::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("the signals to stop cannot be heard");
        return std::future::pending().await;
    };
    futures_util::future::select(Box::pin(terminate.recv()), Box::pin(interrupt.recv())).await;
    tracing::info!("asked to stop: requests in flight are finished first");
}

/// Done when the process is asked to stop.
#[cfg(not(unix))]
pub async fn asked_to_stop() {
    if actix_web::rt::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_file_descriptors_for_the_records() {
        for (files, workers, wanted) in [(20_512, 2, 10_000), (1024, 2, 256), (600, 1, 300), (3, 8, 1), (0, 1, 1)] {
            assert_eq!(room(files, workers), wanted, "{files} for {workers}");
        }
    }
}
