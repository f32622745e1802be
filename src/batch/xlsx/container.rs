//! The ZIP container of a workbook, read by its list of parts at the end. Nothing that it says of itself is believed: what
//! a part inflates to is counted while it is inflated.
//!
//! One reader looks for the list, and only the parts that are needed are opened, so that there are no two readings of one
//! file that could differ, and what is hidden in other parts never unfolds.

use std::io::{self, BufRead, Read, Seek, SeekFrom, Take};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use memchr::{memchr, memmem, memrchr};

use crate::batch::engine::Stop;
use crate::domain::error::Text;
use crate::text;

/// Parts of a container. Excel writes a few dozen; a picture is a part of its own.
const MOST_PARTS: usize = 4096;
/// Bytes of the list of parts.
const MOST_LIST: u64 = 1 << 20;
/// From this size on the ratio counts …
const SMALL: u64 = 16 << 20;
/// … of inflated to packed bytes. Deflate reaches 1032; sheets full of the same values stay below 60.
const MOST_RATIO: u64 = 150;
/// Bytes between two `<`: no tag and no text of a workbook is longer. A cell holds 32 767 characters.
const MOST_TOKEN: u64 = 256 << 10;
/// Bytes that are read at once.
const BLOCK: usize = 64 << 10;
/// Bytes in which the stream of an encrypted workbook is looked for.
const MOST_OLE: u64 = 4 << 20;

/// A part of the container as the list gives it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its name, without a slash at the beginning.
    pub(super) name: String,
    method: u16,
    is_encrypted: bool,
    crc: u32,
    packed: u64,
    offset: u64,
}

/// Why a file is no container that can be read.
fn damaged() -> Stop {
    Stop::Input(Text::fixed(
        "XLSX 文件不完整或已损坏（ZIP 结构有误）；请重新导出或重新上传",
        "the XLSX file is truncated or damaged (its ZIP structure is broken): export or upload it again",
    ))
}

fn read_at<R: Read + Seek>(input: &mut R, offset: u64, length: usize) -> Result<Vec<u8>, Stop> {
    input.seek(SeekFrom::Start(offset)).map_err(Stop::Read)?;
    let mut bytes = vec![0; length];
    match input.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(damaged()),
        Err(error) => Err(Stop::Read(error)),
    }
}

/// Little-endian numbers of a record; what lies outside is zero, which no check passes.
struct Record<'b>(&'b [u8]);

impl Record<'_> {
    fn number(&self, at: usize, length: usize) -> u64 {
        let bytes = self.0.get(at..at + length).unwrap_or_default();
        bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }

    fn short(&self, at: usize) -> u16 {
        u16::try_from(self.number(at, 2)).unwrap_or_default()
    }

    fn size(&self, at: usize) -> usize {
        usize::from(self.short(at))
    }
}

/// The parts of a container.
pub(super) fn entries<R: Read + Seek>(input: &mut R) -> Result<Vec<Entry>, Stop> {
    let length = input.seek(SeekFrom::End(0)).map_err(Stop::Read)?;
    let start = read_at(input, 0, usize::try_from(length.min(8)).unwrap_or_default())?;
    if !start.starts_with(b"PK") {
        return Err(no_container(input, &start, length)?);
    }
    let (count, size, offset) = list_place(input, length)?;
    if count > MOST_PARTS || size > MOST_LIST {
        return Err(Stop::Input(text!(
            "文件内有 {count} 个部分，最多 {MOST_PARTS} 个",
            "the file has {count} parts; at most {MOST_PARTS} are allowed"
        )));
    }
    let list = read_at(input, offset, usize::try_from(size).map_err(|_| damaged())?)?;
    let mut found: Vec<Entry> = Vec::with_capacity(count);
    let mut rest = list.as_slice();
    for _ in 0..count {
        let record = Record(rest);
        if !rest.starts_with(b"PK\x01\x02") {
            return Err(damaged());
        }
        let (name, extra, comment) = (record.size(28), record.size(30), record.size(32));
        let end = 46 + name + extra + comment;
        let (Some(bytes), Some(extra)) = (rest.get(46..46 + name), rest.get(46 + name..46 + name + extra)) else {
            return Err(damaged());
        };
        let name = String::from_utf8_lossy(bytes).replace('\\', "/");
        let (packed, offset) = large(&record, extra);
        let entry = Entry {
            name: name.trim_start_matches('/').to_owned(),
            method: record.short(10),
            is_encrypted: record.short(8) & 1 == 1,
            crc: u32::try_from(record.number(16, 4)).unwrap_or_default(),
            packed,
            offset,
        };
        if found.iter().any(|known| known.name.eq_ignore_ascii_case(&entry.name)) {
            let name = crate::domain::error::shortened(&entry.name);
            return Err(Stop::Input(text!("文件内“{name}”出现两次", "the file holds “{name}” twice")));
        }
        found.push(entry);
        rest = rest.get(end..).ok_or_else(damaged)?;
    }
    Ok(found)
}

