//! `lode batch TOPIC IN -o OUT`.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::{MISUSED, complain, load, topic};
use crate::api::lang::Lang;
use crate::api::query::Explain;
use crate::api::service::Service;
use crate::api::topic::{Call, Topic};
use crate::batch::csv::Separator;
use crate::batch::encoding::Charset;
use crate::batch::engine::{self, Asking, Stop, Tally};
use crate::batch::forms::{self, FormName, Look, Opened, Told};
use crate::config::{Batch, Encoding, SeparatorName, directory};
use crate::domain::context::Detail;
use crate::domain::error::Text;
use crate::text;

/// Some rows were refused.
const SOME_BAD: u8 = 1;
/// Nothing was done.
const NOTHING: u8 = MISUSED;
/// Bytes of a workbook from standard input.
const MOST_SPOOLED: u64 = 1 << 30;

/// Runs a batch and gives the exit status: 0 when all rows went well, 1 when some were refused, 2 when nothing was done.
pub(super) fn run(options: &Batch) -> io::Result<u8> {
    let Some(topic) = topic(&options.topic) else { return Ok(NOTHING) };
    let lang: Lang = options.lang.into();
    match answer_all(topic, options, lang) {
        Ok(tally) => {
            if !options.quiet {
                let (rows, good, bad) = (tally.rows(), tally.good, tally.bad);
                let said = text!("{rows} 行：{good} 行成功，{bad} 行有误", "{rows} rows: {good} well, {bad} refused");
                complain(&format!("{}\n", lang.pick(&said)));
            }
            Ok(if tally.bad > 0 { SOME_BAD } else { 0 })
        }
        Err(stop) => {
            let said = match stop {
                Stop::Input(text) => lang.pick(&text).to_owned(),
                // Whoever reads our output has read enough.
                Stop::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(NOTHING),
                other => other.to_string(),
            };
            complain(&format!("lode: {said}\n"));
            Ok(NOTHING)
        }
    }
}

fn answer_all(topic: Topic, options: &Batch, lang: Lang) -> Result<Tally, Stop> {
    let (from, to) = forms(options)?;
    let Some(book) = load(directory(options.rates.as_ref())) else {
        return Err(Stop::Input(Text::fixed("费率数据有误", "the rate data is not sound")));
    };
    let service = Service::new(book);
    let request_id = service.request_id(options.request_id.as_deref());
    let with_steps = options.steps.unwrap_or(to.row().steps == Detail::Steps);
    let detail = if with_steps { Detail::Steps } else { Detail::FiguresOnly };
    let explain = if options.explain_all { Explain::All } else { Explain::Applied };
    let call = Call { book: &service.book, lang, detail, explain, request_id: &request_id };

    let (input, size) = open(&options.input)?;
    let is_book = from == FormName::Xlsx;
    let input = if is_book { Input::File(seekable(input, &options.input)?) } else { input };
    let read = Arc::new(AtomicU64::new(0));
    let told = Told {
        charset: charset(options.encoding),
        separator: separator(options.separator),
        sheet: options.sheet.clone(),
    };
    let opened = from.open(topic, Box::new(Counted { input, read: Arc::clone(&read) }), &told)?;
    if is_book {
        // What was read to look at the workbook is read a second time for its rows.
        read.store(0, Ordering::Relaxed);
    }
    let look = Look {
        separator: if has_extension(&options.output, "tsv") { b'\t' } else { b',' },
        bom: !options.no_bom,
        ..Look::of(lang, detail)
    };
    let writer = to.writer(topic, &opened, look);
    if writer.is_of_records() && is_standard(&options.output) && io::stdout().is_terminal() {
        return Err(Stop::Input(Text::fixed(
            "XLSX 不能输出到终端；请用 -o 指定文件",
            "XLSX is not for a terminal: name a file by -o",
        )));
    }
    let mut making = writer.begin(None).map_err(Stop::of_writing)?;
    let Opened { mut source, reading, .. } = opened;
    let threads =
        options.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let mut output = Output::begin(&options.output)?;
    let progress = Progress::begin(options, size, read, lang);
    let asking = Asking { topic, reading: &reading, call };
    let tally = engine::run(&asking, &mut *source, writer.form(), threads, &mut |bytes, tally| {
        progress.more(tally);
        making.take(bytes, &mut output)
    });
    progress.end();
    let tally = tally?;
    if tally.rows() == 0 {
        return Err(Stop::Input(Text::fixed("没有数据行", "there are no rows")));
    }
    let mut buffered = BufWriter::new(&mut output);
    making.finish(&mut buffered).and_then(|()| buffered.flush()).map_err(Stop::of_writing)?;
    drop(buffered);
    output.finish().map_err(Stop::Write)?;
    Ok(tally)
}

