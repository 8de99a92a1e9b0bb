//! Which threads serve a socket (chapter 5.1): accepted and checked. Here every worker has a socket of its own on
//! each address, so there is nothing left to choose.

use rules::Words;
use sample::Problem;
use sample::compile::problem;
use syntax::Word;

use super::rows::usage;
use crate::context::BindParse;
use crate::row::BindRow;
use crate::sections::value;

pub(super) static ROWS: &[BindRow] = &[
    BindRow::new(
        "thread",
        thread,
        "the threads that accept",
        usage!["bind :8080 thread 1-4", "bind :8080 thread 1/all"],
    )
    .internal(),
    BindRow::new(
        "shards",
        shards,
        "how many sockets share the address",
        usage!["bind :8080 shards by-thread"],
    )
    .internal(),
    BindRow::new("nice", nice, "how its sessions are scheduled", usage!["bind :8080 nice -5"]).internal(),
    BindRow::new(
        "process",
        process,
        "the processes that accepted, when there were several",
        usage!["bind :8080 process 1"],
    )
    .internal()
    .removed("thread"),
];

fn thread(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    thread_sets(words.need("a set of threads, as in `1-4`")?)
}

/// `all`, `odd`, `even`, `N`, `N-M`, each perhaps behind a group and `/`; several with commas between them.
pub(crate) fn thread_sets(word: &Word) -> Result<(), Problem> {
    let is_good = |set: &[u8]| {
        let set = set.iter().position(|byte| *byte == b'/').map_or(set, |at| &set[at + 1..]);
        matches!(set, b"all" | b"odd" | b"even" | b"")
            || set.splitn(2, |byte| *byte == b'-').all(|end| end.iter().all(u8::is_ascii_digit))
    };
    if word.text.split(|byte| *byte == b',').all(is_good) {
        return Ok(());
    }
    let text = format!("`{}` is no set of threads: `all`, `odd`, `even`, `1`, `1-4` are", word.lossy());
    Err(problem(word.span, text))
}

fn shards(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("a number, `by-thread` or `by-group`")?;
    if matches!(word.text.as_slice(), b"by-thread" | b"by-group") {
        return Ok(());
    }
    value::number::<u32>(word, "the number of shards", 1..=1_000, parse.line.cx.diags).map(drop)
}

fn nice(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("a number")?;
    value::number::<i32>(word, "the niceness", -1_024..=1_024, parse.line.cx.diags).map(drop)
}

fn process(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    thread_sets(words.need("a set of processes")?)
}
