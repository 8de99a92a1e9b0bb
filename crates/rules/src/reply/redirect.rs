//! Redirects: `redirect` and `http-request redirect` in all their forms (configuration manual, chapter 4.3,
//! "redirect").

use diag::codes;
use http::message::Version;
use sample::logformat::{LogFormat, Style};
use sample::{Problem, Txn};
use syntax::Word;

use super::Answer;
use crate::action::ActionCompile;
use crate::words::Words;

/// What the new location is made of.
#[derive(Debug)]
pub enum RedirectTo {
    /// `location`: this.
    Location(LogFormat),
    /// `prefix`: this, then the request's path and query.
    Prefix(LogFormat),
    /// `scheme`: this, `://`, the request's host, its path and query.
    Scheme(LogFormat),
}

/// A redirect.
#[derive(Debug)]
pub struct Redirect {
    /// Where to.
    pub to: RedirectTo,
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
    /// `drop-query`.
    drops_query: bool,
    /// `keep-query`.
    keeps_query: bool,
    /// `append-slash`.
    appends_slash: bool,
    /// `ignore-empty`: an empty location means no redirect.
    ignores_empty: bool,
    /// `set-cookie`, `clear-cookie`, `set-cookie-fmt`.
    cookie: Option<CookieEdit>,
}

/// A cookie that goes with a redirect.
#[derive(Debug)]
pub enum CookieEdit {
    /// This `Set-Cookie` value.
    Fixed(Vec<u8>),
    /// Rendered for each request.
    Format(LogFormat),
}

/// What stands behind `redirect`.
const WORDS: [&str; 11] = [
    "location",
    "prefix",
    "scheme",
    "code",
    "drop-query",
    "keep-query",
    "append-slash",
    "ignore-empty",
    "set-cookie",
    "clear-cookie",
    "set-cookie-fmt",
];

impl Redirect {
    /// Compiles the words behind `redirect`, up to the condition.
    ///
    /// # Errors
    /// An unknown word, a missing target, a status that is no redirect.
    pub fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Redirect, Problem> {
        let start = words.span();
        let mut to = None;
        let mut redirect = Redirect {
            to: RedirectTo::Location(LogFormat::constant(b"")),
            status: 302,
            drops_query: false,
            keeps_query: false,
            appends_slash: false,
            ignores_empty: false,
            cookie: None,
        };
        while !words.at_condition() {
            let Some(word) = words.next() else { break };
            match word.text.as_slice() {
                b"location" | b"to" => to = Some(RedirectTo::Location(target(words, compile)?)),
                b"prefix" => to = Some(RedirectTo::Prefix(target(words, compile)?)),
                b"scheme" => to = Some(RedirectTo::Scheme(target(words, compile)?)),
                b"code" => redirect.status = status(words)?,
                b"drop-query" => redirect.drops_query = true,
                b"keep-query" => redirect.keeps_query = true,
                b"append-slash" => redirect.appends_slash = true,
                b"ignore-empty" => redirect.ignores_empty = true,
                b"set-cookie" => redirect.cookie = Some(set_cookie(&words.need("the cookie")?.text)),
                b"clear-cookie" => redirect.cookie = Some(clear_cookie(&words.need("the cookie")?.text)),
                b"set-cookie-fmt" => redirect.cookie = Some(CookieEdit::Format(target(words, compile)?)),
                _ => return Err(unknown(word)),
            }
        }
        redirect.to = to.ok_or_else(|| {
            sample::compile::problem_of(
                codes::ACTION_ARGUMENT,
                start,
                "`redirect` needs `location`, `prefix` or `scheme` and its value",
            )
        })?;
        Ok(redirect)
    }

    /// Whether the redirect does nothing for this request (`ignore-empty`).
    #[must_use]
    pub fn is_void(&self, txn: &Txn) -> bool {
        self.ignores_empty && matches!(&self.to, RedirectTo::Location(_)) && self.location(txn).is_empty()
    }

    /// The value of `Location`.
    fn location(&self, txn: &Txn) -> Vec<u8> {
        let mut out = Vec::new();
        match &self.to {
            RedirectTo::Location(format) => {
                format.render(txn, &mut out);
                if self.keeps_query && !out.is_empty() {
                    self.append_query(txn, &mut out);
                }
                return out;
            }
            RedirectTo::Prefix(format) => {
                // A prefix of `/` alone stands for nothing, so that one can redirect to oneself.
                if format.is_constant() != Some(b"/") {
                    format.render(txn, &mut out);
                }
            }
            RedirectTo::Scheme(format) => {
                format.render(txn, &mut out);
                out.extend_from_slice(b"://");
                out.extend_from_slice(txn.req.head.fields.get(b"host").unwrap_or_default());
            }
        }
        let path = if self.drops_query { txn.req.head.path() } else { txn.req.head.path_and_query() };
        out.extend_from_slice(path.unwrap_or(b"/"));
        if self.appends_slash && out.last() != Some(&b'/') {
            out.push(b'/');
        }
        out
    }

    fn append_query(&self, txn: &Txn, out: &mut Vec<u8>) {
        let Some(query) = txn.req.head.query().filter(|q| !q.is_empty()) else { return };
        match memchr::memchr(b'?', out) {
            None => out.push(b'?'),
            Some(at) if at + 1 < out.len() => out.push(b'&'),
            Some(_) => {}
        }
        out.extend_from_slice(query);
    }

    /// The answer.
    #[must_use]
    pub fn build(&self, txn: &Txn) -> Answer {
        let mut answer = Answer::default();
        let reason = http::status::reason(self.status);
        answer.head.start_response(Version::Http11, self.status, Some(reason.as_bytes()));
        let fields = &mut answer.head.fields;
        fields.push(b"content-length", b"0");
        fields.push(b"location", &self.location(txn));
        if matches!(self.status, 302 | 303 | 307) {
            fields.push(b"cache-control", b"no-cache");
        }
        match &self.cookie {
            None => {}
            Some(CookieEdit::Fixed(value)) => fields.push(b"set-cookie", value),
            Some(CookieEdit::Format(format)) => {
                let mut value = Vec::new();
                format.render(txn, &mut value);
                fields.push(b"set-cookie", &value);
            }
        }
        answer
    }
}

fn unknown(word: &Word) -> Problem {
    let given = word.lossy().to_string();
    let text = format!("unknown `redirect` word `{given}`");
    let mut problem = sample::compile::problem_of(codes::ACTION_ARGUMENT, word.span, text);
    problem.suggestion = diag::nearest(&given, WORDS.into_iter()).map(str::to_owned);
    problem
}

fn target(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<LogFormat, Problem> {
    let word = words.need("the value")?;
    compile.sample.span = word.span;
    LogFormat::compile(&word.text, Style::Header, compile.sample)
}

fn status(words: &mut Words<'_>) -> Result<u16, Problem> {
    let word = words.need("the status code")?;
    match base::bytes::parse_decimal(&word.text) {
        Some(code @ (301 | 302 | 303 | 307 | 308)) => Ok(u16::try_from(code).unwrap_or(302)),
        _ => Err(sample::compile::problem_of(
            codes::ACTION_ARGUMENT,
            word.span,
            "a redirect's code is 301, 302, 303, 307 or 308",
        )),
    }
}

fn set_cookie(cookie: &[u8]) -> CookieEdit {
    CookieEdit::Fixed([cookie, b"; path=/;"].concat())
}

/// `name=` matches the cookie whatever its value; the browser is told to forget it.
fn clear_cookie(cookie: &[u8]) -> CookieEdit {
    CookieEdit::Fixed([cookie, b"; path=/; Max-Age=0;"].concat())
}
