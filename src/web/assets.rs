//! The files that pages load: built into the binary, named by their content, so that they may be kept for ever, and
//! compressed when they are first asked for. How each was made stands in `assets/web/README.md`.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::{LazyLock, OnceLock};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, VARY};
use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::api::reply::Reply;

/// Where the files are.
pub(crate) const PATTERN: &str = "/assets/{hash}/{name}";

/// A file of the pages.
#[derive(Debug)]
pub(crate) struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: Cow<'static, [u8]>,
    /// Its address.
    path: String,
    gzipped: OnceLock<Vec<u8>>,
}

macro_rules! files {
    ($($name:literal: $media_type:literal;)*) => {
        &[$(($name, $media_type, include_bytes!(concat!("../../assets/web/", $name)))),*]
    };
}

type File = (&'static str, &'static str, &'static [u8]);

const FILES: &[File] = files! {
    "app.css": "text/css; charset=utf-8";
    "app.js": "text/javascript; charset=utf-8";
    "batch.js": "text/javascript; charset=utf-8";
    "charts.js": "text/javascript; charset=utf-8";
    "echarts.simple.min.js": "text/javascript; charset=utf-8";
    "htmx.min.js": "text/javascript; charset=utf-8";
    "icon.svg": "image/svg+xml";
    "records.css": "text/css; charset=utf-8";
};

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| FILES.iter().map(Asset::of).collect());

impl Asset {
    fn of(&(name, media_type, built_in): &File) -> Asset {
        let bytes = on_disk(name).map_or(Cow::Borrowed(built_in), Cow::Owned);
        let mut hash = HEXLOWER.encode(&Sha256::digest(&bytes));
        hash.truncate(16);
        Asset { name, media_type, bytes, path: format!("/assets/{hash}/{name}"), gzipped: OnceLock::new() }
    }

    fn gzipped(&self) -> &[u8] {
        self.gzipped.get_or_init(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            // Writing into memory does not fail; a file that came out empty is sent as it is.
            let written = encoder.write_all(&self.bytes);
            written.and_then(|()| encoder.finish()).unwrap_or_default()
        })
    }
}

/// While the pages are being worked on, a restart shows what was changed, without compiling.
#[cfg(debug_assertions)]
fn on_disk(name: &str) -> Option<Vec<u8>> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/web").join(name)).ok()
}

#[cfg(not(debug_assertions))]
fn on_disk(_: &str) -> Option<Vec<u8>> {
    None
}

/// The address of a file; that of nothing for a name that no file has.
pub(crate) fn path(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| asset.path.as_str())
}

/// The file at an address, compressed for whoever takes it so; `None` where there is none, also under the name that
/// another content had.
pub(crate) fn reply(path: &str, accepts_gzip: bool) -> Option<Reply> {
    let asset = ASSETS.iter().find(|asset| asset.path == path)?;
    let gzipped = if accepts_gzip { asset.gzipped() } else { &[] };
    let shorter = !gzipped.is_empty() && gzipped.len() < asset.bytes.len();
    let mut reply = Reply::new(200, asset.media_type, if shorter { gzipped } else { &asset.bytes }.to_vec());
    if shorter {
        reply.headers.push((CONTENT_ENCODING, "gzip".into()));
    }
    reply.headers.push((VARY, "Accept-Encoding".into()));
    reply.headers.push((CACHE_CONTROL, "public, max-age=31536000, immutable".into()));
    Some(reply)
}
