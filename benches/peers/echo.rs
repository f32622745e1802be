//! The other side of `benches/peers/compare.py`: a bare actix service that reads a body and answers with fixed bytes, so
//! that what is left between it and lode is what lode does.
//!
//! `echo ANSWER_FILE WORKERS` listens on a free port of loopback and says which.
#![allow(clippy::print_stdout, reason = "the address is read from standard output")]

use std::io::{self, Write};

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};

#[actix_web::main]
async fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let missing = || io::Error::new(io::ErrorKind::InvalidInput, "echo ANSWER_FILE WORKERS");
    let answer = Bytes::from(std::fs::read(arguments.next().ok_or_else(missing)?)?);
    let workers = arguments.next().and_then(|count| count.parse().ok()).ok_or_else(missing)?;
    let server = HttpServer::new(move || {
        let answer = answer.clone();
        App::new().default_service(web::to(move |body: Bytes| {
            let answer = answer.clone();
            async move {
                std::hint::black_box(&body);
                HttpResponse::Ok().content_type("application/json").body(answer)
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
