//! Answers made here, as `return`, `deny` and `tarpit` describe them: status, body, fields, error messages.

use std::sync::Arc;

use sample::Problem;
use sample::logformat::{LogFormat, Style};
use syntax::Word;

use super::args::{format_of, need, wrong};
use crate::action::ActionCompile;
use crate::reply::{Body, Reply, file};
use crate::words::Words;

/// The statuses that have an error message of their own.
const ERROR_STATUSES: &[u16] = &[
    200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 414, 421, 422, 425, 429, 431, 500, 501, 502, 503, 504,
];

/// What the answer's body is.
enum Payload {
    /// There is none.
    None,
    /// The proxy's message for the status (`default-errorfiles`).
    Default,
    /// The message of an `http-errors` section (`errorfiles`).
    Section(Word),
    /// A message read from a file (`errorfile`).
    File(Arc<Reply>),
    /// Fixed bytes (`string`, `file`).
    Raw(Vec<u8>),
    /// Rendered (`lf-string`, `lf-file`).
    Format(LogFormat),
}

/// The words of an answer as far as they are read.
struct Draft {
    status: u16,
    status_word: Option<Word>,
    content_type: Option<Word>,
    headers: Vec<(Box<[u8]>, LogFormat)>,
    payload: Payload,
    /// The word that chose the payload.
    payload_word: Option<Word>,
}

