//! The body of a batch as it comes: kept in memory while it is short, on the disk when it is not.

use std::fs::File;
use std::io::{self, Cursor, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::web::{self, Bytes, Payload};
use actix_web::{HttpRequest, rt};
use futures_util::StreamExt;

use super::{IN_MEMORY, REQUEST, broken};
use crate::api::error::{ErrorCode, Problem};
use crate::api::http::{cut_off, too_large};
use crate::api::service::Service;
use crate::batch::forms::Input;
use crate::domain::error::Text;
use crate::jobs::Draft;
use crate::text;

/// Nothing of a body may stay away for longer than this …
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// … and after that time it has to have come at so many bytes a second, on average.
const SLOWEST: u64 = 64 << 10;

/// A body that has come: in memory, or in the file [`REQUEST`] of a draft.
pub(super) struct Body {
    pub(super) memory: Bytes,
    pub(super) kept: Option<(Draft, File)>,
    pub(super) length: u64,
}

impl Body {
    pub(super) fn input(&self) -> io::Result<Box<dyn Input>> {
        match &self.kept {
            Some((draft, _)) => Ok(Box::new(draft.open(REQUEST)?)),
            None => Ok(Box::new(Cursor::new(self.memory.clone()))),
        }
    }
}

/// A body that is coming.
#[derive(Default)]
struct Arriving {
    memory: Vec<u8>,
    kept: Option<(Draft, File)>,
    length: u64,
}

impl Arriving {
    /// Writes what is in memory behind what is in the file.
    fn spill(mut self, service: &Service) -> io::Result<Arriving> {
        let (draft, mut file) = match self.kept.take() {
            Some(kept) => kept,
            None => {
                let draft = service.jobs.scratch()?;
                let file = draft.file(REQUEST)?;
                (draft, file)
            }
        };
        file.write_all(&self.memory)?;
        self.memory.clear();
        self.kept = Some((draft, file));
        Ok(self)
    }
}

/// Takes the body in as it comes.
pub(super) async fn receive(
    service: &Arc<Service>,
    request: &HttpRequest,
    mut body: Payload,
) -> Result<Body, Problem<'static>> {
    let limit = service.batch_bytes;
    let too_long = || Problem::new(ErrorCode::PayloadTooLarge, too_large(limit));
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if said.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64) {
        return Err(too_long());
    }
    let begun = Instant::now();
    let mut arriving = Arriving::default();
    let mut turn = None;
    loop {
        let next =
            rt::time::timeout(patience(arriving.length, begun.elapsed()), body.next()).await.map_err(|_| too_slow())?;
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|_| cut_off())?;
        arriving.length += chunk.len() as u64;
        if arriving.length > limit as u64 {
            return Err(too_long());
        }
        arriving.memory.extend_from_slice(&chunk);
        if arriving.memory.len() > IN_MEMORY {
            if turn.is_none() {
                turn = Some(Arc::clone(&service.spools).try_acquire_owned().map_err(|_| too_many())?);
            }
            arriving = spilled(service, arriving).await?;
        }
    }
    if arriving.kept.is_some() {
        arriving = spilled(service, arriving).await?;
    }
    Ok(Body { memory: arriving.memory.into(), kept: arriving.kept, length: arriving.length })
}

/// How long the next part of a body is waited for, after so many bytes in so much time.
fn patience(received: u64, elapsed: Duration) -> Duration {
    let earned = LONGEST_SILENCE + Duration::from_secs(received / SLOWEST);
    earned.saturating_sub(elapsed).min(LONGEST_SILENCE)
}

async fn spilled(service: &Arc<Service>, arriving: Arriving) -> Result<Arriving, Problem<'static>> {
    let within = Arc::clone(service);
    let spilled = web::block(move || arriving.spill(&within)).await;
    spilled.map_err(|_| Problem::internal())?.map_err(|error| broken(&error))
}

fn too_slow() -> Problem<'static> {
    let (seconds, kibibytes) = (LONGEST_SILENCE.as_secs(), SLOWEST >> 10);
    let detail = text!(
        "请求体 {seconds} 秒内没有新的内容，或平均每秒不足 {kibibytes} KiB；请重新发送，或分开发送",
        "nothing of the body came for {seconds} seconds, or less than {kibibytes} KiB a second on average: send it again, or in parts"
    );
    Problem::at("", ErrorCode::MalformedRequest, detail)
}

fn too_many() -> Problem<'static> {
    let detail = Text::fixed("正在上传的批量过多；请稍后再试", "too many batches are being uploaded: try again later");
    Problem::new(ErrorCode::RateLimited, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_body_is_waited_for_as_long_as_it_comes() {
        let after = |mebibytes: u64, seconds| patience(mebibytes << 20, Duration::from_secs(seconds)).as_secs();
        assert_eq!([after(0, 0), after(0, 29), after(0, 30), after(0, 99)], [30, 1, 0, 0]);
        // 256 MiB may take more than an hour, but not stand still.
        assert_eq!([after(16, 0), after(16, 285), after(16, 286), after(256, 4_096)], [30, 1, 0, 30]);
    }
}
