//! Logs of the process, which proxies take over by `log global` (chapter 3.1).

use rules::Words;
use sample::Problem;

use super::rows::usage;
use crate::context::{GlobalParse, Polarity};
use crate::row::GlobalRow;
use crate::sections::{log_line, value};

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("log", log, "where logs are sent")
        .examples(usage!["log 127.0.0.1:514 local0", "log stdout format raw local0 info"])
        .negatable(),
    GlobalRow::new("log-tag", log_tag, "what the program is called in logs").examples(usage!["log-tag lb"]),
    GlobalRow::new("log-send-hostname", log_send_hostname, "the host name in logs")
        .examples(usage!["log-send-hostname", "log-send-hostname lb1"]),
];

fn log(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    if parse.polarity != Polarity::Set {
        parse.global.logs.clear();
        return words.done();
    }
    let line = log_line::parse(words, &mut parse.cx)?;
    parse.global.logs.push(line);
    Ok(())
}

fn log_tag(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.log_tag = Some(value::bytes(words.need("the tag")?));
    words.done()
}

fn log_send_hostname(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.log_send_hostname = Some(words.next().map(value::bytes));
    words.done()
}
