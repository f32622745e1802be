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
use crate::api::jobs;
use crate::api::openapi::{self, Description};
use crate::api::service::Service;
use crate::web as pages;

/// How long a stop waits for requests in flight.
const STOP_SECONDS: u64 = 30;

/// How long the head of a request may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Binds the address and makes the server; it serves once the future is awaited and stops when `stop` is done: new
/// connections are refused, requests in flight are answered.
pub fn server(
    service: Arc<Service>,
    listen: &str,
    workers: Option<u16>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<(Server, SocketAddr)> {
    let addresses: Vec<SocketAddr> = listen.to_socket_addrs()?.collect();
    may_listen(&service, &addresses)?;
    jobs::begin(&service)?;
    let working = service.jobs.clone();
    let stop = async move {
        stop.await;
        // Who listens to a job would keep the service from stopping.
        working.stop();
    };
    let app = move || {
        let (routed, shown, lost) = (Arc::clone(&service), Arc::clone(&service), Arc::clone(&service));
        App::new()
            .into_utoipa_app()
            .configure(move |config| openapi::register(config, &routed, Description::Unwanted))
            .into_app()
            .configure(move |config| pages::register(config, &shown))
            .default_service(web::to(move |request: HttpRequest, body: Payload| {
                pages::not_found(Arc::clone(&lost), request, body)
            }))
    };
    let mut server =
        HttpServer::new(app).client_request_timeout(HEAD_TIMEOUT).shutdown_timeout(STOP_SECONDS).shutdown_signal(stop);
    if let Some(workers) = workers {
        server = server.workers(workers.into());
    }
    let server = server.bind(addresses.as_slice())?;
    let address = server
        .addrs()
        .first()
        .copied()
        .ok_or_else(|| io::Error::new(io::ErrorKind::AddrNotAvailable, format!("{listen}: no address")))?;
    Ok((server.run(), address))
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
