//! The pages: what a browser shows at `/`, rendered here, in Chinese and English, with and without script.
//!
//! A page is a function from a [`Visit`](visit::Visit) to a reply, listed in [`ROUTES`]; its content is an askama template
//! under `templates/web/` that extends `layout.html` and has a [`Page`](page::Page) for its frame. Pages compute nothing:
//! they ask the topics of `api` what the API would answer, and show it.

#[macro_use]
mod words;

mod about;
mod articles;
mod assets;
mod batch;
mod calc;
mod home;
mod http;
mod minerals;
mod money;
mod page;
mod preferences;
mod projection;
mod rates;
mod readings;
mod records;
mod session;
mod visit;

use std::sync::Arc;

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use self::http::{Route, Served};
use crate::api::service::Service;

/// All pages, one list for each part.
const ROUTES: [&[Route]; 9] = [
    home::ROUTES,
    calc::ROUTES,
    projection::ROUTES,
    rates::ROUTES,
    readings::ROUTES,
    batch::ROUTES,
    about::ROUTES,
    preferences::ROUTES,
    records::ROUTES,
];

/// Adds the pages and their files to the server.
pub fn register(config: &mut ServiceConfig, service: &Arc<Service>) {
    let patterns = ROUTES.into_iter().flatten().map(|route| route.pattern);
    service.metrics.also_count(patterns.chain([assets::PATTERN]));
    for route in ROUTES.into_iter().flatten() {
        config.service(Served { route: *route, service: Arc::clone(service) });
    }
    let service = Arc::clone(service);
    config.route(assets::PATTERN, web::to(move |request: HttpRequest| http::asset(Arc::clone(&service), request)));
}

/// Answers whatever no route takes: browsers by a page, everybody else as the API does.
pub async fn not_found(service: Arc<Service>, request: HttpRequest, body: Payload) -> HttpResponse {
    http::not_found(service, request, body).await
}
