//! One connection to a socket: from commands to answers, prompts and the end. Knows no socket.
//!
//! ```text
//!             one line done, not interactive
//!   Line ----> commands, one by one -------------> Close
//!    ^                 | interactive
//!    +-----------------+
//! ```
//! After each answer an empty line, or a prompt, says that it is complete.

use std::io::Write;
use std::time::Duration;

use base::clock;
use engine::service::Left;

use crate::access::{Access, Severity, SeverityOutput};
use crate::command::{Answer, Condition, Producer, Request, Verdict};
use crate::input::{Given, Input, TooBig, WORDS_MAX};
use crate::process::Process;
use crate::{commands, help};

/// How a connection goes on after a line (`prompt`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Talk {
    /// It ends.
    Once,
    /// The next line may come.
    Interactive,
    /// The next line may come, and a prompt asks for it.
    Prompt,
}

/// What commands can change about the connection that they came by.
#[derive(Debug)]
pub struct Client {
    /// What it may do.
    pub access: Access,
    /// What stands before messages.
    pub severity_output: SeverityOutput,
    /// What happens after a line.
    pub talk: Talk,
    /// Whether the prompt shows how long the process has been running.
    pub has_timed_prompt: bool,
    /// How long it may be silent.
    pub timeout: Duration,
    /// Whether this command's answer ends without an empty line (a `-` behind some commands).
    pub is_glued: bool,
    /// The key that makes names in its dumps unreadable; `None`: they are readable.
    pub anon_key: Option<u32>,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// More input is needed; at its end the connection ends.
    Read,
    /// Send what is there and come back.
    Again,
    /// Come back after so long.
    Wait(Duration),
    /// Hand the listening sockets over and close.
    GiveSockets,
    /// Send what is there and close.
    Close,
}

/// A command whose answer comes later.
#[derive(Debug, Clone)]
struct Waiting {
    /// Whether it was the last one of its line.
    is_last: bool,
    /// Whether nobody waits for it any more.
    is_interrupted: bool,
    /// What it waits for, and for how much longer.
    condition: Option<(Condition, Duration)>,
}

/// How often a condition is looked at.
const CONDITION_LOOK: Duration = Duration::from_millis(20);

/// An answer on its way.
#[derive(Debug)]
struct Streaming {
    producer: Box<dyn Producer>,
    /// Whether its command was the last one of its line.
    is_last: bool,
}

/// A connection's state.
#[derive(Debug)]
pub struct Session {
    client: Client,
    input: Input,
    /// A command that waits.
    waiting: Option<Waiting>,
    /// An answer that is not complete.
    streaming: Option<Streaming>,
    /// Whether a prompt for more of a payload was shown since the last input.
    has_asked_for_more: bool,
}

impl Session {
    /// A connection's at its beginning. A line may be as long as a buffer of the process.
    #[must_use]
    pub fn new(process: &Process, access: Access, severity_output: SeverityOutput) -> Self {
        let client = Client {
            access,
            severity_output,
            talk: Talk::Once,
            has_timed_prompt: false,
            timeout: process.stats_timeout(),
            is_glued: false,
            anon_key: None,
        };
        Session {
            client,
            input: Input::new(process.input_bounds()),
            waiting: None,
            streaming: None,
            has_asked_for_more: false,
        }
    }

    /// The same, going on after each line as `talk` says.
    #[must_use]
    pub fn talking(mut self, talk: Talk) -> Self {
        self.client.talk = talk;
        self
    }

