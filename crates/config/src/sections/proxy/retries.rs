//! `retries` and `retry-on` (chapter 4.2).

use rules::Words;
use sample::Problem;
use sample::compile::problem;

use super::args;
use super::rows::{SERVER, usage};
use crate::context::ProxyParse;
use crate::model::RetryOn;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "retries",
        SERVER,
        retries,
        "how often a failed attempt to reach a server is repeated",
        usage!["retries 3"],
    ),
    ProxyRow::new(
        "retry-on",
        SERVER,
        retry_on,
        "which failures are followed by another attempt",
        usage!["retry-on conn-failure empty-response 503", "retry-on all-retryable-errors", "retry-on none"],
    ),
];

/// The statuses that HAProxy can retry.
const STATUSES: &[u16] = &[401, 403, 404, 408, 421, 425, 429, 500, 501, 502, 503, 504];

const NAMES: &[&str] = &[
    "none",
    "conn-failure",
    "empty-response",
    "junk-response",
    "response-timeout",
    "0rtt-rejected",
    "all-retryable-errors",
];

fn retries(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.retries = args::number(words, "the number of attempts", 0, parse)?;
    words.done()
}

fn retry_on(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let given = words.rest().len();
    words.clone().need("a kind of failure")?;
    let mut on = RetryOn { conn_failure: false, ..RetryOn::default() };
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"none" if given == 1 => {}
            b"none" => return Err(problem(word.span, "`none` stands alone")),
            b"conn-failure" => on.conn_failure = true,
            b"empty-response" => on.empty_response = true,
            b"junk-response" => on.junk_response = true,
            b"response-timeout" => on.response_timeout = true,
            b"0rtt-rejected" => on.rejected_0rtt = true,
            b"all-retryable-errors" => {
                let mut statuses = std::mem::take(&mut on.statuses);
                statuses.extend([500, 502, 503, 504]);
                on = RetryOn {
                    conn_failure: true,
                    empty_response: true,
                    junk_response: true,
                    response_timeout: true,
                    rejected_0rtt: true,
                    statuses,
                };
            }
            other => match status(other) {
                Some(status) => on.statuses.push(status),
                None => return Err(args::unexpected(word, NAMES)),
            },
        }
    }
    on.statuses.sort_unstable();
    on.statuses.dedup();
    parse.proxy.retry_on = on;
    Ok(())
}

fn status(text: &[u8]) -> Option<u16> {
    let number = base::bytes::parse_decimal(text)?;
    u16::try_from(number).ok().filter(|status| STATUSES.contains(status))
}
