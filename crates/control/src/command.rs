//! What a command is: one row, with the function that carries it out.

use std::borrow::Cow;
use std::time::Duration;

use engine::service::Left;

use crate::access::{Level, Mode, Severity};
use crate::process::Process;
use crate::session::Client;

/// One command.
#[derive(Debug)]
pub struct Command {
    /// The words that it begins with.
    pub words: &'static [&'static str],
    /// The lowest level that may use it.
    pub level: Level,
    /// When it is there at all.
    pub mode: Mode,
    /// Its words and arguments as `help` shows them; empty for those that `help` leaves out.
    pub usage: &'static str,
    /// What it does, in one line.
    pub brief: &'static str,
    /// Carries it out.
    pub run: fn(&mut Request<'_>) -> Answer,
}

impl Command {
    /// A command for everybody.
    pub const fn new(
        words: &'static [&'static str],
        usage: &'static str,
        brief: &'static str,
        run: fn(&mut Request<'_>) -> Answer,
    ) -> Self {
        Command { words, level: Level::User, mode: Mode::Normal, usage, brief, run }
    }

    /// One that needs a level.
    pub const fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// One that is only there in a mode.
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }
}

/// A command as it was given.
#[derive(Debug)]
pub struct Request<'a> {
    /// The process.
    pub process: &'a Process,
    /// Who gave it.
    pub client: &'a mut Client,
    /// All words, those of the command's name first.
    pub words: &'a [Vec<u8>],
    /// The lines behind `<<`, without the last one's end; `None` if there are none.
    pub payload: Option<&'a [u8]>,
}

impl<'a> Request<'a> {
    /// Word `at`, counted from 0; empty if there are fewer.
    #[must_use]
    pub fn word(&self, at: usize) -> &'a [u8] {
        self.words.get(at).map_or(&[], |word| word)
    }

    /// Word `at` as text.
    #[must_use]
    pub fn text(&self, at: usize) -> Cow<'a, str> {
        String::from_utf8_lossy(self.word(at))
    }

    /// Whether the client may do what `level` may.
    #[must_use]
    pub fn has_level(&self, level: Level) -> bool {
        self.client.access.level >= level
    }
}

/// An answer that is made part by part, because all of it at once would be too much.
pub trait Producer: std::fmt::Debug + Send {
    /// Appends the next part, about 16 KiB; tells whether there is more.
    fn fill(&mut self, process: &Process, out: &mut Vec<u8>) -> Left;
}

/// What a command waits for.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The words that say of what.
    pub of: String,
    /// How it stands.
    pub look: fn(&Process, &str) -> Verdict,
}

/// How a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is met.
    Met,
    /// It may come to be met; why it is not yet.
    NotYet(&'static str),
    /// Waiting does not help; why.
    Never(&'static str),
}

/// What came of a command.
#[derive(Debug)]
pub enum Answer {
    /// It was carried out, and there is nothing to say.
    Done,
    /// A table or list, whole lines as they are.
    Dump(Vec<u8>),
    /// The same, made while it is sent.
    Stream(Box<dyn Producer>),
    /// One message; its line end is put right.
    Message(Severity, Vec<u8>),
    /// Nothing for so long, then nothing.
    Wait(Duration),
    /// Nothing until a condition is met, for so long at most.
    Await(Duration, Condition),
    /// The listening sockets, and the connection ends.
    Sockets,
    /// The connection ends.
    Quit,
}

impl Answer {
    /// What was asked for, in a few words.
    pub fn info(text: impl Into<Vec<u8>>) -> Answer {
        Answer::Message(Severity::Info, text.into())
    }

    /// Why it was not carried out.
    pub fn error(text: impl Into<Vec<u8>>) -> Answer {
        Answer::Message(Severity::Error, text.into())
    }

    /// The answer to those whose level is too low.
    #[must_use]
    pub fn denied() -> Answer {
        Answer::error("Permission denied\n")
    }
}

/// Lets `?` carry a refusal out of a command.
pub(crate) fn settle(result: Result<Answer, Answer>) -> Answer {
    result.unwrap_or_else(|refusal| refusal)
}