    /// How long the other side may be silent.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.client.timeout
    }

    /// Takes what arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.has_asked_for_more = false;
        self.input.push(bytes);
    }

    /// The other side closed while a command waits.
    pub fn interrupt(&mut self) {
        if let Some(waiting) = &mut self.waiting {
            waiting.is_interrupted = true;
        }
    }

    /// Carries out at most one command and appends its answer to `out`.
    pub fn advance(&mut self, process: &Process, out: &mut Vec<u8>) -> Step {
        if let Some(streaming) = self.streaming.take() {
            return self.go_on(streaming, process, out);
        }
        if let Some(waiting) = self.waiting.take() {
            return self.look_again(waiting, process, out);
        }
        match self.input.next() {
            Ok(Some(given)) => self.run(&given, process, out),
            Ok(None) => {
                if self.input.is_gathering() && self.client.talk == Talk::Prompt && !self.has_asked_for_more {
                    self.has_asked_for_more = true;
                    out.extend_from_slice(b"+ ");
                }
                Step::Read
            }
            Err(too_big) => {
                let text: &[u8] = match too_big {
                    TooBig::Line => {
                        b"The command line is too big for the buffer size. Please change 'tune.bufsize' in the \
                          configuration to use a bigger command."
                    }
                    TooBig::Payload => {
                        b"The payload is too big. Please change 'tune.cli.max-payload-size' in the configuration to \
                          use a bigger payload."
                    }
                };
                self.say(Severity::Error, text, out);
                Step::Close
            }
        }
    }

    /// Goes on with a command that waits: its time may be over, or what it waits for there.
    fn look_again(&mut self, waiting: Waiting, process: &Process, out: &mut Vec<u8>) -> Step {
        let Waiting { is_last, is_interrupted, condition } = waiting;
        let verdict = condition.as_ref().map(|(condition, _)| (condition.look)(process, &condition.of));
        let (severity, text) = match (verdict, condition) {
            (Some(Verdict::Met), _) => (Severity::Info, "Done.".to_owned()),
            (Some(Verdict::Never(why)), _) => (Severity::Error, format!("Failed. {why}")),
            (Some(Verdict::NotYet(why)), _) if is_interrupted => {
                (Severity::Error, format!("Interrupted. {why}"))
            }
            (Some(Verdict::NotYet(_)), Some((condition, left))) if !left.is_zero() => {
                let step = left.min(CONDITION_LOOK);
                let condition = Some((condition, left - step));
                self.waiting = Some(Waiting { is_last, is_interrupted, condition });
                return Step::Wait(step);
            }
            (Some(Verdict::NotYet(why)), _) => (Severity::Error, format!("Wait delay expired. {why}")),
            (None, _) if is_interrupted => (Severity::Error, "Interrupted.".to_owned()),
            (None, _) => (Severity::Info, "Done.".to_owned()),
        };
        self.say(severity, text.as_bytes(), out);
        self.finish(is_last, process, out)
    }

    fn run(&mut self, given: &Given, process: &Process, out: &mut Vec<u8>) -> Step {
        self.client.is_glued = false;
        match self.answer(given, process) {
            Answer::Done => {}
            Answer::Dump(bytes) => out.extend_from_slice(&bytes),
            Answer::Stream(producer) => {
                return self.go_on(Streaming { producer, is_last: given.is_last }, process, out);
            }
            Answer::Message(severity, text) => self.say(severity, &text, out),
            Answer::Wait(time) => {
                let is_last = given.is_last;
                self.waiting = Some(Waiting { is_last, is_interrupted: false, condition: None });
                return Step::Wait(time);
            }
            Answer::Await(time, condition) => {
                let condition = Some((condition, time));
                let waiting = Waiting { is_last: given.is_last, is_interrupted: false, condition };
                return self.look_again(waiting, process, out);
            }
            Answer::Sockets => return Step::GiveSockets,
            Answer::Quit => return Step::Close,
        }
        self.finish(given.is_last, process, out)
    }

    /// Appends the next part of an answer.
    fn go_on(&mut self, mut streaming: Streaming, process: &Process, out: &mut Vec<u8>) -> Step {
        match streaming.producer.fill(process, out) {
            Left::More => {
                self.streaming = Some(streaming);
                Step::Again
            }
            Left::Nothing => self.finish(streaming.is_last, process, out),
        }
    }

    fn answer(&mut self, given: &Given, process: &Process) -> Answer {
        if given.is_too_long {
            let text = format!("Too many arguments. Commands must have at most {WORDS_MAX} arguments.\n");
            return Answer::error(text);
        }
        if given.words.is_empty() {
            return Answer::Done;
        }
        let Some(command) = commands::find(&given.words) else {
            if let Some(row) = commands::unbuilt(&given.words) {
                return Answer::error(format!("'{}' is known, but not built yet.\n", row.name));
            }
            return Answer::info(help::unknown(&given.words, self.client.access));
        };
        if !self.client.access.has(command.mode) {
            let mode = if command.mode == crate::access::Mode::Expert { "expert" } else { "experimental" };
            return Answer::error(format!("This command is restricted to {mode} mode only.\n"));
        }
        if self.client.access.level < command.level {
            return Answer::denied();
        }
        let payload = given.payload.as_deref();
        (command.run)(&mut Request { process, client: &mut self.client, words: &given.words, payload })
    }

    /// Ends an answer.
    fn finish(&mut self, is_last: bool, process: &Process, out: &mut Vec<u8>) -> Step {
        match self.client.talk {
            Talk::Prompt if !is_last => out.push(b'\n'),
            Talk::Prompt => self.prompt(process, out),
            Talk::Once | Talk::Interactive if self.client.is_glued => {}
            Talk::Once | Talk::Interactive => out.push(b'\n'),
        }
        if is_last && self.client.talk == Talk::Once { Step::Close } else { Step::Again }
    }

    fn prompt(&self, process: &Process, out: &mut Vec<u8>) {
        if self.client.has_timed_prompt {
            let up = process.uptime(clock::now()).as_secs();
            let (days, hours, minutes, seconds) = (up / 86_400, up / 3_600 % 24, up / 60 % 60, up % 60);
            // Writing to a Vec cannot fail.
            let _ = write!(out, "\n[{days}:{hours:02}:{minutes:02}:{seconds:02}]> ");
        } else {
            out.extend_from_slice(b"\n> ");
        }
    }

    /// One message with its severity before it and one line end behind it.
    fn say(&self, severity: Severity, text: &[u8], out: &mut Vec<u8>) {
        match self.client.severity_output {
            SeverityOutput::None => {}
            SeverityOutput::Number => out.extend_from_slice(format!("[{}]: ", severity as u8).as_bytes()),
            SeverityOutput::String => out.extend_from_slice(format!("[{}]: ", severity.name()).as_bytes()),
        }
        let end = text.iter().rposition(|byte| *byte != b'\n').map_or(0, |at| at + 1);
        out.extend_from_slice(&text[..end]);
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests;
