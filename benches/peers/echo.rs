//! The other side of `benches/peers/compare.py`: a bare actix service that reads a body and answers with fixed bytes, so
//! that what is left between it and lode is what lode does.
//!
//! `echo ANSWER_FILE WORKERS [NAME VALUE]...` listens on a free port of loopback and says which. The names and values are
//! headers of its answers: those that lode sends, so that both write the same bytes.
#![allow(clippy::print_stdout, reason = "the address is read from standard output")]

use std::io::{self, Write};

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};

#[actix_web::main]
async fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let missing = || io::Error::new(io::ErrorKind::InvalidInput, "echo ANSWER_FILE WORKERS [NAME VALUE]...");
    let answer = Bytes::from(std::fs::read(arguments.next().ok_or_else(missing)?)?);
    let workers = arguments.next().and_then(|count| count.parse().ok()).ok_or_else(missing)?;
    let mut headers = Vec::new();
    while let (Some(name), Some(value)) = (arguments.next(), arguments.next()) {
        let name = HeaderName::try_from(name).map_err(io::Error::other)?;
        headers.push((name, HeaderValue::try_from(value).map_err(io::Error::other)?));
    }
    let server = HttpServer::new(move || {
        let (answer, headers) = (answer.clone(), headers.clone());
        App::new().default_service(web::to(move |body: Bytes| {
            let answer = answer.clone();
            let mut response = HttpResponse::Ok();
            response.content_type("application/json");
            for header in &headers {
                response.insert_header(header.clone());
            }
            async move {
                std::hint::black_box(&body);
                response.body(answer)
            }
        }))
    })
    .workers(workers)
    .bind(("127.0.0.1", 0))?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    io::stdout().flush()?;
    server.run().await
}
