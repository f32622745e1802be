//! Text files as they come: UTF-8 with or without a byte order mark, GB18030 (and so GBK and GB2312), UTF-16 with a mark.
//!
//! Without a mark the first block that is not plain ASCII decides: what is no UTF-8 and can be GB18030 is taken as that.

use std::io::Read;

use encoding_rs::{CoderResult, Decoder, DecoderResult, Encoding, GB18030, UTF_16BE, UTF_16LE};

use super::engine::{self, Stop};
use crate::text;

/// Bytes that are read at once.
const BLOCK: usize = 64 << 10;

/// What a text file is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// Found out.
    #[default]
    Detected,
    /// UTF-8.
    Utf8,
    /// GB18030, of which GBK and GB2312 are parts.
    Gb18030,
}

enum State {
    Start,
    /// Plain ASCII so far.
    Ascii,
    /// UTF-8, passed on as it is: each row is checked by itself.
    Utf8,
    Decoding(Decoder),
}

/// A stream as UTF-8.
pub struct Utf8<R> {
    input: R,
    raw: Vec<u8>,
    state: State,
    charset: Charset,
    ended: bool,
}

impl<R: Read> Utf8<R> {
    /// This stream, written in that.
    pub fn new(input: R, charset: Charset) -> Utf8<R> {
        Utf8 { input, raw: vec![0; BLOCK], state: State::Start, charset, ended: false }
    }

    /// Whether the text was decoded: then what could not be is marked in it by U+FFFD.
    pub fn is_decoded(&self) -> bool {
        matches!(self.state, State::Decoding(_))
    }

    /// The next part of the text, in the place of what is in the buffer; `false` at the end.
    pub fn read(&mut self, into: &mut Vec<u8>) -> Result<bool, Stop> {
        into.clear();
        while into.is_empty() && !self.ended {
            let read = self.block()?;
            self.ended = read == 0;
            let block = self.raw.get(..read).unwrap_or_default();
            let block = match self.state {
                State::Start => {
                    let (state, block) = begin(block, self.charset)?;
                    self.state = state;
                    block
                }
                _ => block,
            };
            if matches!(self.state, State::Ascii) && !block.is_ascii() {
                self.state = decide(block);
            }
            match &mut self.state {
                State::Decoding(decoder) => decode(decoder, block, self.ended, into),
                _ => into.extend_from_slice(block),
            }
        }
        Ok(!into.is_empty())
    }

    /// The first block is filled as far as it goes, since it decides.
    fn block(&mut self) -> Result<usize, Stop> {
        let mut filled = 0;
        while let Some(room) = self.raw.get_mut(filled..).filter(|room| !room.is_empty()) {
            let read = engine::read(&mut self.input, room)?;
            filled += read;
            if read == 0 || !matches!(self.state, State::Start) {
                break;
            }
        }
        Ok(filled)
    }
}

/// What the beginning of a file says about it.
fn begin(block: &[u8], charset: Charset) -> Result<(State, &[u8]), Stop> {
    let decoding = |encoding: &'static Encoding| State::Decoding(encoding.new_decoder_without_bom_handling());
    if block.is_empty() {
        return Err(Stop::Input(text!("文件是空的", "the file is empty")));
    }
    if block.starts_with(b"PK\x03\x04") || block.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(Stop::Input(text!(
            "这是 Excel 工作簿或压缩文件，不是文本；请按其格式读取，或另存为 CSV",
            "this is a workbook or an archive, not text: read it as what it is, or save it as CSV"
        )));
    }
    if let Some(rest) = block.strip_prefix(b"\xEF\xBB\xBF") {
        return Ok((State::Utf8, rest));
    }
    if let Some(rest) = block.strip_prefix(&[0xFF, 0xFE]) {
        return Ok((decoding(UTF_16LE), rest));
    }
    if let Some(rest) = block.strip_prefix(&[0xFE, 0xFF]) {
        return Ok((decoding(UTF_16BE), rest));
    }
    if block.iter().take(4).any(|byte| *byte == 0) {
        return Err(Stop::Input(text!(
            "文件含有空字符，不是 UTF-8 或 GB18030 文本（可能是没有标记的 UTF-16）；请另存为 UTF-8",
            "the file holds NUL characters and is no text in UTF-8 or GB18030 (UTF-16 without a mark?): save it as UTF-8"
        )));
    }
    let state = match charset {
        Charset::Detected => State::Ascii,
        Charset::Utf8 => State::Utf8,
        Charset::Gb18030 => decoding(GB18030),
    };
    Ok((state, block))
}

/// What the first block is that is not ASCII. One that is neither counts as UTF-8: its rows will say so.
fn decide(block: &[u8]) -> State {
    match std::str::from_utf8(block) {
        Ok(_) => return State::Utf8,
        // A letter is cut by the end of the block.
        Err(error) if error.error_len().is_none() => return State::Utf8,
        Err(_) => {}
    }
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut text = vec![0; decoder.max_utf8_buffer_length_without_replacement(block.len()).unwrap_or(BLOCK * 4)];
    match decoder.decode_to_utf8_without_replacement(block, &mut text, false) {
        (DecoderResult::InputEmpty, ..) => State::Decoding(GB18030.new_decoder_without_bom_handling()),
        _ => State::Utf8,
    }
}

fn decode(decoder: &mut Decoder, mut block: &[u8], last: bool, into: &mut Vec<u8>) {
    loop {
        let start = into.len();
        into.resize(start + decoder.max_utf8_buffer_length(block.len()).unwrap_or(BLOCK * 4), 0);
        let room = into.get_mut(start..).unwrap_or_default();
        let (result, read, written, _) = decoder.decode_to_utf8(block, room, last);
        into.truncate(start + written);
        block = block.get(read..).unwrap_or_default();
        if result == CoderResult::InputEmpty {
            return;
        }
    }
}