/// The packed size and the offset of a part, from its 64-bit fields where the short ones are full.
fn large(record: &Record<'_>, mut extra: &[u8]) -> (u64, u64) {
    const FULL: u64 = 0xFFFF_FFFF;
    let (size, packed, offset) = (record.number(24, 4), record.number(20, 4), record.number(42, 4));
    while extra.len() >= 4 {
        let field = Record(extra);
        let (id, length) = (field.short(0), field.size(2));
        if id == 1 {
            let mut at = 4;
            let mut take = |short: u64| {
                if short != FULL {
                    return short;
                }
                at += 8;
                field.number(at - 8, 8)
            };
            let _ = take(size);
            let packed = take(packed);
            return (packed, take(offset));
        }
        extra = extra.get(4 + length..).unwrap_or_default();
    }
    (packed, offset)
}

/// How many parts the list has, its bytes and where it begins.
fn list_place<R: Read + Seek>(input: &mut R, length: u64) -> Result<(usize, u64, u64), Stop> {
    const END: usize = 22;
    let tail = length.min(END as u64 + 0xFFFF);
    let bytes = read_at(input, length - tail, usize::try_from(tail).map_err(|_| damaged())?)?;
    // The last record whose comment ends with the file.
    let at = memmem::rfind_iter(&bytes, b"PK\x05\x06")
        .find(|at| bytes.get(*at..).is_some_and(|end| END + Record(end).size(20) == end.len()))
        .ok_or_else(damaged)?;
    let end = Record(bytes.get(at..).unwrap_or_default());
    let (mut count, mut size, mut offset) = (end.number(10, 2), end.number(12, 4), end.number(16, 4));
    let mut before = length - tail + at as u64;
    if (count == 0xFFFF || offset == 0xFFFF_FFFF) && before >= 20 {
        let locator = read_at(input, before - 20, 20)?;
        if !locator.starts_with(b"PK\x06\x07") {
            return Err(damaged());
        }
        before = Record(&locator).number(8, 8);
        let record = read_at(input, before, 56)?;
        if !record.starts_with(b"PK\x06\x06") {
            return Err(damaged());
        }
        (count, size, offset) =
            (Record(&record).number(32, 8), Record(&record).number(40, 8), Record(&record).number(48, 8));
    }
    if offset.checked_add(size).is_none_or(|end| end > before) {
        return Err(damaged());
    }
    Ok((usize::try_from(count).map_err(|_| damaged())?, size, offset))
}

/// What a file is that does not begin as a container.
fn no_container<R: Read + Seek>(input: &mut R, start: &[u8], length: u64) -> Result<Stop, Stop> {
    if start.is_empty() {
        return Ok(Stop::Input(Text::fixed("文件是空的（0 字节）", "the file is empty (0 bytes)")));
    }
    if start.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        let bytes = read_at(input, 0, usize::try_from(length.min(MOST_OLE)).unwrap_or_default())?;
        let stream: Vec<u8> = "EncryptedPackage".bytes().flat_map(|byte| [byte, 0]).collect();
        return Ok(Stop::Input(if memmem::find(&bytes, &stream).is_some() {
            Text::fixed(
                "文件已加密；请在 Excel 中取消密码后另存为 .xlsx",
                "the file is encrypted: take its password away in Excel and save it as .xlsx",
            )
        } else {
            Text::fixed(
                "这是 Excel 97–2003 的 .xls 文件；请另存为 .xlsx",
                "this is an .xls file of Excel 97–2003: save it as .xlsx",
            )
        }));
    }
    Ok(Stop::Input(if start.trim_ascii_start().starts_with(b"<") || start.starts_with(b"\xEF\xBB\xBF<") {
        Text::fixed(
            "不是 XLSX：内容是网页或 XML 文本，只是扩展名为 .xlsx；请在 Excel 中打开后另存为 .xlsx",
            "this is no XLSX: it is HTML or XML under that extension; open it in Excel and save it as .xlsx",
        )
    } else {
        Text::fixed(
            "不是 XLSX（不是 ZIP 文件）；如为 CSV，请用扩展名 .csv 或声明格式",
            "this is no XLSX (no ZIP file); if it is CSV, give it that extension or declare its form",
        )
    }))
}

/// Packed bytes on their way out.
enum Unpacked<R> {
    Stored(Take<R>),
    Deflated(Box<DeflateDecoder<Take<R>>>),
}

/// The bytes of a part, counted and checked as they are inflated.
pub(super) struct Part<R> {
    name: String,
    input: Unpacked<R>,
    block: Vec<u8>,
    at: usize,
    filled: usize,
    ended: bool,
    total: u64,
    since_tag: u64,
    packed: u64,
    most: u64,
    crc: Crc,
    expected: u32,
    fault: Option<Stop>,
}

