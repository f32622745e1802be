//! The life of jobs: done, begun again after a stop, cancelled, expired, refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected stops there and says so"
)]

use std::io::Write;
use std::sync::atomic::AtomicI64;
use std::sync::mpsc;

use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let name = JobId::random().unwrap();
        let path = std::env::temp_dir().join(format!("lode-jobs-{}", name.as_str()));
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn jobs(&self, limits: Limits) -> (Jobs, Arc<AtomicI64>) {
        let now = Arc::new(AtomicI64::new(1_000));
        let clock = Arc::clone(&now);
        (Jobs::below(&self.0, Arc::new(move || Moment(clock.load(Ordering::SeqCst))), limits), now)
    }

    fn directories(&self) -> usize {
        fs::read_dir(self.0.join("jobs")).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn ask(jobs: &Jobs, owner: Option<&str>, words: &str) -> Result<Job, NotTaken> {
    let draft = jobs.draft(owner)?;
    draft.file("request")?.write_all(words.as_bytes())?;
    jobs.submit(draft, "echo", owner.map(str::to_owned), None)
}

/// Waits for a state.
#[track_caller]
fn wait(jobs: &Jobs, job: &Job, state: State) -> Job {
    let who = job.owner.clone().unwrap_or_default();
    for _ in 0..1_000 {
        let now = jobs.find(&job.id, &who).expect("the job is there");
        if now.state == state {
            return now;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never {state:?}: {:?}", jobs.find(&job.id, &who));
}

/// Writes the words of the request one by one; `!` is a fault.
fn echo(desk: &Desk<'_>) -> Result<Finished, Stopped> {
    let words = String::from_utf8(desk.brought_bytes("request")?).unwrap();
    let checkpoint = desk.checkpoint()?;
    let kept = |name: &str| checkpoint.as_ref().map_or(0, |kept| kept[name].as_u64().unwrap());
    desk.keep_faults(kept("faults"))?;
    let mut result = desk.result(kept("bytes"))?;
    let (mut bytes, mut faults) = (kept("bytes"), kept("faults"));
    for (place, word) in (0_u64..).zip(words.split(' ')).skip(usize::try_from(kept("done")).unwrap()) {
        desk.go_on()?;
        match word {
            "panic" => panic!("as asked"),
            "refuse" => return Err(Stopped::Refused(serde_json::json!({"code": "conflict"}))),
            "wait" if checkpoint.is_none() => loop {
                desk.go_on()?;
                std::thread::sleep(Duration::from_millis(5));
            },
            "!" => {
                desk.fault(&serde_json::json!({"place": place}))?;
                faults += 1;
            }
            word => {
                result.write_all(word.as_bytes())?;
                bytes += u64::try_from(word.len()).unwrap();
            }
        }
        desk.progress(place + 1, None);
        result.sync_data()?;
        desk.keep_checkpoint(&serde_json::json!({"done": place + 1, "bytes": bytes, "faults": faults}))?;
    }
    Ok(Finished { media_type: "text/plain", name: "echo.txt".to_owned() })
}

fn text(jobs: &Jobs, job: &Job) -> String {
    let (file, mut open) = jobs.result(&job.id, job.owner.as_deref().unwrap_or_default()).unwrap().unwrap();
    let mut text = String::new();
    io::Read::read_to_string(&mut open, &mut text).unwrap();
    assert_eq!(file.bytes, text.len() as u64);
    text
}

#[test]
fn a_job_is_done_and_seen_by_its_owner_until_it_expires() {
    let folder = Folder::new();
    let (jobs, now) = folder.jobs(Limits::default());
    jobs.begin(Arc::new(echo)).unwrap();
    let job = ask(&jobs, Some("K1"), "a b ! c !").unwrap();
    let done = wait(&jobs, &job, State::Done);
    assert_eq!((done.done, done.faults, done.attempts, done.expires_at), (5, 2, 1, Some(1_000 + LIFETIME)));
    assert_eq!(text(&jobs, &done), "abc");
    let faults = jobs.faults(&job.id, "K1", 1).unwrap();
    assert_eq!(faults, [serde_json::json!({"place": 2})]);
    for other in ["K2", "", "local"] {
        assert!(jobs.find(&job.id, other).is_none(), "{other}");
        assert!(jobs.listen(&job.id, other).is_none(), "{other}");
        assert!(jobs.result(&job.id, other).unwrap().is_none(), "{other}");
        assert!(!jobs.remove(&job.id, other).unwrap(), "{other}");
    }
    now.store(1_000 + LIFETIME, Ordering::SeqCst);
    assert!(jobs.find(&job.id, "K1").is_none());
    assert_eq!(folder.directories(), 0);
}

#[test]
fn a_job_of_nobody_is_seen_by_whoever_knows_it() {
    let folder = Folder::new();
    let (jobs, _) = folder.jobs(Limits::default());
    jobs.begin(Arc::new(echo)).unwrap();
    let job = ask(&jobs, None, "a").unwrap();
    wait(&jobs, &job, State::Done);
    assert!(jobs.find(&job.id, "K7").is_some());
    assert!(jobs.remove(&job.id, "K7").unwrap());
    assert!(jobs.find(&job.id, "").is_none());
    assert_eq!(folder.directories(), 0);
}

#[test]
fn what_a_stop_interrupts_goes_on_at_its_checkpoint() {
    let folder = Folder::new();
    let (jobs, _) = folder.jobs(Limits { at_once: 1, ..Limits::default() });
    jobs.begin(Arc::new(echo)).unwrap();
    // The second one never begins before the stop, the third one has made a checkpoint before it waits.
    let first = ask(&jobs, None, "wait x").unwrap();
    let second = ask(&jobs, None, "a ! b").unwrap();
    wait(&jobs, &first, State::Running);
    let another = Jobs::below(&folder.0, Arc::new(|| Moment(0)), Limits::default());
    another.begin(Arc::new(echo)).unwrap();
    assert!(matches!(another.draft(None), Err(NotTaken::Unavailable(_))), "one process has the directory to itself");
    jobs.stop();
    assert!(matches!(jobs.draft(None), Err(NotTaken::Busy)));
    // Its threads are gone too.
    while Arc::strong_count(&jobs.shop) > 1 {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(jobs);
    drop(another);
    // As a crash leaves it: a draft that was not taken, half a file, a checkpoint older than what was written.
    let place = folder.0.join("jobs");
    fs::create_dir(place.join("J00000000000000000000000000000000")).unwrap();
    let of_first = place.join(first.id.as_str());
    fs::write(of_first.join("checkpoint.json"), r#"{"done": 1, "bytes": 3, "faults": 1}"#).unwrap();
    fs::write(of_first.join("result.part"), "keepdrop").unwrap();
    fs::write(of_first.join("faults.jsonl"), "{\"place\":0}\n{\"place\":1}\n{\"pl").unwrap();
    let (jobs, _) = folder.jobs(Limits { at_once: 1, ..Limits::default() });
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&order);
    jobs.begin(Arc::new(move |desk| {
        seen.lock().unwrap().push(desk.job().id.clone());
        echo(desk)
    }))
    .unwrap();
    let done = wait(&jobs, &first, State::Done);
    assert_eq!((done.attempts, done.faults, done.done), (2, 1, 2));
    assert_eq!(text(&jobs, &done), "keex");
    assert_eq!(jobs.faults(&first.id, "", 9).unwrap(), [serde_json::json!({"place": 0})]);
    assert_eq!(text(&jobs, &wait(&jobs, &second, State::Done)), "ab");
    assert_eq!(folder.directories(), 2);
    let mut begun = order.lock().unwrap().clone();
    begun.sort();
    let mut both = [first.id, second.id];
    both.sort();
    assert_eq!(begun, both);
}

#[test]
fn a_cancelled_job_is_gone_whether_it_waits_or_runs() {
    let folder = Folder::new();
    let (jobs, _) = folder.jobs(Limits { at_once: 1, ..Limits::default() });
    jobs.begin(Arc::new(echo)).unwrap();
    let running = ask(&jobs, Some("K1"), "wait").unwrap();
    let waiting = ask(&jobs, Some("K1"), "a").unwrap();
    let (last, listener) = (jobs.listen(&waiting.id, "K1").unwrap(), jobs.listen(&running.id, "K1").unwrap());
    wait(&jobs, &running, State::Running);
    for job in [&waiting, &running] {
        assert!(jobs.remove(&job.id, "K1").unwrap());
        assert!(jobs.find(&job.id, "K1").is_none());
        assert!(!jobs.remove(&job.id, "K1").unwrap());
    }
    assert_eq!((last.borrow().state, listener.borrow().state), (State::Cancelled, State::Cancelled));
    let next = ask(&jobs, Some("K1"), "b").unwrap();
    assert_eq!(text(&jobs, &wait(&jobs, &next, State::Done)), "b");
    assert_eq!(folder.directories(), 1);
}

#[test]
fn a_failed_job_says_why_and_no_other_suffers() {
    let folder = Folder::new();
    let (jobs, _) = folder.jobs(Limits::default());
    jobs.begin(Arc::new(echo)).unwrap();
    let refused = wait(&jobs, &ask(&jobs, None, "a refuse").unwrap(), State::Failed);
    assert_eq!(refused.failure, Some(serde_json::json!({"code": "conflict"})));
    assert!(refused.expires_at.is_some() && jobs.result(&refused.id, "").unwrap().is_none());
    let broken = wait(&jobs, &ask(&jobs, None, "panic").unwrap(), State::Failed);
    assert_eq!(broken.failure, None);
    wait(&jobs, &ask(&jobs, None, "a").unwrap(), State::Done);
}

#[test]
fn only_so_many_jobs_are_taken() {
    let folder = Folder::new();
    let limits = Limits { at_once: 2, unfinished: 4, unfinished_of_one: 3, ..Limits::default() };
    let (jobs, _) = folder.jobs(limits);
    let (begun, running) = mpsc::channel();
    jobs.begin(Arc::new(move |desk| {
        begun.send(()).unwrap();
        loop {
            desk.go_on()?;
            std::thread::sleep(Duration::from_millis(5));
        }
    }))
    .unwrap();
    let of_one: Vec<Job> = (0..3).map(|_| ask(&jobs, Some("K1"), "a").unwrap()).collect();
    assert!(matches!(ask(&jobs, Some("K1"), "a"), Err(NotTaken::Busy)));
    ask(&jobs, Some("K2"), "a").unwrap();
    assert!(matches!(ask(&jobs, Some("K2"), "a"), Err(NotTaken::Busy)));
    assert_eq!(folder.directories(), 4);
    running.recv().unwrap();
    running.recv().unwrap();
    assert!(running.recv_timeout(Duration::from_millis(50)).is_err(), "two at once");
    jobs.remove(&of_one[0].id, "K1").unwrap();
    running.recv().unwrap();
    ask(&jobs, Some("K1"), "a").unwrap();
    jobs.stop();
}

#[test]
fn an_id_is_what_it_looks_like() {
    let id = JobId::random().unwrap();
    assert_eq!(JobId::parse(id.as_str()), Some(id));
    for other in ["", "J", "J0", "../jobs", "J0123456789ABCDEF0123456789ABCDEF", "K0123456789abcdef0123456789abcdef"] {
        assert_eq!(JobId::parse(other), None, "{other}");
    }
}
