//! A batch as a job: it keeps where it is, and goes on from there after a stop.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::answers::processors;
use super::order::KeptOrder;
use super::{BUFFER, ORDER, REQUEST, no_rows};
use crate::api::error::{ErrorCode, Problem};
use crate::api::jobs;
use crate::api::service::{Service, dataset_header};
use crate::batch::engine::Stop;
use crate::batch::forms::Writer;
use crate::batch::resume::{self, Track};
use crate::jobs::{Desk, Finished, Stopped};

/// The answers, row by row, of which a workbook is made at the end.
const RECORDS: &str = "records";

/// How often a job keeps where it is.
const PACE: Duration = Duration::from_millis(500);

/// Where a job stands: everything before it is in the result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Checkpoint {
    /// What the answers so far were computed by; whatever else goes on begins again.
    by: String,
    /// Rows of the body that are answered, the blank ones included.
    rows: u64,
    /// Length of the result.
    bytes: u64,
    good: u64,
    bad: u64,
    /// Rows of the body.
    total: u64,
}

/// What answers depend on beside the request.
fn computed_by(service: &Service) -> String {
    format!("{} {}", env!("CARGO_PKG_VERSION"), dataset_header(&service.book))
}

pub(super) fn work(service: &Arc<Service>, desk: &Desk<'_>) -> Result<Finished, Stopped> {
    let kept = serde_json::from_slice::<KeptOrder>(&desk.brought_bytes(ORDER)?).ok().and_then(KeptOrder::order);
    let order = kept.ok_or_else(|| Stopped::Broken("the order cannot be read".to_owned()))?;
    let refused = |problem: &Problem<'_>| {
        let reply = problem.reply(order.lang, &service.book, &order.request_id);
        Stopped::Refused(serde_json::from_slice(&reply.body).unwrap_or_default())
    };
    let stopped = |stop: Stop| match stop {
        Stop::Input(detail) => refused(&Problem::at("", ErrorCode::MalformedRequest, detail)),
        Stop::Read(error) | Stop::Write(error) => error.into(),
    };
    let opened = || order.open(Box::new(desk.brought(REQUEST)?)).map_err(stopped);
    let by = computed_by(service);
    let known = desk.checkpoint()?.and_then(|kept| serde_json::from_value::<Checkpoint>(kept).ok());
    let begun = known.filter(|known| known.by == by);
    let goes_on = begun.is_some();
    let mut place = match begun {
        Some(place) => place,
        None => {
            let total = resume::count(&mut *opened()?.source, || desk.go_on())?.map_err(stopped)?;
            Checkpoint { by, total, ..Checkpoint::default() }
        }
    };
    let total = Some(place.total);
    desk.progress(place.good + place.bad, total);
    desk.failed(place.bad);
    let opened_again = opened()?;
    let writer = order.writer(&opened_again);
    let is_of_records = writer.is_of_records();
    let kept = if is_of_records { desk.scratch(RECORDS, place.bytes)? } else { desk.result(place.bytes)? };
    let mut result = BufWriter::with_capacity(BUFFER, kept);
    let track = Track::default();
    let mut is_head = true;
    let mut interrupted = false;
    let mut no_room = None;
    let mut kept_at = Instant::now();
    let done = order.answer(
        &service.book,
        opened_again,
        &writer,
        (place.rows, track.clone()),
        processors(),
        &mut |bytes, tally| {
            if desk.go_on().is_err() {
                interrupted = true;
                return Err(io::ErrorKind::Interrupted.into());
            }
            if std::mem::take(&mut is_head) {
                // What goes on has its head.
                if !goes_on {
                    result.write_all(bytes)?;
                    place.bytes += bytes.len() as u64;
                }
                return Ok(());
            }
            if is_of_records {
                // A workbook is put together at the end, from the same pieces.
                let length = bytes.len() as u64;
                result.write_all(&length.to_le_bytes())?;
                place.bytes += 8;
            }
            result.write_all(bytes)?;
            place.bytes += bytes.len() as u64;
            place.rows += track.next();
            place.good += tally.good;
            place.bad += tally.bad;
            desk.progress(place.good + place.bad, total);
            desk.failed(place.bad);
            if kept_at.elapsed() >= PACE {
                if let Err(full) = desk.fits() {
                    no_room = Some(full);
                    return Err(io::ErrorKind::StorageFull.into());
                }
                result.flush()?;
                result.get_ref().sync_data()?;
                desk.keep_checkpoint(&serde_json::to_value(&place)?)?;
                kept_at = Instant::now();
            }
            Ok(())
        },
    );
    if interrupted {
        return Err(Stopped::Interrupted);
    }
    if let Some(full) = no_room {
        return Err(refused(&jobs::not_taken(&full)));
    }
    done.map_err(stopped)?;
    result.flush()?;
    desk.fits().map_err(|full| refused(&jobs::not_taken(&full)))?;
    let rows = place.good + place.bad;
    if rows == 0 {
        return Err(refused(&no_rows()));
    }
    desk.progress(rows, Some(rows));
    if is_of_records {
        let records = result.into_inner().map_err(io::IntoInnerError::into_error)?;
        put_together(&writer, records, desk)?.map_err(|error| stopped(Stop::of_writing(error)))?;
    }
    let name = format!("{}.{}", order.topic.slug(), order.to.extension);
    Ok(Finished { media_type: order.media_type, name })
}

/// Makes the result of records, each piece of which comes after its length. A job that is killed here begins with this again,
/// from the records that it has.
fn put_together(writer: &Writer, mut records: File, desk: &Desk<'_>) -> Result<io::Result<()>, Stopped> {
    records.seek(SeekFrom::Start(0))?;
    let mut left = records.metadata()?.len();
    let mut records = BufReader::with_capacity(BUFFER, records);
    let mut result = BufWriter::with_capacity(BUFFER, desk.result(0)?);
    let mut output = writer.begin(Some(desk.directory()))?;
    let mut piece = Vec::new();
    while left > 0 {
        desk.go_on()?;
        let mut length = [0; 8];
        records.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        piece.clear();
        (&mut records).take(length).read_to_end(&mut piece)?;
        left = left.saturating_sub(8 + length);
        if let Err(error) = output.take(&piece, &mut result) {
            return Ok(Err(error));
        }
    }
    Ok(output.finish(&mut result).and_then(|()| result.flush()))
}