/// Reads the words of an answer, up to the first that is none of them.
///
/// # Errors
/// Words that contradict each other, a file that cannot be used, a format that does not compile.
pub fn answer(
    words: &mut Words<'_>,
    default_status: u16,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Arc<Reply>, Problem> {
    let mut draft = Draft::new(default_status);
    draft.read(words, compile)?;
    draft.finish(compile)
}

/// The proxy's error message for a status.
pub(super) fn error_message(status: u16) -> Arc<Reply> {
    Arc::new(Reply::Error(status))
}

impl Draft {
    fn new(status: u16) -> Draft {
        Draft {
            status,
            status_word: None,
            content_type: None,
            headers: Vec::new(),
            payload: Payload::None,
            payload_word: None,
        }
    }

    /// Reads words up to the first that is no part of an answer.
    fn read(&mut self, words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<(), Problem> {
        while let Some(word) = words.peek() {
            match word.text.as_slice() {
                b"status" => {
                    words.next();
                    self.read_status(words)?;
                }
                b"content-type" => {
                    words.next();
                    self.content_type = Some(need(words, "the type behind `content-type`")?.clone());
                }
                b"hdr" => {
                    words.next();
                    self.read_header(words, compile)?;
                }
                _ if !self.read_payload(words, compile)? => break,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_status(&mut self, words: &mut Words<'_>) -> Result<(), Problem> {
        let word = need(words, "the status")?;
        let status = word.as_str().and_then(|text| text.parse::<u16>().ok());
        let Some(status) = status.filter(|status| (200..=599).contains(status)) else {
            return Err(wrong(word, "the status of an answer is a number from 200 to 599"));
        };
        self.status = status;
        self.status_word = Some(word.clone());
        Ok(())
    }

    fn read_header(
        &mut self,
        words: &mut Words<'_>,
        compile: &mut ActionCompile<'_, '_>,
    ) -> Result<(), Problem> {
        let name = need(words, "the name behind `hdr`")?;
        let value = words.need("the value of this header field")?;
        let own: [&[u8]; 3] = [b"content-length", b"transfer-encoding", b"content-type"];
        if own.iter().any(|own| name.text.eq_ignore_ascii_case(own)) {
            compile.sample.span = name.span;
            compile.sample.warn(format!("`{}` is left out: it follows from the body", name.lossy()));
            return Ok(());
        }
        let format = format_of(value, Style::Header, compile)?;
        self.headers.push((name.text.clone().into(), format));
        Ok(())
    }

    /// Reads what the body is; false if the next word says nothing about it.
    fn read_payload(
        &mut self,
        words: &mut Words<'_>,
        compile: &mut ActionCompile<'_, '_>,
    ) -> Result<bool, Problem> {
        let Some(word) = words.peek() else { return Ok(false) };
        let kind = word.text.as_slice();
        let kinds: [&[u8]; 7] = [
            b"default-errorfiles",
            b"errorfiles",
            b"errorfile",
            b"string",
            b"file",
            b"lf-string",
            b"lf-file",
        ];
        if !kinds.contains(&kind) {
            return Ok(false);
        }
        if let Some(first) = &self.payload_word {
            return Err(wrong(word, format!("`{}` was given already", first.lossy())));
        }
        words.next();
        self.payload_word = Some(word.clone());
        if kind == b"default-errorfiles" {
            self.payload = Payload::Default;
            return Ok(true);
        }
        let argument = words.need("what the body is made of")?;
        self.payload = match kind {
            b"errorfiles" => Payload::Section(argument.clone()),
            b"errorfile" => Payload::File(errorfile(argument, compile)?),
            b"string" => Payload::Raw(argument.text.clone()),
            b"file" => Payload::Raw(read(argument, compile)?.to_vec()),
            b"lf-string" => Payload::Format(format_of(argument, Style::Text, compile)?),
            _ => {
                let text = Word { text: read(argument, compile)?.to_vec(), ..argument.clone() };
                Payload::Format(format_of(&text, Style::Text, compile)?)
            }
        };
        Ok(true)
    }

    fn finish(mut self, compile: &mut ActionCompile<'_, '_>) -> Result<Arc<Reply>, Problem> {
        let body = match std::mem::replace(&mut self.payload, Payload::None) {
            Payload::Default => {
                self.check_error_status()?;
                self.warn_about_the_rest(compile);
                return Ok(error_message(self.status));
            }
            Payload::Section(section) => {
                self.check_error_status()?;
                self.warn_about_the_rest(compile);
                return self.of_section(&section, compile);
            }
            Payload::File(reply) => {
                self.warn_about_the_rest(compile);
                return Ok(reply);
            }
            Payload::None => Body::Empty,
            Payload::Raw(bytes) if bytes.is_empty() => Body::Empty,
            Payload::Raw(bytes) => Body::Raw(bytes),
            Payload::Format(format) => Body::Format(format),
        };
        if matches!(body, Body::Empty) {
            self.warn_about_type("there is no body", compile);
            self.content_type = None;
        } else {
            self.check_body()?;
        }
        let content_type = self.content_type.map(|word| word.text.into());
        Ok(Arc::new(Reply::Made { status: self.status, content_type, headers: self.headers, body }))
    }

    /// A body needs a type, and a status that can have one.
    fn check_body(&self) -> Result<(), Problem> {
        let word = self.payload_word.as_ref().expect("a payload was read");
        if matches!(self.status, 204 | 304) {
            return Err(wrong(word, format!("an answer with status {} has no body", self.status)));
        }
        if self.content_type.is_none() {
            return Err(wrong(word, "a body needs its type, as in `content-type text/plain`"));
        }
        Ok(())
    }

    fn check_error_status(&self) -> Result<(), Problem> {
        if ERROR_STATUSES.contains(&self.status) {
            return Ok(());
        }
        let word = self.status_word.as_ref().or(self.payload_word.as_ref()).expect("a payload was read");
        Err(wrong(word, format!("there is no error message for status {}", self.status)))
    }

    fn of_section(&self, section: &Word, compile: &mut ActionCompile<'_, '_>) -> Result<Arc<Reply>, Problem> {
        let Some(table) = compile.errors.http_errors(&section.text) else {
            return Err(wrong(section, format!("there is no `http-errors {}` section", section.lossy())));
        };
        if let Some(reply) = table.get(self.status) {
            return Ok(reply.clone());
        }
        compile.sample.span = section.span;
        compile.sample.warn(format!(
            "`http-errors {}` has no message for status {}",
            section.lossy(),
            self.status
        ));
        Ok(error_message(self.status))
    }

    fn warn_about_type(&self, why: &str, compile: &mut ActionCompile<'_, '_>) {
        if let Some(word) = &self.content_type {
            compile.sample.span = word.span;
            compile.sample.warn(format!("`content-type {}` is left out: {why}", word.lossy()));
        }
    }

    fn warn_about_the_rest(&self, compile: &mut ActionCompile<'_, '_>) {
        self.warn_about_type("an error message has its own", compile);
        if !self.headers.is_empty() {
            compile.sample.warn("`hdr` is left out: an error message has its own header fields");
        }
    }
}

fn read(path: &Word, compile: &ActionCompile<'_, '_>) -> Result<Arc<[u8]>, Problem> {
    compile.sample.names.file(&path.text).map_err(|error| wrong(path, error))
}

fn errorfile(path: &Word, compile: &ActionCompile<'_, '_>) -> Result<Arc<Reply>, Problem> {
    let bytes = read(path, compile)?;
    let message = file::parse(&bytes).map_err(|error| wrong(path, format!("`{}`: {error}", path.lossy())))?;
    Ok(Arc::new(Reply::Stored(Arc::new(message))))
}

/// Reads the words of an answer that refuses something: without any, it is the proxy's error message.
///
/// # Errors
/// As [`answer`].
pub(super) fn refusal(
    words: &mut Words<'_>,
    default_status: u16,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Arc<Reply>, Problem> {
    if words.peek().is_none() || words.at_condition() {
        return Ok(error_message(default_status));
    }
    if !words.eat("deny_status") {
        return answer(words, default_status, compile);
    }
    let mut draft = Draft::new(default_status);
    draft.read_status(words)?;
    if words.peek().is_none() || words.at_condition() {
        draft.payload_word.clone_from(&draft.status_word);
        draft.payload = Payload::Default;
        return draft.finish(compile);
    }
    draft.read(words, compile)?;
    draft.finish(compile)
}