fn charset(encoding: Encoding) -> Charset {
    match encoding {
        Encoding::Auto => Charset::Detected,
        Encoding::Utf8 => Charset::Utf8,
        Encoding::Gb18030 => Charset::Gb18030,
    }
}

fn separator(name: Option<SeparatorName>) -> Separator {
    match name {
        None => Separator::Detected,
        Some(SeparatorName::Comma) => Separator::Is(b','),
        Some(SeparatorName::Semicolon) => Separator::Is(b';'),
        Some(SeparatorName::Tab) => Separator::Is(b'\t'),
    }
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    extension(path).eq_ignore_ascii_case(wanted)
}

/// The forms of input and output: as said, else by the extensions; the output is in the form of the input where nothing
/// says otherwise.
fn forms(options: &Batch) -> Result<(FormName, FormName), Stop> {
    let by_extension = |path: &Path| forms::of_extension(extension(path)).map(|row| row.form);
    let Some(from) = options.from.or_else(|| by_extension(&options.input)) else {
        let name = options.input.display();
        return Err(Stop::Input(text!(
            "{name}：扩展名说明不了格式，请用 --from csv、--from jsonl 或 --from xlsx",
            "{name}: the extension does not tell the form, give --from csv, --from jsonl or --from xlsx"
        )));
    };
    Ok((from, options.to.or_else(|| by_extension(&options.output)).unwrap_or(from)))
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// An input in which one can go back: a workbook has its list of parts at the end. Standard input goes through a file.
fn seekable(input: Input, path: &Path) -> Result<File, Stop> {
    let mut input = match input {
        Input::File(file) => return Ok(file),
        Input::Standard(input) => input,
    };
    let mut file = tempfile::tempfile().map_err(Stop::Read)?;
    let copied = io::copy(&mut (&mut input).take(MOST_SPOOLED + 1), &mut file).map_err(Stop::Read)?;
    if copied > MOST_SPOOLED {
        let (name, most) = (path.display(), MOST_SPOOLED >> 20);
        return Err(Stop::Input(text!("{name} 超过 {most} MiB", "{name} is longer than {most} MiB")));
    }
    file.seek(SeekFrom::Start(0)).map_err(Stop::Read)?;
    Ok(file)
}

/// Where rows come from.
enum Input {
    Standard(io::Stdin),
    File(File),
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Input::Standard(input) => input.read(into),
            Input::File(file) => file.read(into),
        }
    }
}

/// The input, and how many bytes it has where that is known.
fn open(path: &Path) -> Result<(Input, Option<u64>), Stop> {
    if is_standard(path) {
        return Ok((Input::Standard(io::stdin()), None));
    }
    let named = |error: io::Error| Stop::Read(io::Error::new(error.kind(), format!("{}: {error}", path.display())));
    let file = File::open(path).map_err(named)?;
    let size = file.metadata().map_err(named)?;
    if size.is_dir() {
        let name = path.display();
        return Err(Stop::Input(text!("{name} 是目录", "{name} is a directory")));
    }
    Ok((Input::File(file), Some(size.len()).filter(|size| *size > 0)))
}

