//! Comparison with a real HAProxy: the same configuration and the same exchanges go to both, in front of the same kind
//! of origin. Compared are what the client got, what the servers got, and the log lines.
//!
//! A subject is a pair of files in `tests/differential`: `NAME.cfg` and `NAME.txt`, the exchanges (see [`case`]). What
//! differs on purpose is listed in `differences.txt` with its reason (see [`ledger`]).

mod case;
mod client;
mod ledger;
mod mask;
mod origin;
mod side;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

pub use ledger::Ledger;

use case::Case;
use side::{Observed, Side};

/// Whom to compare with: `LOCKGATE_DIFF_ORACLE` names another HAProxy than Debian's, to see what that one does.
const ORACLE: &str = "LOCKGATE_DIFF_ORACLE";

/// What is compared of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the client got.
    Answer,
    /// What the servers got.
    Server,
    /// The log lines.
    Log,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 3] = [Part::Answer, Part::Server, Part::Log];

    /// The word for it in `differences.txt`.
    pub fn word(self) -> &'static str {
        match self {
            Part::Answer => "answer",
            Part::Server => "server",
            Part::Log => "log",
        }
    }
}

/// One difference that was seen.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The name of the pair of files.
    pub subject: String,
    /// The exchange.
    pub case: String,
    /// What of it.
    pub part: Part,
    /// Here.
    pub ours: String,
    /// There.
    pub theirs: String,
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// How many exchanges there were.
    pub cases: usize,
    /// What differed.
    pub differences: Vec<Difference>,
}

/// The directory of the pairs.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../differential")
}

/// Whether Debian's HAProxy is compared with, which `differences.txt` speaks of.
pub fn is_usual_oracle() -> bool {
    std::env::var_os(ORACLE).is_none()
}

/// Sends all exchanges of a pair of files to both programs.
///
/// # Panics
/// If a file cannot be read, or a program does not start.
pub fn compare(subject: &str) -> Comparison {
    let read = |ending: &str| {
        let path = directory().join(format!("{subject}.{ending}"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let (config, cases) = (read("cfg"), Case::all(&read("txt")));
    let oracle = std::env::var_os(ORACLE).map_or_else(|| crate::program("haproxy"), PathBuf::from);
    let ours = observe(&config, &cases, None);
    let theirs = observe(&config, &cases, Some(oracle));
    let mut differences = Vec::new();
    for (case, (ours, theirs)) in cases.iter().zip(ours.iter().zip(&theirs)) {
        for part in Part::ALL {
            let (ours, theirs) = (ours.part(part), theirs.part(part));
            if ours != theirs {
                differences.push(Difference {
                    subject: subject.to_owned(),
                    case: case.name.clone(),
                    part,
                    ours: ours.to_owned(),
                    theirs: theirs.to_owned(),
                });
            }
        }
    }
    Comparison { cases: cases.len(), differences }
}

/// What one program does with all exchanges.
fn observe(config: &str, cases: &[Case], program: Option<PathBuf>) -> Vec<Observed> {
    let mut side = Side::start(config, program);
    cases.iter().map(|case| side.run(case)).collect()
}

/// Differences for people.
pub fn report<'d>(differences: impl Iterator<Item = &'d Difference>) -> String {
    let mut text = String::new();
    for Difference { subject, case, part, ours, theirs } in differences {
        let _ = write!(text, "\n{subject} / {case} / {}\n", part.word());
        for (who, what) in [("lockgate", ours), ("haproxy ", theirs)] {
            for line in what.lines() {
                let _ = writeln!(text, "  {who}| {line}");
            }
            if what.is_empty() {
                let _ = writeln!(text, "  {who}| (nothing)");
            }
        }
    }
    text
}
