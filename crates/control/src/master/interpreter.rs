//! One connection to the master's socket: whom a command is for, and what the master does itself.
//!
//! Switches (`@1` alone, `prompt`, `expert-mode`, `user` ...) answer nothing. Unlike a worker's, such a connection always
//! goes on after a line.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use base::clock;
use tokio::sync::oneshot;

use super::own::{self, Own};
use super::{Detail, Found, Loaded, Order, Orders, Reload, Target, relay};
use crate::access::{Access, Level, SeverityOutput};
use crate::input::{Given, Input};
use crate::process::Process;
use crate::serve::Stream;
use crate::session::{Session, Step, Talk};

/// How long a user may take none of an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 16 * 1024;

const PROMPT_USAGE: &str = "Usage: prompt [help | i | p | timed]*
Says how the connection goes on after a line:
  help    this text
  i       the next line may come (no prompt)
  p       the next line may come, and a prompt asks for it
  timed   switch the running time in the prompt on or off
Without a word, i becomes p, and p becomes i.
";

/// A connection's state.
pub(super) struct Interpreter {
    process: Arc<Process>,
    orders: Orders,
    access: Access,
    /// `mcli-debug-mode`: the commands of a worker are the master's too.
    is_debugging: bool,
    has_prompt: bool,
    has_timed_prompt: bool,
    /// Whom commands without a prefix are for; `None`: the master.
    target: Option<u32>,
    input: Input,
}

/// Whether the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    GoOn,
    Close,
}

/// Whom a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Addressee {
    Master,
    Worker(Target),
    Nobody,
}

impl Interpreter {
    pub(super) fn new(process: Arc<Process>, orders: Orders, access: Access) -> Self {
        let input = Input::new(process.input_bounds());
        Interpreter {
            process,
            orders,
            access,
            is_debugging: false,
            has_prompt: false,
            has_timed_prompt: false,
            target: None,
            input,
        }
    }