/// An input that counts what was read of it.
struct Counted<R> {
    input: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Input::Standard(_) => Err(io::ErrorKind::NotSeekable.into()),
            Input::File(file) => file.seek(to),
        }
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.input.seek(to)
    }
}

/// Where the answers go: standard output, a device or pipe as it stands, or a file that gets its name when it is whole.
enum Output {
    Standard(io::Stdout),
    Device(File),
    File { part: BufWriter<File>, partly: PathBuf, whole: PathBuf, is_finished: bool },
}

impl Output {
    fn begin(path: &Path) -> Result<Output, Stop> {
        if is_standard(path) {
            return Ok(Output::Standard(io::stdout()));
        }
        let named = |name: &Path, error: io::Error| {
            Stop::Write(io::Error::new(error.kind(), format!("{}: {error}", name.display())))
        };
        // Nothing may take the place of a device.
        if fs::metadata(path).is_ok_and(|known| !known.is_file()) {
            return File::options().write(true).open(path).map(Output::Device).map_err(|error| named(path, error));
        }
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let partly = PathBuf::from(name);
        let part = File::create_new(&partly).map_err(|error| named(&partly, error))?;
        Ok(Output::File { part: BufWriter::new(part), partly, whole: path.to_owned(), is_finished: false })
    }

    fn finish(mut self) -> io::Result<()> {
        match &mut self {
            Output::Standard(out) => out.flush(),
            Output::Device(out) => out.flush(),
            Output::File { part, partly, whole, is_finished } => {
                part.flush()?;
                part.get_ref().sync_all()?;
                fs::rename(partly, whole)?;
                *is_finished = true;
                Ok(())
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Output::Standard(out) => out.write(bytes),
            Output::Device(out) => out.write(bytes),
            Output::File { part, .. } => part.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Output::Standard(out) => out.flush(),
            Output::Device(out) => out.flush(),
            Output::File { part, .. } => part.flush(),
        }
    }
}

impl Drop for Output {
    /// What did not become whole is taken away.
    fn drop(&mut self) {
        if let Output::File { partly, is_finished: false, .. } = self {
            let _ = fs::remove_file(partly);
        }
    }
}

/// A bar with rate and time left, on a terminal that shows nothing else.
struct Progress {
    bar: Option<ProgressBar>,
    read: Arc<AtomicU64>,
    rows: AtomicU64,
    lang: Lang,
}

impl Progress {
    fn begin(options: &Batch, size: Option<u64>, read: Arc<AtomicU64>, lang: Lang) -> Progress {
        let is_in_the_way = is_standard(&options.output) && io::stdout().is_terminal();
        let is_shown = !options.quiet && io::stderr().is_terminal() && !is_in_the_way;
        let style = match (size, lang) {
            (Some(_), Lang::Zh) => "{bar:30} {percent:>3}%  {msg}  已用 {elapsed}，剩余 {eta}",
            (Some(_), Lang::En) => "{bar:30} {percent:>3}%  {msg}  {elapsed}, {eta} left",
            (None, Lang::Zh) => "{spinner} {msg}  已用 {elapsed}",
            (None, Lang::En) => "{spinner} {msg}  {elapsed}",
        };
        let bar = is_shown.then(|| {
            let bar = size.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Progress { bar, read, rows: AtomicU64::new(0), lang }
    }

    fn more(&self, tally: Tally) {
        let Some(bar) = &self.bar else { return };
        let rows = self.rows.fetch_add(tally.rows(), Ordering::Relaxed) + tally.rows();
        bar.set_position(self.read.load(Ordering::Relaxed));
        let milliseconds = u64::try_from(bar.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = rows.saturating_mul(1000) / milliseconds;
        bar.set_message(match self.lang {
            Lang::Zh => format!("{rows} 行，每秒 {rate} 行"),
            Lang::En => format!("{rows} rows, {rate} a second"),
        });
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
