//! The directory of a job. What is replaced is replaced as a whole, whenever the power goes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::Value;

use super::desk::Finished;
use super::{Job, ResultFile};

const JOB: &str = "job.json";
pub(super) const RESULT_PART: &str = "result.part";
pub(super) const RESULT: &str = "result";
pub(super) const CHECKPOINT: &str = "checkpoint.json";
pub(super) const FAULTS: &str = "faults.jsonl";

/// Replaces a file of a directory.
pub(super) fn replace(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let new = directory.join(format!("{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(new, directory.join(name))?;
    sync(directory)
}

/// Puts the names in a directory on the disk.
fn sync(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Keeps what is known of a job.
pub(super) fn keep(directory: &Path, job: &Job) -> io::Result<()> {
    replace(directory, JOB, &serde_json::to_vec(job)?)?;
    directory.parent().map_or(Ok(()), sync)
}

/// Makes a directory one that is no job.
pub(super) fn forget(directory: &Path) -> io::Result<()> {
    fs::remove_file(directory.join(JOB))?;
    sync(directory)
}

/// How many bytes all jobs of a directory take. What goes away meanwhile takes none.
pub(super) fn used(jobs: &Path) -> u64 {
    let inside = |directory: &Path| fs::read_dir(directory).into_iter().flatten().flatten();
    let files = inside(jobs).flat_map(|entry| inside(&entry.path()));
    files.filter_map(|file| file.metadata().ok()).map(|known| known.len()).sum()
}

/// Every job of a directory. What is none is removed: it was not taken, or was thrown away.
pub(super) fn read(jobs: &Path) -> io::Result<Vec<Job>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(jobs)? {
        let directory = entry?.path();
        if !directory.is_dir() {
            continue;
        }
        let job = fs::read(directory.join(JOB)).ok().and_then(|bytes| serde_json::from_slice::<Job>(&bytes).ok());
        match job.filter(|job| directory.file_name().is_some_and(|name| name == job.id.as_str())) {
            Some(job) => found.push(job),
            None => fs::remove_dir_all(&directory)?,
        }
    }
    Ok(found)
}

/// A file that is being written, cut.
pub(super) fn cut(directory: &Path, name: &str, kept: u64) -> io::Result<File> {
    let path = directory.join(name);
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    file.set_len(kept)?;
    file.seek(SeekFrom::Start(kept))?;
    Ok(file)
}

/// The written result becomes the result.
pub(super) fn finish(directory: &Path, finished: Finished) -> io::Result<ResultFile> {
    let part = directory.join(RESULT_PART);
    let file = OpenOptions::new().write(true).open(&part)?;
    file.sync_all()?;
    let bytes = file.metadata()?.len();
    fs::rename(part, directory.join(RESULT))?;
    sync(directory)?;
    Ok(ResultFile { media_type: finished.media_type.to_owned(), name: finished.name, bytes })
}

/// Removes what a job that has ended does not need any more: what the request brought may be long.
pub(super) fn tidy(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if ![JOB, RESULT, FAULTS].iter().any(|kept| entry.file_name() == *kept) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The file of the faults, for reading and adding.
pub(super) fn open_faults(directory: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).open(directory.join(FAULTS))
}

/// Cuts the file after so many lines.
pub(super) fn cut_faults(file: &mut File, kept: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    let mut length = 0;
    let mut reader = BufReader::new(&*file);
    let mut line = Vec::new();
    for _ in 0..kept {
        line.clear();
        length += u64::try_from(reader.read_until(b'\n', &mut line)?).unwrap_or_default();
    }
    file.set_len(length)
}

/// The first faults.
pub(super) fn faults(directory: &Path, limit: usize) -> io::Result<Vec<Value>> {
    let file = match File::open(directory.join(FAULTS)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let lines = BufReader::new(file.take(MOST)).lines().take(limit);
    // The last line may be half written while the work goes on.
    Ok(lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()).collect())
}

/// More of the faults than this is not read for an answer: 4 MiB.
const MOST: u64 = 4 * 1024 * 1024;