    /// Carries the connection to its end.
    pub(super) async fn converse(mut self, stream: &Stream) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            match self.input.next() {
                Ok(Some(given)) => {
                    if self.run(given, stream).await? == Then::Close {
                        return Ok(());
                    }
                    let prompt = self.prompt().await;
                    stream.write_all(prompt.as_bytes(), PATIENCE).await?;
                }
                Ok(None) => {
                    let got = stream.read(&mut chunk).await?;
                    if got == 0 {
                        return Ok(());
                    }
                    self.input.push(&chunk[..got]);
                }
                Err(_) => {
                    return stream.write_all(b"The command or its payload is too long.\n", PATIENCE).await;
                }
            }
        }
    }

    /// Carries one command out.
    async fn run(&mut self, mut given: Given, stream: &Stream) -> io::Result<Then> {
        let Some(first) = given.words.first() else {
            return Ok(Then::GoOn);
        };
        if let Some(rest) = first.strip_prefix(b"@@") {
            let addressee = addressee(rest);
            return self.enter(addressee, &given, stream).await;
        }
        let mut to = self.target.map_or(Addressee::Master, |pid| Addressee::Worker(Target::Pid(pid)));
        if let Some(rest) = first.strip_prefix(b"@") {
            to = addressee(rest);
            if given.words.len() == 1 {
                return self.turn_to(to, first, stream).await;
            }
            given.text = without_first_word(&given.text);
            given.words.remove(0);
        }
        if let Some(then) = self.switch(&given, stream).await? {
            return Ok(then);
        }
        match to {
            Addressee::Master => self.own(&given, stream).await,
            Addressee::Worker(target) => self.forward(target, &given, stream).await,
            Addressee::Nobody => self.nobody(b"@", stream).await,
        }
    }

    /// A prefix alone: whom the next commands are for.
    async fn turn_to(&mut self, to: Addressee, prefix: &[u8], stream: &Stream) -> io::Result<Then> {
        self.target = match to {
            Addressee::Master => None,
            Addressee::Nobody => return self.nobody(prefix, stream).await,
            Addressee::Worker(target) => match self.ask(|answer| Order::Find(target, answer)).await.flatten()
            {
                Some(found) => Some(found.pid),
                None => return self.nobody(prefix, stream).await,
            },
        };
        Ok(Then::GoOn)
    }

    async fn nobody(&self, prefix: &[u8], stream: &Stream) -> io::Result<Then> {
        let text = format!("Can't find the target PID matching the prefix '{}'\n", base::Lossy(prefix));
        stream.write_all(text.as_bytes(), PATIENCE).await?;
        Ok(Then::Close)
    }

    /// What changes the connection alone, whomever it stands for. `None`: it is no such command.
    async fn switch(&mut self, given: &Given, stream: &Stream) -> io::Result<Option<Then>> {
        let is_on = given.words.get(1).is_some_and(|word| word == b"on");
        let needed = match given.words[0].as_slice() {
            b"quit" => return Ok(Some(Then::Close)),
            b"prompt" => return self.set_prompt(&given.words[1..], stream).await.map(Some),
            b"user" => Level::User,
            b"operator" => Level::Operator,
            b"expert-mode" | b"experimental-mode" | b"mcli-debug-mode" => Level::Admin,
            _ => return Ok(None),
        };
        if self.access.level < needed {
            stream.write_all(b"Permission denied!\n", PATIENCE).await?;
            return Ok(Some(Then::Close));
        }
        match given.words[0].as_slice() {
            b"expert-mode" => self.access.is_expert = is_on,
            b"experimental-mode" => self.access.is_experimental = is_on,
            b"mcli-debug-mode" => self.is_debugging = is_on,
            _ => self.access = Access { level: needed, ..self.access },
        }
        Ok(Some(Then::GoOn))
    }

    async fn set_prompt(&mut self, words: &[Vec<u8>], stream: &Stream) -> io::Result<Then> {
        let mut wanted = None;
        let mut is_timed = false;
        for word in words {
            match word.as_slice() {
                b"i" => wanted = Some(false),
                b"p" => wanted = Some(true),
                b"timed" => is_timed = true,
                _ => {
                    stream.write_all(PROMPT_USAGE.as_bytes(), PATIENCE).await?;
                    return Ok(Then::Close);
                }
            }
        }
        if is_timed {
            self.has_timed_prompt = !self.has_timed_prompt;
            wanted = wanted.or(Some(true));
        }
        self.has_prompt = wanted.unwrap_or(!self.has_prompt);
        Ok(Then::GoOn)
    }

    /// What asks for the next line.
    async fn prompt(&self) -> String {
        if !self.has_prompt {
            return String::new();
        }
        if self.input.is_gathering() {
            return "+ ".to_owned();
        }
        let (name, uptime) = match self.target {
            None => {
                let failed = if self.orders.has_failed.load(Relaxed) { "[ReloadFailed]" } else { "" };
                (format!("master{failed}"), Some(self.process.uptime(clock::now())))
            }
            Some(pid) => {
                let found = self.ask(|answer| Order::Find(Target::Pid(pid), answer)).await.flatten();
                (pid.to_string(), found.map(|found| found.uptime))
            }
        };
        let time = if self.has_timed_prompt { timed(uptime) } else { String::new() };
        format!("{time}{name}{}> ", self.flags())
    }

    fn flags(&self) -> String {
        let flags: String =
            [(self.access.is_experimental, 'x'), (self.access.is_expert, 'e'), (self.is_debugging, 'd')]
                .into_iter()
                .filter_map(|(is_on, flag)| is_on.then_some(flag))
                .collect();
        if flags.is_empty() { flags } else { format!("({flags})") }
    }

    /// Sends an order and waits for its answer; `None` when the master ends.
    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.orders.sender.send(order(answer)).ok()?;
        answered.await.ok()
    }

    /// A command for the master.
    async fn own(&mut self, given: &Given, stream: &Stream) -> io::Result<Then> {
        let words = &given.words;
        let Some(row) = own::find(words) else { return self.shared(given, stream).await };
        if self.access.level < row.level {
            stream.write_all(b"Permission denied\n\n", PATIENCE).await?;
            return Ok(Then::GoOn);
        }
        let mut then = Then::GoOn;
        let text = match row.own {
            Own::ShowProc => {
                let is_debug = words.get(2).is_some_and(|word| word == b"debug");
                let detail = if is_debug { Detail::Links } else { Detail::Usual };
                self.ask(|answer| Order::Processes(detail, answer)).await.map(String::into_bytes)
            }
            Own::StartupLogs => self.ask(Order::StartupLogs).await,
            Own::LoadStatus => self.ask(Order::Status).await.map(told),
            Own::Reload | Own::HardReload => {
                then = Then::Close;
                let how = if row.own == Own::Reload { Reload::Soft } else { Reload::Hard };
                self.ask(|answer| Order::Reload(how, answer)).await.map(told)
            }
            Own::Prefix | Own::DebugMode => None,
        };
        let Some(mut text) = text else { return Ok(Then::Close) };
        text.push(b'\n');
        stream.write_all(&text, PATIENCE).await?;
        Ok(then)
    }

    /// A command that workers have as well, or one that nobody has.
    async fn shared(&mut self, given: &Given, stream: &Stream) -> io::Result<Then> {
        let words = &given.words;
        let is_help = words[0] == b"help";
        if !self.is_debugging && (is_help || !own::is_shared(words)) {
            let text = if is_help { own::help(&words[1..]) } else { own::unknown(words) };
            stream.write_all(format!("{text}\n").as_bytes(), PATIENCE).await?;
            return Ok(Then::GoOn);
        }
        let mut session =
            Session::new(&self.process, self.access, SeverityOutput::None).talking(Talk::Interactive);
        session.push(&relay::line(&given.text, given.payload.as_deref()));
        let mut out = Vec::new();
        loop {
            let step = session.advance(&self.process, &mut out);
            stream.write_all(&out, PATIENCE).await?;
            out.clear();
            match step {
                Step::Again => tokio::task::yield_now().await,
                Step::Wait(time) => tokio::time::sleep(time).await,
                Step::Read => return Ok(Then::GoOn),
                Step::GiveSockets | Step::Close => return Ok(Then::Close),
            }
        }
    }

    /// A command for a worker.
    async fn forward(&mut self, target: Target, given: &Given, stream: &Stream) -> io::Result<Then> {
        let connected = self.connect(target, Talk::Once).await;
        let Some(Found { connection: Some(connection), .. }) = connected else {
            stream.write_all(b"Can't connect to the target CLI!\n", PATIENCE).await?;
            return Ok(Then::Close);
        };
        relay::one(connection, &relay::line(&given.text, given.payload.as_deref()), stream).await?;
        Ok(Then::GoOn)
    }

    /// `@@`: the rest of the line, and all that follows, is the worker's until it closes.
    async fn enter(&mut self, to: Addressee, given: &Given, stream: &Stream) -> io::Result<Then> {
        let Addressee::Worker(target) = to else { return self.nobody(&given.words[0], stream).await };
        let mut line = without_first_word(&given.text);
        line.extend(self.input.take_commands());
        let is_command = line.iter().any(|byte| !byte.is_ascii_whitespace());
        let talk = match (is_command, self.has_prompt) {
            (true, _) => Talk::Once,
            (false, true) => Talk::Prompt,
            (false, false) => Talk::Interactive,
        };
        let Some(Found { connection: Some(connection), .. }) = self.connect(target, talk).await else {
            return self.nobody(&given.words[0], stream).await;
        };
        if is_command {
            line.push(b'\n');
        } else {
            line.clear();
        }
        line.extend(self.input.take_rest());
        relay::both(connection, &line, stream).await?;
        Ok(Then::GoOn)
    }

    async fn connect(&self, target: Target, talk: Talk) -> Option<Found> {
        self.ask(|answer| Order::Connect(target, self.access, talk, answer)).await.flatten()
    }
}

