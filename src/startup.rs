//! Puts the parts together and runs the service.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::{self, Payload};
use actix_web::{App, HttpRequest, HttpServer};
use utoipa_actix_web::AppExt;

use crate::api::access::Keyed;
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
    /// How long the head of a request may take to arrive.
    pub head_time: Duration,
    /// How long a connection may stay open between two requests.
    pub idle_time: Duration,
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
            head_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(5),
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
    let mut server = HttpServer::new(app)
        .client_request_timeout(serving.head_time)
        .keep_alive(serving.idle_time)
        .max_connections(serving.connections)
        .shutdown_timeout(serving.stop_time.as_secs())
        .shutdown_signal(stop);
    if let Some(workers) = serving.workers {
        server = server.workers(workers.into());
    }
    let server = match &serving.certificate {
        Some(certificate) => server.bind_rustls_0_23(addresses.as_slice(), certificate.server()?)?,
        None => server.bind(addresses.as_slice())?,
    };
    let address = first(&server.addrs(), serving.listen)?;
    Ok((server.run(), address))
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
    let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(1).shutdown_signal(stop);
    let server = server.bind(listen)?;
    let address = first(&server.addrs(), listen)?;
    Ok((server.run(), address))
}

fn first(addresses: &[SocketAddr], listen: &str) -> io::Result<SocketAddr> {
    let none = || io::Error::new(io::ErrorKind::AddrNotAvailable, format!("{listen}: no address"));
    addresses.first().copied().ok_or_else(none)
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
