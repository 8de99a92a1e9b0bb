//! `filter bwlim-in`, `filter bwlim-out`: limits that rules enable on streams (chapter 9.7).

use base::units::TimeUnit;
use diag::{Diagnostic, Diagnostics, Span, codes};
use rules::{BandwidthFilter, Pace, Words};
use sample::compile::{Names, Place, problem_of};
use sample::{Expr, Problem};
use state::bandwidth::{Direction, Flow};
use state::proxy::Sides;

use super::{args, expr};
use crate::context::ProxyParse;
use crate::model::{BandwidthShare, Config, ProxyConfig};
use crate::sections::value;

/// What the words of a line have said so far.
#[derive(Default)]
struct Draft {
    /// `default-limit`, and the place of the first word for streams alone.
    stream_bytes: u64,
    stream_period_ms: u64,
    stream_at: Option<Span>,
    /// `limit`, `key`, `table`, and the place of the first of these words.
    shared_bytes: u64,
    key: Option<Expr>,
    table: Option<base::ProxyId>,
    shared_at: Option<Span>,
    bytes_min: u64,
}

const WORDS: &[&str] = &["default-limit", "default-period", "limit", "key", "table", "min-size"];

/// Reads a line behind the filter's kind.
pub(super) fn filter(
    words: &mut Words<'_>,
    direction: Direction,
    parse: &mut ProxyParse<'_>,
) -> Result<(), Problem> {
    let name = words.need("the limit's name")?;
    let mut draft = Draft::default();
    while let Some(word) = words.peek() {
        words.next();
        draft.read(word, words, parse)?;
    }
    let bytes_min = draft.bytes_min;
    let table = draft.table.unwrap_or(parse.proxy.id);
    let pace = draft.finish(table, parse)?;
    if matches!(pace, Pace::Shared { .. }) {
        let share = BandwidthShare { table, direction, span: name.span };
        parse.proxy.bandwidth_shares.push(share);
    }
    let filter = BandwidthFilter { direction, pace, bytes_min };
    if !parse.scratch.bandwidth.declare(parse.proxy.id, &name.text, filter) {
        let text = format!("this proxy has a bandwidth limit `{}` already", name.lossy());
        return Err(problem_of(codes::DUPLICATE, name.span, text));
    }
    Ok(())
}

impl Draft {
    fn read(
        &mut self,
        word: &syntax::Word,
        words: &mut Words<'_>,
        parse: &mut ProxyParse<'_>,
    ) -> Result<(), Problem> {
        let is_stream = matches!(word.text.as_slice(), b"default-limit" | b"default-period");
        let is_shared = matches!(word.text.as_slice(), b"limit" | b"key" | b"table");
        if (is_stream && self.shared_at.is_some()) || (is_shared && self.stream_at.is_some()) {
            let text = format!("`{}`: a limit is either each stream's own or shared", word.lossy());
            return Err(problem_of(codes::CHOICE, word.span, text));
        }
        if is_stream {
            self.stream_at.get_or_insert(word.span);
        }
        if is_shared {
            self.shared_at.get_or_insert(word.span);
        }
        match word.text.as_slice() {
            b"default-limit" => self.stream_bytes = value::size(words.need("the limit, a size")?)?,
            b"default-period" => {
                let period = value::duration(words.need("the period, a time")?, TimeUnit::Millis)?;
                self.stream_period_ms = u64::try_from(period.as_millis()).unwrap_or(u64::MAX);
            }
            b"limit" => self.shared_bytes = value::size(words.need("the limit, a size")?)?,
            b"key" => self.key = Some(expr::parse(words, Place::Acl, parse)?),
            b"table" => {
                let word = words.need("the table's name")?;
                let found = parse.cx.names.proxy(&word.text, Sides::Both);
                let unknown = || {
                    let text = format!("there is no table `{}`", word.lossy());
                    problem_of(codes::UNKNOWN_TABLE, word.span, text)
                };
                self.table = Some(found.ok_or_else(unknown)?.id);
            }
            b"min-size" => self.bytes_min = value::size(words.need("the least that passes, a size")?)?,
            _ => return Err(args::unexpected(word, WORDS)),
        }
        Ok(())
    }

    fn finish(self, table: base::ProxyId, parse: &ProxyParse<'_>) -> Result<Pace, Problem> {
        let missing = |what: &str| {
            let text = format!("a bandwidth limit needs `{what}`");
            problem_of(codes::MISSING_ARGUMENT, parse.span, text)
        };
        if self.shared_at.is_none() {
            return match (self.stream_bytes, self.stream_period_ms) {
                (_, 0) => Err(missing("default-period")),
                (0, _) => Err(missing("default-limit")),
                (bytes, period_ms) => Ok(Pace::Stream(Flow { bytes, period_ms })),
            };
        }
        match (self.key, self.shared_bytes) {
            (None, _) => Err(missing("key")),
            (_, 0) => Err(missing("limit")),
            (Some(key), bytes) => Ok(Pace::Shared { bytes, key, table }),
        }
    }
}

/// Checks that the tables of shared limits are there and store what the limits count.
pub(crate) fn check_tables(proxy: &ProxyConfig, config: &Config, diags: &mut Diagnostics) {
    for share in &proxy.bandwidth_shares {
        let owner = config.proxy(share.table);
        let rate = share.direction.rate();
        let text = match &owner.table {
            None => format!("proxy `{}` has no stick table", owner.name),
            Some(table) if table.stored.iter().any(|stored| stored.data == rate) => continue,
            Some(_) => format!("the table of `{}` does not store `{}`", owner.name, rate.name()),
        };
        diags.push(Diagnostic::error(text).at(share.span).code(codes::UNKNOWN_TABLE));
    }
}