/// Whom a prefix without its `@` means.
fn addressee(prefix: &[u8]) -> Addressee {
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<u32>().ok());
    match prefix {
        b"" | b"master" => Addressee::Master,
        [b'!', pid @ ..] => number(pid).map_or(Addressee::Nobody, |pid| Addressee::Worker(Target::Pid(pid))),
        place => match number(place) {
            Some(0) => Addressee::Master,
            Some(1) => Addressee::Worker(Target::Current),
            Some(_) | None => Addressee::Nobody,
        },
    }
}

/// A command without its prefix.
fn without_first_word(text: &[u8]) -> Vec<u8> {
    let text = text.trim_ascii_start();
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    text[end..].trim_ascii_start().to_vec()
}

/// What a load's result looks like.
fn told(loaded: Loaded) -> Vec<u8> {
    let mut text = format!("Success={}\n", u8::from(loaded.is_success)).into_bytes();
    if !loaded.logs.is_empty() {
        text.extend_from_slice(b"--\n");
        text.extend_from_slice(&loaded.logs);
    }
    text
}

fn timed(uptime: Option<Duration>) -> String {
    let Some(up) = uptime.map(|uptime| uptime.as_secs()) else { return "[gone] ".to_owned() };
    format!("[{}:{:02}:{:02}:{:02}] ", up / 86_400, up / 3_600 % 24, up / 60 % 60, up % 60)
}

#[cfg(test)]
mod tests;
