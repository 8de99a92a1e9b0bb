//! Lua (chapter 3.1): scripts must be readable; they are not run yet.

use rules::Words;
use sample::Problem;

use super::kinds;
use super::rows::usage;
use crate::context::GlobalParse;
use crate::row::GlobalRow;
use crate::sections::value;

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("lua-load", load, "a script that all threads share").refused().examples(usage![]),
    GlobalRow::new("lua-load-per-thread", load, "a script that each thread has for itself").refused(),
    GlobalRow::new("lua-prepend-path", prepend_path, "where scripts find their modules").internal(),
    GlobalRow::new("tune.lua.bool-sample-conversion", conversion, "what booleans become in scripts")
        .internal(),
    GlobalRow::new("tune.lua.burst-timeout", kinds::time_ms, "how long a script may run at a stretch")
        .internal(),
    GlobalRow::new(
        "tune.lua.forced-yield",
        kinds::number,
        "after how many instructions a script is interrupted",
    )
    .internal(),
    GlobalRow::new("tune.lua.log.loggers", kinds::on_off, "whether scripts log to the proxy's targets")
        .internal(),
    GlobalRow::new("tune.lua.log.stderr", kinds::on_off_auto, "whether scripts log to standard error")
        .internal(),
    GlobalRow::new("tune.lua.maxmem", kinds::number, "how much memory scripts take, megabytes").internal(),
    GlobalRow::new("tune.lua.openlibs", kinds::word, "which libraries scripts find").internal(),
    GlobalRow::new("tune.lua.service-timeout", kinds::time_ms, "how long a service may run").internal(),
    GlobalRow::new("tune.lua.session-timeout", kinds::time_ms, "how long an action may run").internal(),
    GlobalRow::new("tune.lua.task-timeout", kinds::time_ms, "how long a task may run").internal(),
];

fn load(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    value::readable(words.need("the script's file")?, None, parse.cx.names)?;
    words.take_rest();
    Ok(())
}

fn prepend_path(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    words.need("the path")?;
    if let Some(kind) = words.next() {
        value::choice(kind, &["path", "cpath"])?;
    }
    words.done()
}

fn conversion(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    value::choice(words.need("`normal` or `pre-3.1-bug`")?, &["normal", "pre-3.1-bug"])?;
    words.done()
}