impl<R: Read + Seek> Part<R> {
    /// Opens a part that may inflate to so many bytes.
    pub(super) fn open(mut input: R, entry: &Entry, most: u64) -> Result<Part<R>, Stop> {
        let name = entry.name.clone();
        if entry.is_encrypted {
            return Err(Stop::Input(Text::fixed(
                "文件的 ZIP 带密码；请取消密码",
                "the ZIP of the file has a password: take it away",
            )));
        }
        let head = read_at(&mut input, entry.offset, 30)?;
        if !head.starts_with(b"PK\x03\x04") {
            return Err(damaged());
        }
        let head = Record(&head);
        let start = entry.offset.saturating_add(30 + head.number(26, 2) + head.number(28, 2));
        let length = input.seek(SeekFrom::End(0)).map_err(Stop::Read)?;
        if start.saturating_add(entry.packed) > length {
            return Err(damaged());
        }
        input.seek(SeekFrom::Start(start)).map_err(Stop::Read)?;
        let bytes = input.take(entry.packed);
        let input = match entry.method {
            0 => Unpacked::Stored(bytes),
            8 => Unpacked::Deflated(Box::new(DeflateDecoder::new(bytes))),
            other => {
                return Err(Stop::Input(text!(
                    "“{name}”用了 XLSX 不用的压缩方法（{other}）",
                    "“{name}” is packed by a method that XLSX does not use ({other})"
                )));
            }
        };
        Ok(Part {
            name,
            input,
            block: vec![0; BLOCK],
            at: 0,
            filled: 0,
            ended: false,
            total: 0,
            since_tag: 0,
            packed: entry.packed,
            most,
            crc: Crc::new(),
            expected: entry.crc,
            fault: None,
        })
    }
}

impl<R: Read> Part<R> {
    /// The name of the part.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Why reading it failed, if it did.
    pub(super) fn fault(&mut self) -> Option<Stop> {
        self.fault.take()
    }

    fn refill(&mut self) -> Result<(), Stop> {
        let read = loop {
            let read = match &mut self.input {
                Unpacked::Stored(bytes) => bytes.read(&mut self.block),
                Unpacked::Deflated(bytes) => bytes.read(&mut self.block),
            };
            match read {
                Ok(read) => break read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
                    let is_damage = matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof);
                    return Err(if is_damage { damaged() } else { Stop::Read(error) });
                }
            }
        };
        (self.at, self.filled) = (0, read);
        if read == 0 {
            self.ended = true;
            return if self.crc.sum() == self.expected { Ok(()) } else { Err(damaged()) };
        }
        let bytes = self.block.get(..read).unwrap_or_default();
        self.crc.update(bytes);
        self.total += read as u64;
        let name = &self.name;
        if self.total > self.most {
            let most = self.most >> 20;
            return Err(Stop::Input(text!(
                "“{name}”展开后超过 {most} MiB，已停止；请拆分文件，或改用 CSV",
                "“{name}” inflates to more than {most} MiB: stopped; split the file, or use CSV"
            )));
        }
        if self.total > SMALL && self.total / self.packed.max(1) > MOST_RATIO {
            return Err(Stop::Input(text!(
                "“{name}”展开后超过压缩前的 {MOST_RATIO} 倍，像是压缩炸弹，已停止",
                "“{name}” inflates to more than {MOST_RATIO} times its size, as a zip bomb does: stopped"
            )));
        }
        match memchr(b'<', bytes) {
            Some(first) => {
                let longest = self.since_tag + first as u64;
                self.since_tag = (read - memrchr(b'<', bytes).unwrap_or_default()) as u64;
                self.token(longest)
            }
            None => {
                self.since_tag += read as u64;
                self.token(self.since_tag)
            }
        }
    }

    fn token(&self, length: u64) -> Result<(), Stop> {
        if length <= MOST_TOKEN {
            return Ok(());
        }
        let (name, most) = (&self.name, MOST_TOKEN >> 10);
        Err(Stop::Input(text!(
            "“{name}”中有一处文字或标签超过 {most} KiB；单元格最多 32767 个字符",
            "“{name}” holds a text or a tag of more than {most} KiB; a cell takes at most 32767 characters"
        )))
    }
}

impl<R: Read> Read for Part<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let read = bytes.len().min(into.len());
        if let (Some(into), Some(bytes)) = (into.get_mut(..read), bytes.get(..read)) {
            into.copy_from_slice(bytes);
        }
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Part<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.filled
            && !self.ended
            && let Err(fault) = self.refill()
        {
            self.ended = true;
            self.filled = self.at;
            self.fault = Some(fault);
            return Err(io::Error::other("the part cannot be read"));
        }
        Ok(self.block.get(self.at..self.filled).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.filled);
    }
}
