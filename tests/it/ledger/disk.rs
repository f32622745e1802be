//! Listens to what SQLite asks of the disk: writes, cuts, syncs and removals of the files below a folder, in their order.
//!
//! The file system of SQLite stands as it is; of files below a folder that is listened to, four of its functions note what
//! they are asked before or after they pass it on. All other files have the functions that they always have.
#![allow(unsafe_code, reason = "what stands below SQLite is a table of C functions")]

use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use rusqlite::ffi::{
    SQLITE_OK, SQLITE_OPEN_CREATE, SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_WAL, sqlite3_file, sqlite3_filename,
    sqlite3_int64, sqlite3_io_methods, sqlite3_vfs, sqlite3_vfs_find, sqlite3_vfs_register,
};

/// What the disk is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// Bytes at a place.
    Write(u64, Vec<u8>),
    /// The length.
    Cut(u64),
    /// Everything before is on the disk once this is noted; if the folder was synced with it, so is which files there are.
    Sync { with_folder: bool },
    /// The file goes; whether the disk knew when it was noted.
    Remove { synced: bool },
}

/// Something that happened, in the order in which it did.
#[derive(Clone, Debug)]
pub(crate) enum Happened<A> {
    /// To the file of that name.
    Disk(String, Asked),
    /// Somebody was told.
    Told(A),
}

type Log<A> = Arc<Mutex<Vec<Happened<A>>>>;

/// A folder that is listened to until this is dropped. `A` is what is told to somebody meanwhile.
pub(crate) struct Listener<A> {
    folder: PathBuf,
    log: Log<A>,
}

type Note = Box<dyn Fn(String, Asked) + Send>;

static LISTENERS: Mutex<Vec<(PathBuf, Note)>> = Mutex::new(Vec::new());
/// The open files that are listened to, by their address.
static FILES: Mutex<BTreeMap<usize, Known>> = Mutex::new(BTreeMap::new());
/// Our functions in the place of theirs, by the address of the latter.
static OURS: Mutex<BTreeMap<usize, Functions>> = Mutex::new(BTreeMap::new());

type Functions = &'static sqlite3_io_methods;

/// A file that is listened to.
#[derive(Clone)]
struct Known {
    path: PathBuf,
    real: Functions,
    /// The first sync of a new journal or log syncs its folder as well (`UNIXFILE_DIRSYNC` in `os_unix.c`).
    with_folder: bool,
}

impl<A: Send + 'static> Listener<A> {
    pub(crate) fn of(folder: &Path) -> Listener<A> {
        install();
        let log: Log<A> = Arc::default();
        let into = Arc::clone(&log);
        let note = move |name, asked| into.lock().unwrap().push(Happened::Disk(name, asked));
        LISTENERS.lock().unwrap().push((folder.to_owned(), Box::new(note)));
        Listener { folder: folder.to_owned(), log }
    }

    /// Notes that somebody was told something.
    pub(crate) fn tell(&self, told: A) {
        self.log.lock().unwrap().push(Happened::Told(told));
    }

    /// Everything that happened.
    pub(crate) fn heard(self) -> Vec<Happened<A>> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

impl<A> Drop for Listener<A> {
    fn drop(&mut self) {
        LISTENERS.lock().unwrap().retain(|(folder, _)| *folder != self.folder);
    }
}

fn note(path: &Path, asked: Asked) {
    let listeners = LISTENERS.lock().unwrap();
    if let Some((_, note)) = listeners.iter().find(|(folder, _)| path.parent() == Some(folder)) {
        note(path.file_name().unwrap().to_str().unwrap().to_owned(), asked);
    }
}

fn is_heard(path: &Path) -> bool {
    // What readers share in memory is made anew from the files.
    let shared = path.to_str().is_some_and(|path| path.ends_with("-shm"));
    !shared && LISTENERS.lock().unwrap().iter().any(|(folder, _)| path.parent() == Some(folder))
}

/// The address of the file system of SQLite as it is without us.
static REAL: OnceLock<usize> = OnceLock::new();

fn install() {
    REAL.get_or_init(|| {
        // SAFETY: the default file system lives as long as the process, and so does our copy of its table, which is leaked.
        unsafe {
            let real = sqlite3_vfs_find(std::ptr::null());
            let mut ours: sqlite3_vfs = *real;
            ours.zName = c"listening".as_ptr();
            ours.xOpen = Some(open);
            ours.xDelete = Some(delete);
            ours.pNext = std::ptr::null_mut();
            assert_eq!(sqlite3_vfs_register(Box::leak(Box::new(ours)), 1), SQLITE_OK);
            real as usize
        }
    });
}

fn real_vfs() -> *mut sqlite3_vfs {
    *REAL.get().unwrap() as *mut sqlite3_vfs
}

/// SAFETY: a text of C, or nothing.
unsafe fn path_of(name: *const c_char) -> Option<PathBuf> {
    // SAFETY: as the caller says.
    (!name.is_null()).then(|| OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()).into())
}

/// SAFETY: SQLite calls this by its own rules, and what it hands over goes on to its own function unchanged.
unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: as above. The table of functions is replaced by one of the same form, whose other functions are the same.
    unsafe {
        let done = ((*real_vfs()).xOpen.unwrap())(real_vfs(), name, file, flags, out);
        let Some(path) = path_of(name).filter(|path| done == SQLITE_OK && is_heard(path)) else { return done };
        let real: Functions = &*(*file).pMethods;
        let mut ours = OURS.lock().unwrap();
        let replaced = ours.entry(std::ptr::from_ref(real) as usize).or_insert_with(|| {
            let mut ours: sqlite3_io_methods = *real;
            ours.xWrite = Some(write);
            ours.xTruncate = Some(truncate);
            ours.xSync = Some(sync);
            ours.xClose = Some(close);
            Box::leak(Box::new(ours))
        });
        (*file).pMethods = *replaced;
        let with_folder = flags & SQLITE_OPEN_CREATE != 0 && flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL) != 0;
        FILES.lock().unwrap().insert(file as usize, Known { path, real, with_folder });
        done
    }
}

fn known(file: *mut sqlite3_file) -> Known {
    FILES.lock().unwrap()[&(file as usize)].clone()
}

/// SAFETY: as [`open`].
unsafe extern "C" fn write(file: *mut sqlite3_file, bytes: *const c_void, count: c_int, at: sqlite3_int64) -> c_int {
    // SAFETY: SQLite hands over so many bytes.
    let copy = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count.try_into().unwrap()) }.to_vec();
    let Known { path, real, .. } = known(file);
    note(&path, Asked::Write(at.try_into().unwrap(), copy));
    // SAFETY: as above.
    unsafe { (real.xWrite.unwrap())(file, bytes, count, at) }
}

/// SAFETY: as [`open`].
unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    let Known { path, real, .. } = known(file);
    note(&path, Asked::Cut(size.try_into().unwrap()));
    // SAFETY: as above.
    unsafe { (real.xTruncate.unwrap())(file, size) }
}

/// SAFETY: as [`open`].
unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    let Known { path, real, with_folder } = known(file);
    // SAFETY: as above.
    let done = unsafe { (real.xSync.unwrap())(file, flags) };
    if done == SQLITE_OK {
        FILES.lock().unwrap().get_mut(&(file as usize)).unwrap().with_folder = false;
        note(&path, Asked::Sync { with_folder });
    }
    done
}

/// SAFETY: as [`open`].
unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let real = known(file).real;
    FILES.lock().unwrap().remove(&(file as usize));
    // SAFETY: as above.
    unsafe { (real.xClose.unwrap())(file) }
}

/// SAFETY: as [`open`].
unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: as above.
    unsafe {
        let done = ((*real_vfs()).xDelete.unwrap())(real_vfs(), name, sync_folder);
        if let Some(path) = path_of(name).filter(|path| done == SQLITE_OK && is_heard(path)) {
            note(&path, Asked::Remove { synced: sync_folder != 0 });
        }
        done
    }
}
